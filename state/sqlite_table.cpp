#include "state/sqlite_table.h"

#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

#include <sys/random.h>

#include "state/user_key.h"

namespace freshread {

namespace {

// False: to be read again.
bool believed(SeenStates::Verdict verdict) {
    if (verdict == SeenStates::Verdict::PutBack) throw FileLost("an older state was put back");
    return verdict == SeenStates::Verdict::Newest;
}

std::uint64_t random_table_id() {
    std::uint64_t word = 0;
    if (::getrandom(&word, sizeof word, 0) != static_cast<ssize_t>(sizeof word)) {
        throw StoreUnavailable("getrandom(2) failed");
    }
    return word;
}

}  // namespace

// A change that nobody's cache outlives. Nothing is changed where that cannot be made sure.
class SqliteTable::Change {
 public:
    explicit Change(SqliteTable& table, SqliteFile::Journal journal = SqliteFile::Journal::InMemory)
        : table_(required(table)), change_(table.file_, journal) {}

    [[nodiscard]] SqliteFile::Change& rows() { return change_; }
    void commit(Bump bump) {
        commit([&] {
            if (bump == Bump::All) table_.generations_.bump_all(table_.deadline_);
        });
    }
    void commit(std::size_t slot) {
        commit([&] { table_.generations_.bump({&slot, 1}, table_.deadline_); });
    }

 private:
    static SqliteTable& required(SqliteTable& table) {
        table.generations_.require(table.deadline_);
        return table;
    }
    template <typename Tell>
    requires std::is_invocable_v<Tell>
    void commit(Tell tell) {
        try {
            change_.commit();
        } catch (...) {
            tell();  // it may have been committed all the same
            throw;
        }
        tell();
    }

