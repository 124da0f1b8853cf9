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
#include "state/seen_states.h"
#include "state/shared_turns.h"
#include "state/sqlite_file.h"
#include "state/sqlite_table.h"
#include "state/user_bucket.h"

namespace freshread {

namespace {

// As std::timed_mutex, on a clock that thread sanitizers follow. When the clock is set the wait may end early
// or late: no worse than a plain lock, whose holder is bounded by the same budget.
bool lock_within(std::mutex& mutex, BootTime budget) {
    if (mutex.try_lock()) return true;
    timespec until{};
    clock_gettime(CLOCK_REALTIME, &until);
    constexpr std::int64_t kSecond = 1'000'000'000;
    const std::int64_t nanoseconds = until.tv_nsec + budget.count();
    until.tv_sec += nanoseconds / kSecond;
    until.tv_nsec = nanoseconds % kSecond;
    return pthread_mutex_timedlock(mutex.native_handle(), &until) == 0;
}

}  // namespace

// A way to the table, used by one thread at a time.
struct SqliteStore::Way {
    Way(const Options& its_options, SeenStates& seen)
        : options(its_options),
          table({.path = options.path, .key_directory = options.key_directory, .cluster = options.cluster},
                seen) {}

    // Waits for the other threads until the deadline of the call, which is set.
    std::unique_lock<std::mutex> begin_call(BootTime latest) {
        const BootTime budget = std::max(latest - boot_now(), BootTime(0));
        if (!lock_within(mutex, budget)) throw StoreUnavailable("The user table is busy in this process.");
        table.set_deadline(latest);
        return {mutex, std::adopt_lock};
    }

