#include "state/sqlite_file.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
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
    "PRAGMA application_id=0x46727368; PRAGMA user_version=2;"
    "CREATE TABLE cluster_table (cluster INTEGER PRIMARY KEY, number INTEGER NOT NULL, head BLOB NOT NULL)"
    " STRICT;"
    "CREATE TABLE bucket (place INTEGER PRIMARY KEY, oldest_mark BLOB NOT NULL, entries BLOB NOT NULL,"
    " marks BLOB NOT NULL, content BLOB NOT NULL) STRICT;"
    "COMMIT;";
constexpr std::int64_t kApplicationId = 0x46727368;
constexpr std::int64_t kSchemaVersion = 2;

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
    constexpr int kMostDoublings = 5;
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
        case SQLITE_TOOBIG:  // a size that was damaged; our own rows are small
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
        prepare();
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

}  // namespace freshread