    SqliteTable& table_;
    SqliteFile::Change change_;
};

SqliteTable::SqliteTable(Options options, SeenStates& seen)
    : options_(std::move(options)),
      boot_(word_of(boot_id())),
      first_slot_(seed_of({options_.cluster})),
      file_(options_.path),
      generations_(options_.path),
      seen_(seen) {}

void SqliteTable::set_deadline(BootTime deadline) {
    deadline_ = deadline;
    file_.set_deadline(deadline);
}

std::size_t SqliteTable::slot_of(const UserKey& user) const {
    return (first_slot_ + user[0]) % Generations::kSlots;
}

std::optional<TableHead> SqliteTable::verified(const Image& image, SeenStates::Moment begun) {
    const auto head = TableHead::decode(image, options_.cluster);
    if (!head) throw FileLost("its head is damaged");
    if (head->boot != boot_) throw FileLost("it is of another boot");
    if (head->inode != file_.inode()) throw FileLost("it is a copy");
    if (head->key != key_mark_ || key_.empty()) load_key();
    if (head->key != key_mark_) throw FileLost("its users are named under another key");
    if (!believed(seen_.notice(*head, begun))) return std::nullopt;
    return head;
}

std::optional<UserBucket> SqliteTable::verified(const TableHead& head, const SqliteFile::Rows& rows,
                                                UserBucket::Place place, SeenStates::Moment begun) {
    auto bucket = UserBucket::decode(rows.bucket, UserBucket::seed(head.id, options_.cluster, rows.first));
    if (!bucket || bucket->first() != rows.first || !bucket->covers(place))
        throw FileLost("a bucket is damaged or missing");
    if (!believed(seen_.notice(SeenStates::State{head.id, rows.first, bucket->revision()}, begun)))
        return std::nullopt;
    return bucket;
}

void SqliteTable::read_again() {
    file_.require();  // or it is that others have replaced the file
    if (boot_now() >= deadline_) throw StoreUnavailable("The user table changes too fast to be read.");
}

void SqliteTable::wrote(const TableHead& head, const UserBucket& bucket) {
    seen_.wrote(SeenStates::State{head.id, bucket.first(), bucket.revision()});
}

void SqliteTable::give_birth() {
    Change change(*this, SqliteFile::Journal::OnDisk);
    if (file_.read_head(options_.cluster).has_head) return;
    load_key();
    // Born while the file is locked: nobody has found the table before.
    const TableHead head{
        .id = random_table_id(), .boot = boot_, .inode = file_.inode(), .key = key_mark_, .born = boot_now()};
    UserBucket everybody;
    const Image image = image_of(head, everybody, 0);
    change.rows().make_table(options_.cluster, head.encode(options_.cluster), everybody, image);
    change.commit(Bump::All);
    seen_.wrote(head);
}

void SqliteTable::load_key() {
    if (options_.key_directory.empty()) return;
    key_ = user_key_secret(options_.key_directory);
    const UserKey mark = user_key(key_, "the key of this table");
    std::memcpy(&key_mark_, mark.data(), sizeof key_mark_);
}

// Under which name the user is kept. Valid for the head that was read last.
UserKey SqliteTable::kept_as(const UserKey& user) const {
    if (key_.empty()) return user;
    return user_key(key_, {reinterpret_cast<const char*>(user.data()), user.size()});
}

std::optional<SqliteTable::Spot> SqliteTable::read(const UserKey* user, UserBucket::Place place) {
    for (;; read_again()) {
        const SeenStates::Moment begun = seen_.now();
        const std::uint64_t named_under = key_mark_;
        Spot spot;
        spot.place = place;
        if (user != nullptr) {
            spot.kept = kept_as(*user);
            spot.place = UserBucket::place_of(spot.kept);
        }
        const SqliteFile::Rows rows = file_.read(options_.cluster, spot.place);
        if (!rows.has_head) return std::nullopt;
        const auto head = verified(rows.head, begun);
        if (!head) continue;
        if (user != nullptr && key_mark_ != named_under) continue;  // looked for by a wrong name
        auto bucket = verified(*head, rows, spot.place, begun);
        if (!bucket) continue;
        spot.head = *head;
        spot.table = rows.table;
        spot.bucket = *std::move(bucket);
        spot.words = rows.bucket.size();
        return spot;
    }
}

bool SqliteTable::read_head(SqliteFile::Rows& rows, TableHead& head) {
    for (;; read_again()) {
        const SeenStates::Moment begun = seen_.now();
        rows = file_.read_head(options_.cluster);
        if (!rows.has_head) return false;
        const auto found = verified(rows.head, begun);
        if (!found) continue;
        head = *found;
        return true;
    }
}

SqliteFile::Rows SqliteTable::require_head(TableHead& head) {
    SqliteFile::Rows rows;
    if (read_head(rows, head)) return rows;
    give_birth();
    if (!read_head(rows, head)) throw FileLost("its head is gone");
    return rows;
}

TableHead SqliteTable::head() {
    TableHead head;
    static_cast<void>(require_head(head));
    return head;
}

SqliteTable::Found SqliteTable::find(const UserKey& user) {
    auto spot = read(&user, 0);
    if (!spot) {
        give_birth();
        spot = read(&user, 0);
        if (!spot) throw FileLost("its head is gone");
    }
    Found found{.head = spot->head, .place = spot->place};
    if (const UserBucket::Entry* const entry = spot->bucket.find(spot->kept)) found.entry = *entry;
    return found;
}

void SqliteTable::edit(const UserKey& user, const EditUser& edit) {
    change_bucket(&user, 0, [&](Spot& spot) {
        edit(spot.bucket, spot.head, spot.kept);
        return true;
    });
}

void SqliteTable::edit_at(UserBucket::Place place, const EditBucket& edit) {
    change_bucket(nullptr, place, [&](Spot& spot) { return edit(spot.bucket, spot.head); });
}

void SqliteTable::edit_head(const std::function<bool(TableHead&)>& edit) {
    Change change(*this);
    SqliteFile::Rows rows;
    TableHead head;
    if (!read_head(rows, head)) throw FileLost("its head is gone");
    if (!edit(head)) return;
    change.rows().write_head(options_.cluster, head.encode(options_.cluster));
    change.commit(Bump::All);
    seen_.wrote(head);
}

void SqliteTable::change_bucket(const UserKey* user, UserBucket::Place place, const EditSpot& edit) {
    SqliteFile::Journal journal = SqliteFile::Journal::InMemory;
    for (;;) {
        switch (try_change_bucket(user, place, edit, journal)) {
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

SqliteTable::Attempt SqliteTable::try_change_bucket(const UserKey* user, UserBucket::Place place,
                                                    const EditSpot& edit, SqliteFile::Journal journal) {
    Change change(*this, journal);
    auto spot = read(user, place);
    if (!spot) return Attempt::NoTable;
    if (!edit(*spot)) return Attempt::Done;
    std::vector<UserBucket> parts{std::move(spot->bucket)};
    for (std::size_t part = 0; part < parts.size(); ++part)
        while (auto upper = parts[part].split()) parts.push_back(*std::move(upper));
    const Image image = image_of(spot->head, parts.front(), spot->words);
    if (journal == SqliteFile::Journal::InMemory && (parts.size() > 1 || image.size() != spot->words))
        return Attempt::Grows;
    change.rows().write_bucket(spot->table, parts.front(), image);
    for (UserBucket& part : std::span(parts).subspan(1))
        change.rows().add_bucket(spot->table, part, image_of(spot->head, part, 0));
    if (user != nullptr)
        change.commit(slot_of(*user));
    else
        change.commit(Bump::Nothing);
    for (const UserBucket& part : parts) wrote(spot->head, part);
    return Attempt::Done;
}

Image SqliteTable::image_of(const TableHead& head, UserBucket& bucket, std::size_t words) const {
    return bucket.encode(UserBucket::seed(head.id, options_.cluster, bucket.first()), words);
}

std::vector<SqliteFile::Hint> SqliteTable::hints(UserBucket::Place from, std::size_t count) {
    TableHead head;
    const SqliteFile::Rows rows = require_head(head);
    return file_.hints(rows.table, from, count);
}

void SqliteTable::clean(UserBucket::Place place, std::size_t buckets) {
    if (buckets > 1) return join(place, buckets);
    edit_at(place,
            [](UserBucket& bucket, const TableHead& head) { return bucket.expire(head.base, boot_now()); });
}

// As many of `count` neighbours as fit together.
void SqliteTable::join(UserBucket::Place first, std::size_t count) {
    Change change(*this, SqliteFile::Journal::OnDisk);
    auto spot = read(nullptr, first);
    if (!spot) throw FileLost("its head is gone");
    UserBucket& bucket = spot->bucket;
    bool changed = bucket.expire(spot->head.base, boot_now());
    for (std::size_t joined = 1; joined < count && bucket.last() < UserBucket::kLastPlace; ++joined) {
        auto next = read(nullptr, bucket.last() + 1);
        if (!next) throw FileLost("its head is gone");
        next->bucket.expire(spot->head.base, boot_now());
        if (!bucket.absorb(next->bucket)) break;
        change.rows().remove_bucket(spot->table, next->bucket.first());
        changed = true;
    }
    if (!changed) return;
    const Image image = image_of(spot->head, bucket, spot->words);
    change.rows().write_bucket(spot->table, bucket, image);
    change.commit(Bump::Nothing);
    wrote(spot->head, bucket);
}

}  // namespace freshread
