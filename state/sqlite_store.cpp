#include "state/sqlite_store.h"

#include <algorithm>
#include <ctime>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include <pthread.h>

#include "state/generations.h"
#include "state/known_looks.h"
#include "state/sqlite_file.h"
#include "state/sqlite_table.h"
#include "state/user_bucket.h"

namespace freshread {

namespace {

// As std::timed_mutex, on a clock that thread sanitizers follow. When the clock is set the wait may end early
// or late: no worse than a plain lock, whose holder is bounded by the same budget.
bool lock_within(std::mutex& mutex, std::chrono::milliseconds budget) {
    if (mutex.try_lock()) return true;
    timespec until{};
    clock_gettime(CLOCK_REALTIME, &until);
    constexpr std::int64_t kSecond = 1'000'000'000;
    const std::int64_t nanoseconds = until.tv_nsec + std::chrono::nanoseconds(budget).count();
    until.tv_sec += nanoseconds / kSecond;
    until.tv_nsec = nanoseconds % kSecond;
    return pthread_mutex_timedlock(mutex.native_handle(), &until) == 0;
}

}  // namespace

struct SqliteStore::Database {
    explicit Database(Options given)
        : options(std::move(given)),
          table({.path = options.path, .key_directory = options.key_directory, .cluster = options.cluster}) {}

    // Waits for the other threads until the deadline of the call, which is set.
    std::unique_lock<std::mutex> begin_call() {
        const BootTime latest = boot_now() + options.timeout;
        if (!lock_within(mutex, options.timeout))
            throw StoreUnavailable("The user table is busy in this process.");
        table.set_deadline(latest);
        return {mutex, std::adopt_lock};
    }

    // Runs `call` on the file of the moment; when the file turns out to be lost, on the next one.
    template <typename Call>
    auto with_file(Call call) {
        const auto lock = begin_call();
        return on_file(call);
    }

    template <typename Call>
    auto on_file(Call call) {
        constexpr int kMostBirths = 3;
        for (int births = 0;; ++births) {
            try {
                table.file().require();
                return call();
            } catch (const FileLost& lost) {
                if (births == kMostBirths) {
                    table.file().close();
                    throw StoreUnavailable("The user table " + options.path +
                                           " is lost again and again: " + lost.what() + ".");
                }
            }
            table.file().replace();
        }
    }

    [[nodiscard]] UserLook look(const UserKey& user);
    bool raise(const Position& to);
    // Where marks may be that were opened at `latest` or before: of those that were looked for here, and some
    // more, others with each call.
    [[nodiscard]] std::vector<UserBucket::Place> places_with_marks(BootTime latest);

