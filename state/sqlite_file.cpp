#include "state/sqlite_file.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <limits>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/file_descriptor.h"
#include "state/file_lock.h"
#include "state/sqlite_vfs.h"
#include "state/user_bucket.h"
#include "state/user_table.h"

namespace freshread {

namespace {

constexpr const char* kPragmas =
    "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY;"
    "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA foreign_keys=OFF;";

// application_id: "Frsh"; user_version: the format of the rows.
constexpr const char* kSchema =
    "PRAGMA page_size=4096; PRAGMA auto_vacuum=NONE;"
    "BEGIN;"
    "PRAGMA application_id=0x46727368; PRAGMA user_version=1;"
    "CREATE TABLE cluster_table (cluster INTEGER PRIMARY KEY, head BLOB NOT NULL) STRICT;"
    "CREATE TABLE bucket (cluster INTEGER NOT NULL, bucket INTEGER NOT NULL, oldest_mark BLOB NOT NULL,"
    " entries BLOB NOT NULL, content BLOB NOT NULL, PRIMARY KEY (cluster, bucket)) STRICT, WITHOUT ROWID;"
    "COMMIT;";
constexpr std::int64_t kApplicationId = 0x46727368;
constexpr std::int64_t kSchemaVersion = 1;

// In the order of SqliteFile::Statement.
constexpr std::array kTexts = {
    "BEGIN IMMEDIATE",
    "COMMIT",
    "ROLLBACK",
    "SELECT head FROM cluster_table WHERE cluster = ?1",
    "SELECT t.head, b.content FROM cluster_table t"
    " LEFT JOIN bucket b ON b.cluster = t.cluster AND b.bucket = ?2 WHERE t.cluster = ?1",
    "SELECT bucket FROM bucket WHERE cluster = ?1 AND oldest_mark <= ?2",
    "SELECT bucket FROM bucket WHERE cluster = ?1 AND entries > ?2",
    "INSERT INTO cluster_table (cluster, head) VALUES (?1, ?2)"
    " ON CONFLICT (cluster) DO UPDATE SET head = excluded.head",
    "UPDATE bucket SET oldest_mark = ?3, entries = ?4, content = ?5 WHERE cluster = ?1 AND bucket = ?2",
    "DELETE FROM bucket WHERE cluster = ?1",
    "INSERT INTO bucket (cluster, bucket, oldest_mark, entries, content) VALUES (?1, ?2, ?3, ?4, ?5)",
};

std::int64_t signed_of(std::uint64_t value) {
    return std::bit_cast<std::int64_t>(value);
}

// Eight bytes whatever the value is, so that rows keep their size; big-endian, so that SQLite's order is the
// number's.
std::array<unsigned char, 8> ordered_bytes(std::uint64_t value) {
    std::array<unsigned char, 8> bytes{};
    for (std::size_t index = 0; index < bytes.size(); ++index) {
        bytes[index] = static_cast<unsigned char>(value >> (56 - 8 * index));
    }
    return bytes;
}

std::uint64_t ordered(std::optional<BootTime> time) {
    return time ? static_cast<std::uint64_t>(time->count()) : std::numeric_limits<std::uint64_t>::max();
}

// SQLite refuses symbolic links anywhere in a path it is told not to follow them in; those above the file are
// the administrator's business (/var/run).
std::string with_real_directory(const std::string& path) {
    const std::filesystem::path whole(path);
    std::error_code error;
    const auto directory =
        std::filesystem::canonical(whole.has_parent_path() ? whole.parent_path() : ".", error);
    return error ? path : (directory / whole.filename()).string();
}

std::string message_of(const std::string& path, const std::string& why) {
    return "The user table " + path + " is not available: " + why + ".";
}

}  // namespace

class SqliteFile::Run {
 public:
    Run(SqliteFile& file, Statement which) : file_(file), statement_(file.statements_.at(which)) {}
    ~Run() {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    Run& bind(std::int64_t value) { return checked(sqlite3_bind_int64(statement_, ++bound_, value)); }
    // The bytes must outlive the run.
    Run& bind(const void* bytes, std::size_t size) {
        return checked(sqlite3_bind_blob64(statement_, ++bound_, bytes, size, SQLITE_STATIC));
    }
    Run& bind(const Image& image) { return bind(image.data(), image.size() * sizeof(Image::value_type)); }

    // True when there is a row.
    bool step() {
        const int code = sqlite3_step(statement_);
        if (code != SQLITE_ROW && code != SQLITE_DONE) file_.fail(code);
        return code == SQLITE_ROW;
    }
    [[nodiscard]] Image image(int column) {
        const void* bytes = sqlite3_column_blob(statement_, column);
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
        Image words(size / sizeof(Image::value_type));
        if (bytes != nullptr) std::memcpy(words.data(), bytes, words.size() * sizeof(Image::value_type));
        return words;
    }
    // All rows of one integer column. A number that no bucket has is damage.
    [[nodiscard]] std::vector<std::size_t> buckets() {
        std::vector<std::size_t> found;
        while (step()) {
            const std::int64_t bucket = sqlite3_column_int64(statement_, 0);
            if (bucket < 0 || bucket >= static_cast<std::int64_t>(UserBucket::kCount)) {
                throw FileLost("a row has no place in the table");
            }
            found.push_back(static_cast<std::size_t>(bucket));
        }
        return found;
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

SqliteFile::SqliteFile(std::string path) : path_(std::move(path)) {}

SqliteFile::~SqliteFile() {
    close();
}

void SqliteFile::close() {
    for (sqlite3_stmt*& statement : statements_) sqlite3_finalize(std::exchange(statement, nullptr));
    sqlite3_close_v2(std::exchange(connection_, nullptr));
    unusable_ = false;
}

int SqliteFile::on_busy(void* self, int attempt) {
    if (boot_now() >= static_cast<SqliteFile*>(self)->deadline_) return 0;
    // Locks are held for microseconds: SQLite's own handler would sleep for milliseconds.
    constexpr int kMostDoublings = 7;
    std::this_thread::sleep_for(std::chrono::microseconds(10) * (1 << std::min(attempt / 2, kMostDoublings)));
    return 1;
}

void SqliteFile::fail(int code) {
    const std::string why = connection_ != nullptr ? sqlite3_errmsg(connection_) : sqlite3_errstr(code);
    switch (code & 0xFF) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            throw StoreUnavailable(message_of(path_, why));
        case SQLITE_ERROR:  // a table or column that is not there
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_SCHEMA:
        case SQLITE_FORMAT:
        case SQLITE_MISMATCH:
        case SQLITE_CONSTRAINT:
            throw FileLost(why);
        default:
            break;
    }
    if (code == SQLITE_IOERR_SHORT_READ || code == SQLITE_READONLY_DBMOVED) throw FileLost(why);
    unusable_ = true;
    throw StoreUnavailable(message_of(path_, why));
}

void SqliteFile::check(int code) {
    if (code != SQLITE_OK) fail(code);
}

bool SqliteFile::moved() {
    int moved = 0;
    return sqlite3_file_control(connection_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK ||
           moved != 0;
}

void SqliteFile::require() {
    if (unusable_) close();
    if (connection_ == nullptr) open();
    if (moved()) throw FileLost("it was removed or replaced");
}

void SqliteFile::open() {
    const std::string path = with_real_directory(path_);
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) throw FileLost("it is not there");
        throw StoreUnavailable(message_of(path_, std::generic_category().message(errno)));
    }
    if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid()) throw FileLost("it is not a file of ours");
    constexpr mode_t kMode = S_IRUSR | S_IWUSR;
    if ((status.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO)) != kMode && ::chmod(path.c_str(), kMode) != 0) {
        throw StoreUnavailable(message_of(path_, std::generic_category().message(errno)));
    }

