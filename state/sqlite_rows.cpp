// The statements of SqliteFile: what is read and written of its rows.
#include <bit>
#include <cstring>
#include <utility>

#include <sqlite3.h>

#include "state/sqlite_file.h"

namespace freshread {

namespace {

// A bucket's row is numbered by its table and where it begins: so the rows of a table lie together, in the
// order of places.
constexpr std::int64_t kMostTables = 1 << 14;

// In the order of SqliteFile::Statement.
constexpr std::array kTexts = {
    "BEGIN IMMEDIATE",
    "COMMIT",
    "ROLLBACK",
    "SELECT number, head FROM cluster_table WHERE cluster = ?1",
    "SELECT t.number, t.head, b.place, b.content FROM cluster_table t LEFT JOIN bucket b ON b.place ="
    " (SELECT place FROM bucket WHERE place <= (t.number << 48) + ?2 ORDER BY place DESC LIMIT 1)"
    " WHERE t.cluster = ?1",
    "SELECT place, oldest_mark, entries, marks FROM bucket WHERE place BETWEEN ?1 AND ?2 ORDER BY place"
    " LIMIT ?3",
    "UPDATE cluster_table SET head = ?2 WHERE cluster = ?1",
    "UPDATE bucket SET oldest_mark = ?2, entries = ?3, marks = ?4, content = ?5 WHERE place = ?1",
    "INSERT INTO bucket (place, oldest_mark, entries, marks, content) VALUES (?1, ?2, ?3, ?4, ?5)",
    "DELETE FROM bucket WHERE place = ?1",
    "SELECT 1 + max(coalesce((SELECT max(number) FROM cluster_table), 0),"
    " coalesce((SELECT max(place) >> 48 FROM bucket), 0))",
    "INSERT INTO cluster_table (cluster, number, head) VALUES (?1, ?2, ?3)",
};
static_assert(UserBucket::kPlaceBits == 48);

std::int64_t signed_of(std::uint64_t value) {
    return std::bit_cast<std::int64_t>(value);
}

std::int64_t row_of(SqliteFile::TableNumber table, SqliteFile::Place place) {
    if (table <= 0 || table >= kMostTables) throw FileLost("a table has no place in the file");
    return (table << UserBucket::kPlaceBits) | signed_of(place);
}

// Eight bytes whatever the value is, so that rows keep their size.
std::array<unsigned char, 8> fixed_bytes(std::uint64_t value) {
    return std::bit_cast<std::array<unsigned char, 8>>(value);
}

}  // namespace

class SqliteFile::Run {
 public:
    Run(SqliteFile& file, std::size_t which) : file_(file), statement_(file.statements_.at(which)) {}
    ~Run() {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    Run& bind(std::int64_t value) { return checked(sqlite3_bind_int64(statement_, ++bound_, value)); }
    Run& bind_fixed(std::uint64_t value) {
        const auto bytes = fixed_bytes(value);
        return checked(
            sqlite3_bind_blob64(statement_, ++bound_, bytes.data(), bytes.size(), SQLITE_TRANSIENT));
    }
    // The image must outlive the run.
    Run& bind(const Image& image) {
        return checked(sqlite3_bind_blob64(statement_, ++bound_, image.data(),
                                           image.size() * sizeof(Image::value_type), SQLITE_STATIC));
    }

    // True when there is a row.
    bool step() {
        const int code = sqlite3_step(statement_);
        if (code != SQLITE_ROW && code != SQLITE_DONE) file_.fail(code);
        return code == SQLITE_ROW;
    }
    [[nodiscard]] std::int64_t number(int column) { return sqlite3_column_int64(statement_, column); }
    [[nodiscard]] Image image(int column) {
        const void* bytes = sqlite3_column_blob(statement_, column);
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
        Image words(size / sizeof(Image::value_type));
        if (bytes != nullptr) std::memcpy(words.data(), bytes, words.size() * sizeof(Image::value_type));
        return words;
    }
    // 0 for what is none.
    [[nodiscard]] std::uint64_t fixed(int column) {
        const Image words = image(column);
        return words.size() == 1 ? words.front() : 0;
    }

 private:
    Run& checked(int code) {
        if (code != SQLITE_OK) file_.fail(code);
        return *this;
    }

    SqliteFile& file_;
    sqlite3_stmt* statement_;
    int bound_ = 0;
};

void SqliteFile::prepare() {
    static_assert(kTexts.size() == kStatements);
    for (std::size_t which = 0; which < kStatements; ++which) {
        check(sqlite3_prepare_v3(connection_, kTexts.at(which), -1, SQLITE_PREPARE_PERSISTENT,
                                 &statements_.at(which), nullptr));
    }
}

SqliteFile::Rows SqliteFile::read(std::uint64_t cluster, Place place) {
    Run run(*this, ReadBoth);
    run.bind(signed_of(cluster)).bind(signed_of(place));
    Rows rows;
    rows.has_head = run.step();
    if (!rows.has_head) return rows;
    rows.table = run.number(0);
    rows.head = run.image(1);
    const std::int64_t row = run.number(2);
    // Else it is the last of the table before.
    if (row >= row_of(rows.table, 0)) {
        rows.first = static_cast<Place>(row) & UserBucket::kLastPlace;
        rows.bucket = run.image(3);
    }
    return rows;
}

SqliteFile::Rows SqliteFile::read_head(std::uint64_t cluster) {
    Run run(*this, ReadHead);
    run.bind(signed_of(cluster));
    Rows rows;
    rows.has_head = run.step();
    if (!rows.has_head) return rows;
    rows.table = run.number(0);
    rows.head = run.image(1);
    return rows;
}

SqliteFile::Hint SqliteFile::hint_of(const UserBucket& bucket) {
    return {.first = bucket.first(),
            .oldest_mark = bucket.oldest_mark().value_or(BootTime::max()),
            .entries = bucket.size(),
            .marks = bucket.marks()};
}

std::vector<SqliteFile::Hint> SqliteFile::hints(TableNumber table, Place from, std::size_t count) {
    Run run(*this, ReadHints);
    run.bind(row_of(table, from))
        .bind(row_of(table, UserBucket::kLastPlace))
        .bind(static_cast<std::int64_t>(count));
    std::vector<Hint> found;
    while (run.step()) {
        found.push_back({.first = static_cast<Place>(run.number(0)) & UserBucket::kLastPlace,
                         .oldest_mark = boot_time_of(run.fixed(1)),
                         .entries = run.fixed(2),
                         .marks = run.fixed(3)});
    }
    return found;
}

SqliteFile::Change::JournalOnDisk::JournalOnDisk(SqliteFile& its_file) : file(its_file) {
    file.check(sqlite3_exec(file.connection_, "PRAGMA journal_mode=DELETE", nullptr, nullptr, nullptr));
}

SqliteFile::Change::JournalOnDisk::~JournalOnDisk() {
    sqlite3_exec(file.connection_, "PRAGMA journal_mode=MEMORY", nullptr, nullptr, nullptr);
}

SqliteFile::Change::Change(SqliteFile& file, Journal journal) : file_(file) {
    if (journal == Journal::OnDisk) journal_.emplace(file_);
    Run(file_, Begin).step();
}

SqliteFile::Change::~Change() {
    if (sqlite3_get_autocommit(file_.connection_) != 0) return;
    sqlite3_stmt* rollback = file_.statements_[Rollback];
    sqlite3_step(rollback);
    sqlite3_reset(rollback);
}

void SqliteFile::Change::write_head(std::uint64_t cluster, const Image& head) {
    Run(file_, WriteHead).bind(signed_of(cluster)).bind(head).step();
    if (sqlite3_changes(file_.connection_) != 1) throw FileLost("a head is missing");
}

void SqliteFile::Change::put_bucket(std::size_t statement, TableNumber table, const UserBucket& bucket,
                                    const Image& image) {
    const Hint hint = hint_of(bucket);
    Run(file_, statement)
        .bind(row_of(table, hint.first))
        .bind_fixed(word_of(hint.oldest_mark))
        .bind_fixed(hint.entries)
        .bind_fixed(hint.marks)
        .bind(image)
        .step();
    if (sqlite3_changes(file_.connection_) != 1) throw FileLost("a bucket is missing");
}

void SqliteFile::Change::write_bucket(TableNumber table, const UserBucket& bucket, const Image& image) {
    put_bucket(WriteBucket, table, bucket, image);
}

void SqliteFile::Change::add_bucket(TableNumber table, const UserBucket& bucket, const Image& image) {
    put_bucket(AddBucket, table, bucket, image);
}

void SqliteFile::Change::remove_bucket(TableNumber table, Place first) {
    Run(file_, RemoveBucket).bind(row_of(table, first)).step();
    if (sqlite3_changes(file_.connection_) != 1) throw FileLost("a bucket is missing");
}

void SqliteFile::Change::make_table(std::uint64_t cluster, const Image& head, const UserBucket& bucket,
                                    const Image& image) {
    // Also above what is left of a table whose head is lost.
    const TableNumber number = [this] {
        Run run(file_, FreeNumber);
        return run.step() ? run.number(0) : 0;
    }();
    add_bucket(number, bucket, image);
    Run(file_, AddTable).bind(signed_of(cluster)).bind(number).bind(head).step();
}

void SqliteFile::Change::commit() {
    Run(file_, Commit).step();
}

}  // namespace freshread
