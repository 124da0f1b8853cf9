#include "state/sqlite_store.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <mutex>
#include <utility>
#include <vector>

#include <pthread.h>
#include <sys/random.h>

#include "state/generations.h"
#include "state/known_looks.h"
#include "state/sqlite_file.h"
#include "state/table_head.h"
#include "state/user_bucket.h"
#include "state/user_key.h"

namespace freshread {

namespace {

std::uint64_t random_table_id() {
    std::uint64_t word = 0;
    if (::getrandom(&word, sizeof word, 0) != static_cast<ssize_t>(sizeof word)) {
        throw StoreUnavailable("getrandom(2) failed");
    }
    return word;
}

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
          boot(word_of(boot_id())),
          first_slot(seed_of({options.cluster})),
          file(options.path),
          generations(options.path) {}

    // Waits for the other threads until the deadline of the call, which is set.
    std::unique_lock<std::mutex> begin_call() {
        const BootTime latest = boot_now() + options.timeout;
        if (!lock_within(mutex, options.timeout))
            throw StoreUnavailable("The user table is busy in this process.");
        deadline = latest;
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
        file.set_deadline(deadline);
        constexpr int kMostBirths = 3;
        for (int births = 0;; ++births) {
            try {
                file.require();
                return call();
            } catch (const FileLost& lost) {
                if (births == kMostBirths) {
                    file.close();
                    throw StoreUnavailable("The user table " + options.path +
                                           " is lost again and again: " + lost.what() + ".");
                }
            }
            file.replace();
        }
    }

    // A bucket of another cluster may have the same slot: it only costs look-ups.
    [[nodiscard]] std::size_t slot_of(std::size_t bucket) const {
        return (first_slot + bucket) % Generations::kSlots;
    }

    // A change that nobody's cache outlives. Nothing is changed where that cannot be made sure.
    class Change {
     public:
        explicit Change(Database& database, SqliteFile::Journal journal = SqliteFile::Journal::InMemory)
            : database_(required(database)), change_(database.file, journal) {}

        void write_head(const TableHead& head) {
            concerns_all_ = true;
            change_.write_head(database_.options.cluster, head.encode(database_.options.cluster));
        }
        void write_bucket(std::size_t index, const UserBucket& bucket, const Image& image) {
            slots_.push_back(database_.slot_of(index));
            change_.write_bucket(database_.options.cluster, index, image, bucket.oldest_mark(),
                                 bucket.size());
        }
        void make_table(const TableHead& head, std::span<const Image> buckets) {
            concerns_all_ = true;
            change_.make_table(database_.options.cluster, head.encode(database_.options.cluster), buckets);
        }
        void commit() {
            try {
                change_.commit();
            } catch (...) {
                bump();  // it may have been committed all the same
                throw;
            }
            bump();
        }

     private:
        static Database& required(Database& database) {
            database.generations.require(database.deadline);
            return database;
        }
        void bump() {
            if (concerns_all_) return database_.generations.bump_all(database_.deadline);
            database_.generations.bump(slots_, database_.deadline);
        }

        Database& database_;
        SqliteFile::Change change_;
        bool concerns_all_ = false;
        std::vector<std::size_t> slots_;
    };

    // The head of this cluster's table, which is born if there is none.
    TableHead head_of(const SqliteFile::Rows& rows) {
        if (!rows.has_head) return give_birth();
        const auto head = TableHead::decode(rows.head, options.cluster);
        if (!head) throw FileLost("its head is damaged");
        if (head->boot != boot) throw FileLost("it is of another boot");
        if (head->inode != file.inode()) throw FileLost("it is a copy");
        if (head->key != key_mark || key.empty()) load_key();
        if (head->key != key_mark) throw FileLost("its users are named under another key");
        notice(*head);
        return *head;
    }

    TableHead give_birth() {
        Change change(*this, SqliteFile::Journal::OnDisk);
        const SqliteFile::Rows rows = file.read_head(options.cluster);
        if (rows.has_head) return head_of(rows);
        load_key();
        // Born while the file is locked: nobody has found the table before.
        const TableHead head{.id = random_table_id(),
                             .boot = boot,
                             .inode = file.inode(),
                             .key = key_mark,
                             .born = boot_now()};
        std::vector<Image> buckets;
        for (std::size_t bucket = 0; bucket < UserBucket::kCount; ++bucket) {
            buckets.push_back(UserBucket().encode(UserBucket::seed(head.id, options.cluster, bucket), 0));
        }
        change.make_table(head, buckets);
        change.commit();
        notice(head);
        return head;
    }