    connect(path);
    try {
        check(sqlite3_exec(connection_, kPragmas, nullptr, nullptr, nullptr));
        if (::lstat(path.c_str(), &status) != 0 || moved()) throw FileLost("it was replaced");
        inode_ = status.st_ino;
        if (integer_of("PRAGMA application_id") != kApplicationId ||
            integer_of("PRAGMA user_version") != kSchemaVersion) {
            throw FileLost("it is not a user table of this format");
        }
        for (std::size_t which = 0; which < kStatements; ++which) {
            check(sqlite3_prepare_v3(connection_, kTexts.at(which), -1, SQLITE_PREPARE_PERSISTENT,
                                     &statements_.at(which), nullptr));
        }
    } catch (const StoreUnavailable&) {
        close();
        throw;
    }
}

// Leaves no connection behind when it throws StoreUnavailable.
void SqliteFile::connect(const std::string& path) {
    const int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(path.c_str(), &connection_, flags, vfs_without_wal());
    if (code == SQLITE_OK) {
        sqlite3_busy_handler(connection_, &SqliteFile::on_busy, this);
        return;
    }
    const std::string why = connection_ != nullptr ? sqlite3_errmsg(connection_) : sqlite3_errstr(code);
    close();
    if (::access(path.c_str(), F_OK) != 0) throw FileLost("it is not there");
    throw StoreUnavailable(message_of(path_, why));
}

std::int64_t SqliteFile::integer_of(const char* text) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(connection_, text, -1, &statement, nullptr));
    const int code = sqlite3_step(statement);
    const std::int64_t value = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) fail(code);
    return value;
}