    const Options options;
    std::mutex mutex;  // guards all below
    SqliteTable table;
    KnownLooks known;
    // Users who were found to have a mark, and when the oldest was opened.
    std::unordered_map<UserBucket::Place, BootTime> marked;
    UserBucket::Place look_for_marks_from = 0;
    UserBucket::Place sweep_from = 0;
};

SqliteStore::SqliteStore(Options options) : database_(std::make_unique<Database>(std::move(options))) {}

SqliteStore::~SqliteStore() = default;

void SqliteStore::open(const UserKey& user, WriterId writer, std::uint64_t sequence) {
    Database& database = *database_;
    database.with_file([&] {
        database.table.edit(user, [&](UserBucket& bucket, const TableHead& head, const UserKey& kept) {
            // Taken inside the change: waiting for it must not make the mark look older than it is.
            const BootTime now = boot_now();
            bucket.expire(head.base, now);
            bucket.open(kept, {writer, sequence, now});
        });
        // The file may have been removed meanwhile, and the mark with it.
        database.table.file().require();
    });
}

void SqliteStore::close(const UserKey& user, WriterId writer, std::uint64_t sequence,
                        const Position& position, BootTime pinned_until) {
    Database& database = *database_;
    if (position.known() && position.cluster != database.options.cluster) {
        throw StoreUnavailable("The position to close with is of another cluster than the user table.");
    }
    database.with_file([&] {
        database.table.edit(user, [&](UserBucket& bucket, const TableHead& head, const UserKey& kept) {
            bucket.close(kept, writer, sequence, position, pinned_until);
            bucket.expire(head.base, boot_now());
        });
    });
}

UserLook SqliteStore::look(const UserKey& user) {
    Database& database = *database_;
    const auto lock = database.begin_call();
    Generations& generations = database.table.generations();
    // Before the file is even checked: what happens from here on makes the generation another.
    const std::size_t slot = database.table.slot_of(user);
    auto generation = generations.load(slot);
    if (!generation) generation = generations.load_anew(slot);
    if (generation) {
        if (const UserLook* known = database.known.find(user, *generation)) return *known;
    }
    UserLook look = database.on_file([&] { return database.look(user); });
    if (generation) {
        look.witness = generations.witness(slot, *generation);
        database.known.keep(user, *generation, look);
    }
    return look;
}

UserLook SqliteStore::Database::look(const UserKey& user) {
    constexpr std::size_t kMostMarked = 256;
    const SqliteTable::Found found = table.find(user);
    const UserBucket::Entry* const entry = found.entry ? &*found.entry : nullptr;
    if (entry != nullptr && !entry->marks.empty() && marked.size() < kMostMarked)
        marked[found.place] = std::ranges::min(entry->marks, {}, &UserBucket::Mark::opened).opened;
    return look_of(found.head, entry, options.cluster);
}

std::vector<UserBucket::Place> SqliteStore::Database::places_with_marks(BootTime latest) {
    constexpr std::size_t kLookedAt = 64;
    constexpr std::size_t kMost = 32;
    std::vector<UserBucket::Place> places;
    for (auto mark = marked.begin(); mark != marked.end() && places.size() < kMost;) {
        if (mark->second > latest) {
            ++mark;
            continue;
        }
        places.push_back(mark->first);
        mark = marked.erase(mark);
    }
    const auto hints = table.hints(look_for_marks_from, kLookedAt);
    look_for_marks_from = 0;
    for (const SqliteFile::Hint& hint : hints) {
        if (hint.oldest_mark <= latest) places.push_back(hint.first);
        if (places.size() >= kMost || (hints.size() == kLookedAt && &hint == &hints.back())) {
            look_for_marks_from = hint.first + 1;
            break;
        }
    }
    return places;
}

void SqliteStore::leader_sampled(const Position& leader, BootTime begun) {
    Database& database = *database_;
    if (!leader.known() || leader.cluster != database.options.cluster) return;
    const BootTime mark_age = database.options.mark_age;
    // An old leader: what it says closes nothing.
    const auto outdated = [&](const TableHead& head) {
        return head.base_set() && leader.timeline < head.base.timeline;
    };
    database.with_file([&] {
        const TableHead head = database.table.head();
        if (outdated(head)) return;
        TableHead learnt = head;
        if (learnt.learn_leader(leader, begun, mark_age))
            database.table.edit_head([&](TableHead& current) {
                return !outdated(current) && current.learn_leader(leader, begun, mark_age);
            });
        const BootTime latest = begun - mark_age;
        for (const UserBucket::Place place : database.places_with_marks(latest)) {
            // Also when nothing is closed: the hint was wrong and is corrected.
            database.table.edit_at(place, [&](UserBucket& bucket, const TableHead& current) {
                if (outdated(current)) return false;
                bucket.close_opened_by(latest, leader);
                return true;
            });
        }
    });
}

bool SqliteStore::awaits_sample(BootTime begun) {
    const std::scoped_lock lock(database_->mutex);
    const BootTime latest = begun - database_->options.mark_age;
    return std::ranges::any_of(database_->marked, [&](const auto& mark) { return mark.second <= latest; });
}

// False when base is unset.
bool SqliteStore::Database::raise(const Position& to) {
    TableHead head = table.head();
    if (head.raise(to)) table.edit_head([&](TableHead& current) { return current.raise(to); });
    return head.base_set();
}

void SqliteStore::raise(const Position& to) {
    Database& database = *database_;
    if (!to.known() || to.cluster != database.options.cluster) return;
    database.with_file([&] { static_cast<void>(database.raise(to)); });
}

void SqliteStore::replicas_applied(const Position& lowest) {
    // How long a call may keep others from the table, and a bit.
    constexpr std::chrono::milliseconds kSweepFor{2};
    Database& database = *database_;
    if (!lowest.known() || lowest.cluster != database.options.cluster) return;
    // In a change of its own, before anything is deleted because of it: a change that its process did not
    // survive may be there in part.
    if (!database.with_file([&] { return database.raise(lowest); })) return;
    const BootTime until = boot_now() + kSweepFor;
    bool more = true;
    while (more && boot_now() < until)
        more = database.with_file([&] {
            database.sweep_from = database.table.sweep(database.sweep_from);
            return database.sweep_from != 0;
        });
}

StoreSummary SqliteStore::summary(BootTime deadline) {
    constexpr std::size_t kAtOnce = 256;
    Database& database = *database_;
    StoreSummary summary{.users = 0};
    UserBucket::Place from = 0;
    for (bool more = true; more;) {
        if (from != 0 && boot_now() >= deadline) {
            summary.whole = false;
            break;
        }
        const auto hints = database.with_file([&] {
            summary.base = database.table.head().base;
            return database.table.hints(from, kAtOnce);
        });
        for (const SqliteFile::Hint& hint : hints) {
            summary.marks += hint.marks;
            *summary.users += hint.entries;
        }
        more = hints.size() == kAtOnce;
        if (more) from = hints.back().first + 1;
    }
    return summary;
}

void SqliteStore::hold() {
    database_->mutex.lock();
}

void SqliteStore::release() {
    database_->mutex.unlock();
}

}  // namespace freshread
