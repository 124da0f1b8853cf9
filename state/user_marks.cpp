#include "state/user_marks.h"

#include <algorithm>
#include <random>

namespace freshread {

namespace {

// How long a monitor may take to come to the leader before writers ask for themselves.
constexpr std::chrono::seconds kComesWithin{1};
// How long a sample's closes may take in a row.
constexpr std::chrono::milliseconds kClosesFor{100};

WriterId random_writer() {
    std::random_device random;
    return (static_cast<WriterId>(random()) << 32) | random();
}

}  // namespace

UserMark::UserMark(const UserKey& user) : user_(user), writer_(random_writer()) {}

std::shared_ptr<UserMark> UserMarks::of(const UserKey& user) {
    const std::scoped_lock lock(mutex_);
    if (shared_.size() >= sweep_at_) {
        std::erase_if(shared_, [](const auto& entry) { return entry.second.expired(); });
        sweep_at_ = std::max<std::size_t>(64, 2 * shared_.size());
    }
    std::weak_ptr<UserMark>& place = shared_[user];
    auto mark = place.lock();
    if (!mark) place = mark = std::make_shared<UserMark>(user);
    return mark;
}

// REQUIRES, as all of the private ones that are given a mark: its mutex.
void UserMarks::open(UserMark& mark) {
    mark.opened_.reset();
    // Its age counts from within the call.
    const BootTime before = boot_now();
    store_.open(mark.user_, mark.writer_, ++mark.sequence_);
    mark.opened_ = before;
}

// From here on nobody closes the mark, or it is one to rely on no longer.
void UserMarks::take_off(UserMark& mark) {
    if (!mark.listing_) return;
    if (!mark.listing_->board->pending().withdraw(mark.listing_->place)) mark.opened_.reset();
    mark.listing_.reset();
}

void UserMarks::begin(UserMark& mark) {
    const std::scoped_lock lock(mark.mutex_);
    take_off(mark);
    if (!mark.opened_ || boot_now() - *mark.opened_ >= options_.mark_age / 2) {
        open(mark);
        if (mark.in_flight_ == 0) {
            mark.closable_ = true;
            mark.instance_ = 0;
        }
    }
    ++mark.in_flight_;
}

void UserMarks::renew(UserMark& mark) {
    const std::scoped_lock lock(mark.mutex_);
    open(mark);
}

bool UserMarks::leave(UserMark& mark, std::int64_t instance, BootTime pinned_until) {
    const auto board = options_.read_elsewhere ? sampling_.want_samples() : sampling_.board();
    const std::scoped_lock lock(mark.mutex_);
    if (!board || !expects_sample(*board, instance)) return false;
    if (!mark.opened_ || boot_now() - *mark.opened_ > options_.mark_age / 2) open(mark);
    mark.closable_ = mark.closable_ && (mark.instance_ == 0 || mark.instance_ == instance);
    mark.instance_ = instance;
    mark.pinned_until_ = std::max(mark.pinned_until_, pinned_until);
    if (mark.in_flight_ == 1 && mark.closable_ && !list(mark, board)) return false;
    --mark.in_flight_;
    ++mark.returned_;
    return true;
}

bool UserMarks::list(UserMark& mark, const std::shared_ptr<const Board>& board) {
    const BootTime now = boot_now();
    const PendingCloses pending = board->pending();
    const auto place = pending.list({.store = options_.store,
                                     .user = mark.user_,
                                     .writer = mark.writer_,
                                     .sequence = mark.sequence_,
                                     .instance = mark.instance_,
                                     .after = board->ticket().number,
                                     .pinned_until = mark.pinned_until_,
                                     .listed = now},
                                    mark.writer_);
    if (!place) return false;
    mark.listing_ = UserMark::Listing{board, *place};
    board->want_close(now);
    return true;
}

// A monitor that is about to come counts: who looks next and finds the mark starts one. Not a monitor that
// has been there for a while without reaching the leader, or that reaches another server by its address.
bool UserMarks::expects_sample(const Board& board, std::int64_t instance) {
    const auto lease = board.lease(kLeader);
    if (!lease) return false;
    const BootTime now = boot_now();
    const bool watched = lease->live(now, [](const ProcessIdentity&) { return true; });
    const auto sample = watched ? board.sample(kLeader) : std::nullopt;
    if (!watched || (sample && sample->instance == instance)) {
        if (missed_since_.load(std::memory_order_relaxed) != 0) missed_since_ = 0;
        return true;
    }
    BootTime::rep since = 0;
    if (missed_since_.compare_exchange_strong(since, now.count())) since = now.count();
    return now < BootTime(since) + kComesWithin;
}

void UserMarks::end(UserMark& mark, bool in_flight, std::uint64_t returned, const Position& position,
                    BootTime pinned_until) {
    constexpr std::uint64_t kNoMark = 0;
    const std::scoped_lock lock(mark.mutex_);
    // What has returned since the question was asked is not below its answer.
    const bool last = in_flight && mark.in_flight_ == 1 && mark.returned_ == returned;
    store_.close(mark.user_, mark.writer_, last ? mark.sequence_ : kNoMark, position,
                 std::max(mark.pinned_until_, pinned_until));
    if (!in_flight) return;
    if (last) mark.opened_.reset();
    --mark.in_flight_;
    ++mark.returned_;
}

std::uint64_t UserMarks::returned(UserMark& mark) {
    const std::scoped_lock lock(mark.mutex_);
    return mark.returned_;
}

void UserMarks::abandon(UserMark& mark) {
    const std::scoped_lock lock(mark.mutex_);
    mark.closable_ = false;
    --mark.in_flight_;
    ++mark.returned_;
}

bool UserMarks::take_back(UserMark& mark) {
    const std::scoped_lock lock(mark.mutex_);
    if (!mark.listing_) return false;
    take_off(mark);
    if (!mark.opened_) return false;
    ++mark.in_flight_;
    return true;
}

bool UserMarks::overdue(UserMark& mark) {
    const std::scoped_lock lock(mark.mutex_);
    return mark.listing_ && !expects_sample(*mark.listing_->board, mark.instance_);
}

void UserMarks::close_listed(const Board& board) {
    // A store may take a round trip for each, and hundreds may be listed: nobody is to take the lease of a
    // monitor that closes them (state/lease.h), nor wait long for its next sample.
    const BootTime until = boot_now() + kClosesFor;
    bool closed = false;
    for (std::size_t node = 0; node < board.nodes(); ++node) {
        const auto sample = board.sample(static_cast<NodeId>(node));
        if (!sample || sample->in_recovery || !sample->position.known()) continue;
        board.pending().take(options_.store, *sample, [&](const PendingClose& pending) {
            if (boot_now() >= until) {
                board.want_close(boot_now());
                return false;
            }
            try {
                store_.close(pending.user, pending.writer, pending.sequence, sample->position,
                             pending.pinned_until);
                closed = true;
                return true;
            } catch (const std::exception&) {
                return false;  // a later sample does it
            }
        });
    }
    if (closed) board.announce();
}

}  // namespace freshread