    void load_key() {
        if (options.key_directory.empty()) return;
        key = user_key_secret(options.key_directory);
        const UserKey mark = user_key(key, "the key of this table");
        std::memcpy(&key_mark, mark.data(), sizeof key_mark);
    }

    // Under which name the user is kept. Valid for the head that was read last.
    [[nodiscard]] UserKey kept_as(const UserKey& user) const {
        if (key.empty()) return user;
        return user_key(key, {reinterpret_cast<const char*>(user.data()), user.size()});
    }

    UserBucket bucket_of(const TableHead& head, std::size_t index, const Image& image) {
        const auto bucket = UserBucket::decode(image, UserBucket::seed(head.id, options.cluster, index));
        if (!bucket) throw FileLost("a bucket is damaged or missing");
        std::uint64_t& seen = revisions.at(index);
        if (bucket->revision() < seen) throw FileLost("an older state was put back");
        seen = bucket->revision();
        return *bucket;
    }

    void notice(const TableHead& head) {
        if (head.id != noticed.id) {
            revisions.fill(0);
        } else if (std::pair(head.base.timeline, head.base.lsn) <
                   std::pair(noticed.base.timeline, noticed.base.lsn)) {
            throw FileLost("an older state was put back");
        }
        noticed = head;
    }

    // Reads a bucket, lets `edit(bucket, head)` change it, and writes it, as one change.
    template <typename Edit>
    void change_bucket(std::size_t index, Edit edit) {
        SqliteFile::Journal journal = SqliteFile::Journal::InMemory;
        for (;;) {
            switch (try_change_bucket(index, edit, journal)) {
                case Attempt::Done:
                    return;
                case Attempt::NoTable:
                    give_birth();
                    break;
                case Attempt::Grows:
                    journal = SqliteFile::Journal::OnDisk;
                    break;
            }
        }
    }

    enum class Attempt { Done, NoTable, Grows };

    template <typename Edit>
    Attempt try_change_bucket(std::size_t index, Edit edit, SqliteFile::Journal journal) {
        Change change(*this, journal);
        const SqliteFile::Rows rows = file.read(options.cluster, index);
        if (!rows.has_head) return Attempt::NoTable;
        const TableHead head = head_of(rows);
        UserBucket bucket = bucket_of(head, index, rows.bucket);
        edit(bucket, head);
        const Image image =
            bucket.encode(UserBucket::seed(head.id, options.cluster, index), rows.bucket.size());
        if (image.size() != rows.bucket.size() && journal == SqliteFile::Journal::InMemory)
            return Attempt::Grows;
        change.write_bucket(index, bucket, image);
        change.commit();
        return Attempt::Done;
    }

    void expire(std::size_t index);
    [[nodiscard]] UserLook look(const UserKey& user);

