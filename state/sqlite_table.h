// One cluster's table in the SQLite file: what is read of it is believed only when it is verified, and what
// is changed bumps the generations of those whose looks it changes (state/generations.h).
//
// A bucket is believed when its digest is right for its table and its beginning, it covers the place that was
// looked for, and this process has not seen a later state of it (state/seen_states.h), by this connection or
// another. So that somebody has no entry is known as surely as an entry is. The same goes for the head, by
// boot, inode, key of user names and base.
//
// All that read or change throw FileLost when there is something that cannot be believed: the owner replaces
// the file and asks again; and StoreUnavailable. A table that is missing is born.
//
// Not thread-safe: the owner locks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "state/generations.h"
#include "state/seen_states.h"
#include "state/sqlite_file.h"
#include "state/table_head.h"
#include "state/user_bucket.h"

namespace freshread {

class SqliteTable {
 public:
    struct Options {
        std::string path{};
        std::string key_directory{};
        std::uint64_t cluster = 0;
    };
    // `seen` is shared by all of the process that are of the same file and cluster.
    SqliteTable(Options options, SeenStates& seen);

    // Until when the calls that follow may wait for other processes.
    void set_deadline(BootTime deadline);
    [[nodiscard]] SqliteFile& file() { return file_; }
    [[nodiscard]] Generations& generations() { return generations_; }
    // Which generation tells of changes of the user's entry. Another user may have the same: it only costs
    // looks.
    [[nodiscard]] std::size_t slot_of(const UserKey& user) const;

    struct Found {
        TableHead head{};
        UserBucket::Place place = 0;  // the user's
        std::optional<UserBucket::Entry> entry{};
    };
    [[nodiscard]] Found find(const UserKey& user);
    [[nodiscard]] TableHead head();

    // Changes the entry of a user in their bucket; they are called `kept` there.
    using EditUser = std::function<void(UserBucket&, const TableHead&, const UserKey& kept)>;
    void edit(const UserKey& user, const EditUser& edit);
    // Changes the bucket that covers a place, and says whether it did. Bumps nothing: what is changed must
    // not matter to who has no mark open (state/known_looks.h keeps the looks of no others), nor be more than
    // base allows to forget.
    using EditBucket = std::function<bool(UserBucket&, const TableHead&)>;
    void edit_at(UserBucket::Place place, const EditBucket& edit);
    // Changes the head, and says whether it did.
    void edit_head(const std::function<bool(TableHead&)>& edit);

    // As SqliteFile's.
    [[nodiscard]] std::vector<SqliteFile::Hint> hints(UserBucket::Place from, std::size_t count);
    // Deletes what base covers in the bucket at a place; or in `buckets` from there on, which are joined as
    // far as they fit together.
    void clean(UserBucket::Place place, std::size_t buckets);

 private:
    enum class Bump { Nothing, All };
    enum class Attempt { Done, NoTable, Grows };
    class Change;
    // A bucket as it was read.
    struct Spot {
        TableHead head{};
        SqliteFile::TableNumber table = 0;
        UserKey kept{};  // how the user is called, when one was asked for
        UserBucket::Place place = 0;
        UserBucket bucket{};
        std::size_t words = 0;  // of its image
    };

    // Nothing when there is no table.
    [[nodiscard]] std::optional<Spot> read(const UserKey* user, UserBucket::Place place);
    // False when there is no table.
    [[nodiscard]] bool read_head(SqliteFile::Rows& rows, TableHead& head);
    // The head of the table, which is born if there is none.
    [[nodiscard]] SqliteFile::Rows require_head(TableHead& head);
    // Nothing when something newer was seen since `begun`: to be read again.
    [[nodiscard]] std::optional<TableHead> verified(const Image& image, SeenStates::Moment begun);
    [[nodiscard]] std::optional<UserBucket> verified(const TableHead& head, const SqliteFile::Rows& rows,
                                                     UserBucket::Place place, SeenStates::Moment begun);
    // Throws where reading again makes no sense: FileLost, and StoreUnavailable at the deadline.
    void read_again();
    void give_birth();
    void load_key();
    [[nodiscard]] UserKey kept_as(const UserKey& user) const;

    using EditSpot = std::function<bool(Spot&)>;
    void change_bucket(const UserKey* user, UserBucket::Place place, const EditSpot& edit);
    [[nodiscard]] Attempt try_change_bucket(const UserKey* user, UserBucket::Place place,
                                            const EditSpot& edit, SqliteFile::Journal journal);
    [[nodiscard]] Image image_of(const TableHead& head, UserBucket& bucket, std::size_t words) const;
    void join(UserBucket::Place first, std::size_t count);
    void wrote(const TableHead& head, const UserBucket& bucket);

    const Options options_;
    const std::uint64_t boot_;
    const std::uint64_t first_slot_;
    BootTime deadline_{0};
    SqliteFile file_;
    Generations generations_;
    std::string key_{};  // empty until a head was read, or when there is none
    std::uint64_t key_mark_ = 0;
    SeenStates& seen_;
};

}  // namespace freshread