    // Runs `call` on the file of the moment; when the file turns out to be lost, on the next one.
    template <typename Call>
    auto on_file(Call call) {
        constexpr int kMostBirths = 3;
        for (int births = 0;; ++births) {
            try {
                table.file().require();
                return call(table);
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

    const Options& options;
    std::mutex mutex;  // guards the table
    SqliteTable table;
};

struct SqliteStore::Database {
    explicit Database(Options given)
        : options(std::move(given)),
          turns(options.path, options.path + ".lock"),
          changing(options, seen),
          looking(options, seen) {}

    [[nodiscard]] BootTime latest() const { return boot_now() + options.timeout; }

    // One after the other among all processes: one change each time, or few.
    template <typename Call>
    auto change(Call call) {
        const BootTime until = latest();
        const SharedTurns::Turn turn = turns.take(until);
        const auto lock = changing.begin_call(until);
        return changing.on_file(call);
    }
    // False when somebody else waits for the next turn.
    template <typename Call>
    bool change_at_leisure(Call call) {
        const BootTime until = latest();
        SharedTurns::Turn turn = turns.take(until);
        {
            const auto lock = changing.begin_call(until);
            changing.on_file(call);
        }
        return !turn.end();
    }
    // What is only read by those who change.
    template <typename Call>
    auto read(Call call) {
        const auto lock = changing.begin_call(latest());
        return changing.on_file(call);
    }

    [[nodiscard]] UserLook look(SqliteTable& table, const UserKey& user);
    bool raise(const Position& to);
    void clean_up();
    // Where marks may be that were opened at `latest` or before: of those that were looked for here, and some
    // more, others with each call.
    [[nodiscard]] std::vector<UserBucket::Place> places_with_marks(BootTime latest);

    const Options options;
    SeenStates seen;
    SharedTurns turns;  // taken before the mutex of `changing`
    Way changing;
    Way looking;
    KnownLooks known;  // guarded by the mutex of `looking`

    std::mutex upkeep_mutex;  // guards all below; nothing else is locked under it
    // Users who were found to have a mark, and when the oldest was opened.
    std::unordered_map<UserBucket::Place, BootTime> marked;
    UserBucket::Place look_for_marks_from = 0;
    UserBucket::Place sweep_from = 0;
};

SqliteStore::SqliteStore(Options options) : database_(std::make_unique<Database>(std::move(options))) {}

SqliteStore::~SqliteStore() = default;

void SqliteStore::open(const UserKey& user, WriterId writer, std::uint64_t sequence) {
    database_->change([&](SqliteTable& table) {
        table.edit(user, [&](UserBucket& bucket, const TableHead& head, const UserKey& kept) {
            // Taken inside the change: waiting for it must not make the mark look older than it is.
            const BootTime now = boot_now();
            bucket.expire(head.base, now);
            bucket.open(kept, {writer, sequence, now});
        });
        // The file may have been removed meanwhile, and the mark with it.
        table.file().require();
    });
}

void SqliteStore::close(const UserKey& user, WriterId writer, std::uint64_t sequence,
                        const Position& position, BootTime pinned_until) {
    Database& database = *database_;
    if (position.known() && position.cluster != database.options.cluster) {
        throw StoreUnavailable("The position to close with is of another cluster than the user table.");
    }
    database.change([&](SqliteTable& table) {
        table.edit(user, [&](UserBucket& bucket, const TableHead& head, const UserKey& kept) {
            bucket.close(kept, writer, sequence, position, pinned_until);
            bucket.expire(head.base, boot_now());
        });
    });
}

UserLook SqliteStore::look(const UserKey& user) {
    Database& database = *database_;
    const auto lock = database.looking.begin_call(database.latest());
    Generations& generations = database.looking.table.generations();
    // Before the file is even checked: what happens from here on makes the generation another.
    const std::size_t slot = database.looking.table.slot_of(user);
    auto generation = generations.load(slot);
    if (!generation) generation = generations.load_anew(slot);
    if (generation) {
        if (const UserLook* known = database.known.find(user, *generation)) return *known;
    }
    UserLook look = database.looking.on_file([&](SqliteTable& table) { return database.look(table, user); });
    if (generation) {
        look.witness = generations.witness(slot, *generation);
        database.known.keep(user, *generation, look);
    }
    return look;
}

UserLook SqliteStore::Database::look(SqliteTable& table, const UserKey& user) {
    constexpr std::size_t kMostMarked = 256;
    const SqliteTable::Found found = table.find(user);
    const UserBucket::Entry* const entry = found.entry ? &*found.entry : nullptr;
    if (entry != nullptr && !entry->marks.empty()) {
        const BootTime oldest = std::ranges::min(entry->marks, {}, &UserBucket::Mark::opened).opened;
        const std::scoped_lock lock(upkeep_mutex);
        if (marked.size() < kMostMarked) marked[found.place] = oldest;
    }
    return look_of(found.head, entry, options.cluster);
}

std::vector<UserBucket::Place> SqliteStore::Database::places_with_marks(BootTime latest) {
    constexpr std::size_t kLookedAt = 64;
    constexpr std::size_t kMost = 32;
    std::vector<UserBucket::Place> places;
    UserBucket::Place from = 0;
    {
        const std::scoped_lock lock(upkeep_mutex);
        for (auto mark = marked.begin(); mark != marked.end() && places.size() < kMost;) {
            if (mark->second > latest) {
                ++mark;
                continue;
            }
            places.push_back(mark->first);
            mark = marked.erase(mark);
        }
        from = look_for_marks_from;
    }
    const auto hints = read([&](SqliteTable& table) { return table.hints(from, kLookedAt); });
    from = 0;
    for (const SqliteFile::Hint& hint : hints) {
        if (hint.oldest_mark <= latest) places.push_back(hint.first);
        if (places.size() >= kMost || (hints.size() == kLookedAt && &hint == &hints.back())) {
            from = hint.first + 1;
            break;
        }
    }
    const std::scoped_lock lock(upkeep_mutex);
    look_for_marks_from = from;
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
    const TableHead head = database.read([](SqliteTable& table) { return table.head(); });
    if (outdated(head)) return;
    TableHead learnt = head;
    if (learnt.learn_leader(leader, begun, mark_age))
        database.change([&](SqliteTable& table) {
            table.edit_head([&](TableHead& current) {
                return !outdated(current) && current.learn_leader(leader, begun, mark_age);
            });
        });
    const BootTime latest = begun - mark_age;
    for (const UserBucket::Place place : database.places_with_marks(latest))
        database.change([&](SqliteTable& table) {
            // Also when nothing is closed: the hint was wrong and is corrected.
            table.edit_at(place, [&](UserBucket& bucket, const TableHead& current) {
                if (outdated(current)) return false;
                bucket.close_opened_by(latest, leader);
                return true;
            });
        });
}

bool SqliteStore::awaits_sample(BootTime begun) {
    const std::scoped_lock lock(database_->upkeep_mutex);
    const BootTime latest = begun - database_->options.mark_age;
    return std::ranges::any_of(database_->marked, [&](const auto& mark) { return mark.second <= latest; });
}

// False when base is unset.
bool SqliteStore::Database::raise(const Position& to) {
    TableHead head = read([](SqliteTable& table) { return table.head(); });
    if (head.raise(to))
        change([&](SqliteTable& table) {
            table.edit_head([&](TableHead& current) { return current.raise(to); });
        });
    return head.base_set();
}

void SqliteStore::raise(const Position& to) {
    Database& database = *database_;
    if (!to.known() || to.cluster != database.options.cluster) return;
    static_cast<void>(database.raise(to));
}

void SqliteStore::replicas_applied(const Position& lowest) {
    Database& database = *database_;
    if (!lowest.known() || lowest.cluster != database.options.cluster) return;
    // In a change of its own, before anything is deleted because of it: a change that its process did not
    // survive may be there in part.
    if (database.raise(lowest)) database.clean_up();
}

// Each change is short, and none follows where somebody else waits: what is left has time.
void SqliteStore::Database::clean_up() {
    constexpr std::chrono::milliseconds kFor{2};
    constexpr std::size_t kAtOnce = 16;
    constexpr std::uint64_t kFewEntries = 20;
    const BootTime until = boot_now() + kFor;
    UserBucket::Place from = 0;
    {
        const std::scoped_lock lock(upkeep_mutex);
        from = sweep_from;
    }
    bool go_on = true;
    do {
        const auto found = read([&](SqliteTable& table) { return table.hints(from, kAtOnce); });
        for (std::size_t at = 0; at < found.size() && go_on;) {
            // Neighbours with few entries together are joined.
            std::size_t buckets = 0;
            for (std::uint64_t entries = 0; at + buckets < found.size(); ++buckets) {
                entries += found[at + buckets].entries;
                if (entries > kFewEntries) break;
            }
            if (buckets > 1 || found[at].entries > 0)
                go_on = change_at_leisure([&](SqliteTable& table) { table.clean(found[at].first, buckets); });
            at += std::max<std::size_t>(buckets, 1);
            from = at < found.size() ? found[at].first : found.back().first + 1;
        }
        if (go_on && found.size() < kAtOnce) from = 0;
        go_on = go_on && from != 0;
    } while (go_on && boot_now() < until);
    const std::scoped_lock lock(upkeep_mutex);
    sweep_from = from;
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
        const auto hints = database.read([&](SqliteTable& table) {
            summary.base = table.head().base;
            return table.hints(from, kAtOnce);
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

// Also while the file is locked, by whomever: the generations are beside it.
void SqliteStore::forget_looks() noexcept {
    try {
        Generations(database_->options.path).bump_all(database_->latest());
    } catch (const std::exception&) {
        return;  // what could not be bumped is not there any more
    }
}

void SqliteStore::hold() {
    database_->changing.mutex.lock();
    database_->looking.mutex.lock();
}

void SqliteStore::release() {
    database_->looking.mutex.unlock();
    database_->changing.mutex.unlock();
}

}  // namespace freshread