    const Options options;
    const std::uint64_t boot;
    const std::uint64_t first_slot;
    std::mutex mutex;  // guards all below
    BootTime deadline{0};
    SqliteFile file;
    Generations generations;
    std::string key;  // empty until a head was read, or when there is none
    std::uint64_t key_mark = 0;
    // What this process has seen of the table: a state older than that was put back behind its back.
    TableHead noticed{};
    std::array<std::uint64_t, UserBucket::kCount> revisions{};
    KnownLooks known;
};

SqliteStore::SqliteStore(Options options) : database_(std::make_unique<Database>(std::move(options))) {}

SqliteStore::~SqliteStore() = default;

void SqliteStore::open(const UserKey& user, WriterId writer, std::uint64_t sequence) {
    Database& database = *database_;
    database.with_file([&] {
        database.change_bucket(UserBucket::of(user), [&](UserBucket& bucket, const TableHead&) {
            // Taken inside the change: waiting for it must not make the mark look older than it is.
            bucket.open(database.kept_as(user), {writer, sequence, boot_now()});
        });
        // The file may have been removed meanwhile, and the mark with it.
        database.file.require();
    });
}

void SqliteStore::close(const UserKey& user, WriterId writer, std::uint64_t sequence,
                        const Position& position, BootTime pinned_until) {
    Database& database = *database_;
    if (position.known() && position.cluster != database.options.cluster) {
        throw StoreUnavailable("The position to close with is of another cluster than the user table.");
    }
    database.with_file([&] {
        database.change_bucket(UserBucket::of(user), [&](UserBucket& bucket, const TableHead& head) {
            bucket.close(database.kept_as(user), writer, sequence, position, pinned_until);
            bucket.expire(head.base, boot_now());
        });
    });
}

UserLook SqliteStore::look(const UserKey& user) {
    Database& database = *database_;
    const auto lock = database.begin_call();
    // Before the file is even checked: what happens from here on makes the generation another.
    const std::size_t slot = database.slot_of(UserBucket::of(user));
    auto generation = database.generations.load(slot);
    if (!generation) generation = database.generations.load_anew(slot);
    if (generation) {
        if (const UserLook* known = database.known.find(user, *generation)) return *known;
    }
    UserLook look = database.on_file([&] { return database.look(user); });
    if (generation) {
        look.witness = database.generations.witness(slot, *generation);
        database.known.keep(user, *generation, look);
    }
    return look;
}

UserLook SqliteStore::Database::look(const UserKey& user) {
    const std::size_t index = UserBucket::of(user);
    SqliteFile::Rows rows = file.read(options.cluster, index);
    if (!rows.has_head) {
        give_birth();
        rows = file.read(options.cluster, index);
    }
    const TableHead head = head_of(rows);
    const UserBucket bucket = bucket_of(head, index, rows.bucket);
    return look_of(head, bucket.find(kept_as(user)), options.cluster);
}

void SqliteStore::leader_sampled(const Position& leader, BootTime begun) {
    Database& database = *database_;
    const std::uint64_t cluster = database.options.cluster;
    if (!leader.known() || leader.cluster != cluster) return;
    database.with_file([&] {
        const BootTime latest = begun - database.options.mark_age;
        TableHead head = database.head_of(database.file.read_head(cluster));
        const auto outdated = [&] { return head.base_set() && leader.timeline < head.base.timeline; };
        if (outdated()) return;  // an old leader: what it says closes nothing
        TableHead learnt = head;
        const bool useful = learnt.learn_leader(leader, begun, database.options.mark_age);
        if (!useful && database.file.buckets_with_marks(cluster, latest).empty()) return;

        Database::Change change(database);
        const SqliteFile::Rows rows = database.file.read_head(cluster);
        if (!rows.has_head) throw FileLost("its head is gone");
        head = database.head_of(rows);
        if (outdated()) return;
        if (head.learn_leader(leader, begun, database.options.mark_age)) {
            change.write_head(head);
        }
        for (const std::size_t index : database.file.buckets_with_marks(cluster, latest)) {
            const Image image = database.file.read(cluster, index).bucket;
            UserBucket bucket = database.bucket_of(head, index, image);
            // Also when nothing was closed: the hint was wrong and is corrected.
            bucket.close_opened_by(latest, leader);
            const Image written = bucket.encode(UserBucket::seed(head.id, cluster, index), image.size());
            change.write_bucket(index, bucket, written);
        }
        change.commit();
    });
}

void SqliteStore::replicas_applied(const Position& lowest) {
    Database& database = *database_;
    const std::uint64_t cluster = database.options.cluster;
    if (!lowest.known() || lowest.cluster != cluster) return;
    database.with_file([&] {
        TableHead head = database.head_of(database.file.read_head(cluster));
        if (!head.base_set()) return;
        // Base is raised in a change of its own, before anything is deleted because of it: a change that its
        // process did not survive may be there in part.
        if (head.raise(lowest)) {
            Database::Change change(database);
            const SqliteFile::Rows rows = database.file.read_head(cluster);
            if (!rows.has_head) throw FileLost("its head is gone");
            head = database.head_of(rows);
            if (head.raise(lowest)) {
                change.write_head(head);
                change.commit();
            }
        }
        for (const std::size_t index : database.file.buckets_with_entries(cluster)) database.expire(index);
    });
}

void SqliteStore::Database::expire(std::size_t index) {
    const SqliteFile::Rows rows = file.read(options.cluster, index);
    if (!rows.has_head) throw FileLost("its head is gone");
    const TableHead head = head_of(rows);
    if (!bucket_of(head, index, rows.bucket).expire(head.base, boot_now())) return;
    change_bucket(
        index, [](UserBucket& bucket, const TableHead& current) { bucket.expire(current.base, boot_now()); });
}

void SqliteStore::hold() {
    database_->mutex.lock();
}

void SqliteStore::release() {
    database_->mutex.unlock();
}

}  // namespace freshread
