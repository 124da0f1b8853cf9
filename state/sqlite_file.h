// The SQLite file below SqliteStore: opening, replacing, and the few statements, with SQLite's errors sorted
// into "not now" (StoreUnavailable) and "no longer what it was" (FileLost).
//
// One file, without a WAL (state/sqlite_vfs.h sees to that). A WAL would add two files whose loss or damage
// can bring back an older state that passes every check (a damaged WAL is cut at the damage; a deleted -wal
// or -shm splits the processes into two groups), and truncating a -shm kills every process that maps it.
// Nothing is memory-mapped here.
//
// A table is a row for its head and a row for each bucket (state/user_bucket.h), found by where it begins:
// one row is read and written by an operation, however many there are.
//
// The rollback journal is in memory as long as a change keeps the sizes of its rows: then it rewrites their
// pages in place, and a process that dies between two of these writes leaves rows that are old, new, or shown
// to be damaged by their digest. A change that makes a row, removes one or makes one larger moves rows
// between pages; half of that could show a stale row that is intact, so such changes, which are rare, keep
// their journal on disk (`<path>-journal`), and who comes next rolls them back.
//
// A new file is built under another name and renamed, under a lock on `<path>.lock`: nobody sees a half-made
// one, and of several processes that found the file lost one replaces it.
//
// Not thread-safe: the owner locks. POSIX locks are lost when any descriptor of the file is closed: nothing
// here opens the file but SQLite.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "state/clock.h"
#include "state/image.h"
#include "state/user_bucket.h"

struct sqlite3;
struct sqlite3_stmt;

namespace freshread {

// Deleted, replaced, damaged, or never there. The owner calls replace() and starts anew.
struct FileLost : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class SqliteFile {
 public:
    explicit SqliteFile(std::string path);
    ~SqliteFile();
    SqliteFile(const SqliteFile&) = delete;
    SqliteFile& operator=(const SqliteFile&) = delete;

    // Until when the calls that follow may wait for other processes.
    void set_deadline(BootTime deadline) { deadline_ = deadline; }

    // Makes sure that the file is open and still the one at the path. Throws FileLost.
    void require();
    // Of the open file.
    [[nodiscard]] std::uint64_t inode() const { return inode_; }
    // After FileLost: a new, empty file stands at the path, made by this process or another.
    void replace();
    // Forgets the connection; the next require() opens the file again.
    void close();

    // Which of the file's tables: each cluster has one.
    using TableNumber = std::int64_t;
    using Place = UserBucket::Place;
    struct Rows {
        bool has_head = false;  // there is a table of this cluster
        Image head;
        TableNumber table = 0;
        Place first = 0;  // of the bucket
        Image bucket;     // empty when it was not asked for or is missing
    };
    // The head, and the bucket that begins at the place or is the nearest before it, in one snapshot.
    [[nodiscard]] Rows read(std::uint64_t cluster, Place place);
    // The head alone.
    [[nodiscard]] Rows read_head(std::uint64_t cluster);

    // What stands beside a bucket, so that not all of them have to be read. Not verified.
    struct Hint {
        Place first = 0;
        BootTime oldest_mark = BootTime::max();
        std::uint64_t entries = 0;
        std::uint64_t marks = 0;
    };
    [[nodiscard]] static Hint hint_of(const UserBucket& bucket);
    // Of the buckets that begin at the place or behind it, at most `count`, in their order.
    [[nodiscard]] std::vector<Hint> hints(TableNumber table, Place from, std::size_t count);

    // OnDisk for changes that make rows, remove them or make them larger.
    enum class Journal { InMemory, OnDisk };

    // BEGIN IMMEDIATE: what is read inside is what will be changed. Rolls back unless committed.
    class Change {
     public:
        explicit Change(SqliteFile& file, Journal journal = Journal::InMemory);
        ~Change();
        Change(const Change&) = delete;
        Change& operator=(const Change&) = delete;

        void write_head(std::uint64_t cluster, const Image& head);
        void write_bucket(TableNumber table, const UserBucket& bucket, const Image& image);
        void add_bucket(TableNumber table, const UserBucket& bucket, const Image& image);
        void remove_bucket(TableNumber table, Place first);
        // With one bucket, of everybody. REQUIRES: there is none of this cluster.
        void make_table(std::uint64_t cluster, const Image& head, const UserBucket& bucket,
                        const Image& image);
        void commit();

     private:
        // Puts the journal back into memory, after the rollback too.
        struct JournalOnDisk {
            explicit JournalOnDisk(SqliteFile& its_file);
            ~JournalOnDisk();
            JournalOnDisk(const JournalOnDisk&) = delete;
            JournalOnDisk& operator=(const JournalOnDisk&) = delete;
            SqliteFile& file;
        };
        void put_bucket(std::size_t statement, TableNumber table, const UserBucket& bucket,
                        const Image& image);
        SqliteFile& file_;
        std::optional<JournalOnDisk> journal_;
    };

 private:
    enum Statement : std::size_t {
        Begin,
        Commit,
        Rollback,
        ReadHead,
        ReadBoth,
        ReadHints,
        WriteHead,
        WriteBucket,
        AddBucket,
        RemoveBucket,
        FreeNumber,
        AddTable,
        kStatements,
    };

    // One execution of a prepared statement, which is reset whatever happens.
    class Run;

    void open();
    void prepare();
    void connect(const std::string& path);
    [[nodiscard]] bool moved();
    void build(const std::string& path);
    [[nodiscard]] std::int64_t integer_of(const char* text);
    void check(int code);
    [[noreturn]] void fail(int code);
    static int on_busy(void* self, int attempt);

    std::string path_;
    BootTime deadline_{0};
    sqlite3* connection_ = nullptr;
    std::uint64_t inode_ = 0;
    bool unusable_ = false;  // an I/O error: to be opened again
    std::array<sqlite3_stmt*, kStatements> statements_{};
};

}  // namespace freshread