void SqliteFile::replace() {
    const FileLock lock(path_ + ".lock", deadline_);
    // Another process may have been faster. The old connection is kept until this is known: while it is open,
    // its inode cannot be given to the new file.
    if (connection_ == nullptr || moved()) {
        close();
        try {
            require();
            return;
        } catch (const FileLost&) {
            close();
        }
    }
    close();

    const std::string path = with_real_directory(path_);
    const std::string draft = path + ".new";
    // The old file goes before the new one is made, and so before the new table is born: a mark that its
    // writer still found in place was opened before that birth.
    for (const std::string& old : {path, path + "-journal", path + "-wal", path + "-shm", draft}) {
        if (::unlink(old.c_str()) != 0 && errno != ENOENT) {
            throw StoreUnavailable(message_of(path_, std::generic_category().message(errno)));
        }
    }
    build(draft);
    if (::rename(draft.c_str(), path.c_str()) != 0) {
        throw StoreUnavailable(message_of(path_, std::generic_category().message(errno)));
    }
}

void SqliteFile::build(const std::string& path) {
    {
        const FileDescriptor file(
            ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
        if (!file.valid() || ::fchmod(file.get(), S_IRUSR | S_IWUSR) != 0)
            throw StoreUnavailable(message_of(path_, std::generic_category().message(errno)));
    }

    try {
        connect(path);
        check(sqlite3_exec(connection_, kPragmas, nullptr, nullptr, nullptr));
        check(sqlite3_exec(connection_, kSchema, nullptr, nullptr, nullptr));
    } catch (const std::runtime_error& failure) {
        close();
        throw StoreUnavailable(message_of(path_, failure.what()));
    }
    close();
}

SqliteFile::Rows SqliteFile::read(std::uint64_t cluster, std::size_t bucket) {
    Run run(*this, ReadBoth);
    run.bind(signed_of(cluster)).bind(static_cast<std::int64_t>(bucket));
    Rows rows;
    rows.has_head = run.step();
    if (rows.has_head) {
        rows.head = run.image(0);
        rows.bucket = run.image(1);
    }
    return rows;
}

SqliteFile::Rows SqliteFile::read_head(std::uint64_t cluster) {
    Run run(*this, ReadHead);
    run.bind(signed_of(cluster));
    Rows rows;
    rows.has_head = run.step();
    if (rows.has_head) rows.head = run.image(0);
    return rows;
}

std::vector<std::size_t> SqliteFile::buckets_with_marks(std::uint64_t cluster, BootTime latest) {
    Run run(*this, FindMarks);
    const auto bytes = ordered_bytes(ordered(latest));
    run.bind(signed_of(cluster)).bind(bytes.data(), bytes.size());
    return run.buckets();
}

std::vector<std::size_t> SqliteFile::buckets_with_entries(std::uint64_t cluster) {
    Run run(*this, FindEntries);
    const auto none = ordered_bytes(0);
    run.bind(signed_of(cluster)).bind(none.data(), none.size());
    return run.buckets();
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
}

void SqliteFile::Change::write_bucket(std::uint64_t cluster, std::size_t bucket, const Image& image,
                                      std::optional<BootTime> oldest_mark, std::size_t entries) {
    const auto oldest_bytes = ordered_bytes(ordered(oldest_mark));
    const auto entries_bytes = ordered_bytes(entries);
    Run(file_, WriteBucket)
        .bind(signed_of(cluster))
        .bind(static_cast<std::int64_t>(bucket))
        .bind(oldest_bytes.data(), oldest_bytes.size())
        .bind(entries_bytes.data(), entries_bytes.size())
        .bind(image)
        .step();
    if (sqlite3_changes(file_.connection_) != 1) throw FileLost("a row is missing");
}

void SqliteFile::Change::make_table(std::uint64_t cluster, const Image& head,
                                    std::span<const Image> buckets) {
    Run(file_, DropBuckets).bind(signed_of(cluster)).step();
    const auto no_mark = ordered_bytes(ordered(std::nullopt));
    const auto no_entry = ordered_bytes(0);
    for (std::size_t bucket = 0; bucket < buckets.size(); ++bucket) {
        Run(file_, InsertBucket)
            .bind(signed_of(cluster))
            .bind(static_cast<std::int64_t>(bucket))
            .bind(no_mark.data(), no_mark.size())
            .bind(no_entry.data(), no_entry.size())
            .bind(buckets[bucket])
            .step();
    }
    write_head(cluster, head);
}

void SqliteFile::Change::commit() {
    Run(file_, Commit).step();
}

}  // namespace freshread
