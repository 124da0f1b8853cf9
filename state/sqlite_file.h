// The SQLite file below SqliteStore: opening, replacing, and the few statements, with SQLite's errors sorted
// into "not now" (StoreUnavailable) and "no longer what it was" (FileLost).
//
// One file, without a WAL (state/sqlite_vfs.h sees to that). A WAL would add two files whose loss or damage
// can bring back an older state that passes every check (a damaged WAL is cut at the damage; a deleted -wal
// or -shm splits the processes into two groups), and truncating a -shm kills every process that maps it.
// Nothing is memory-mapped here.
//
// The rollback journal is in memory as long as a change keeps the sizes of its rows: then it rewrites their
// pages in place, and a process that dies between two of these writes leaves rows that are old, new, or shown
// to be damaged by their digest. A change that makes a row larger moves rows between pages; half of that
// could show a stale row that is intact, so such changes, which are rare, keep their journal on disk
// (`<path>-journal`), and who comes next rolls them back.
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
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "state/clock.h"
#include "state/image.h"

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

    struct Rows {
        bool has_head = false;  // there is a table of this cluster
        Image head;
        Image bucket;  // empty when it was not asked for or is missing
    };
    // Head and one bucket in one snapshot.
    [[nodiscard]] Rows read(std::uint64_t cluster, std::size_t bucket);
    // The head alone.
    [[nodiscard]] Rows read_head(std::uint64_t cluster);
    // Hints, not verified: buckets with a mark opened at `latest` or before; buckets with entries.
    [[nodiscard]] std::vector<std::size_t> buckets_with_marks(std::uint64_t cluster, BootTime latest);
    [[nodiscard]] std::vector<std::size_t> buckets_with_entries(std::uint64_t cluster);

    // OnDisk for changes that make rows or make them larger.
    enum class Journal { InMemory, OnDisk };

    // BEGIN IMMEDIATE: what is read inside is what will be changed. Rolls back unless committed.
    class Change {
     public:
        explicit Change(SqliteFile& file, Journal journal = Journal::InMemory);
        ~Change();
        Change(const Change&) = delete;
        Change& operator=(const Change&) = delete;

        void write_head(std::uint64_t cluster, const Image& head);
        void write_bucket(std::uint64_t cluster, std::size_t bucket, const Image& image,
                          std::optional<BootTime> oldest_mark, std::size_t entries);
        // Removes what is left of the cluster's table and makes its rows.
        void make_table(std::uint64_t cluster, const Image& head, std::span<const Image> buckets);
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
        FindMarks,
        FindEntries,
        WriteHead,
        WriteBucket,
        DropBuckets,
        InsertBucket,
        kStatements,
    };

    // One execution of a prepared statement, which is reset whatever happens.
    class Run;

    void open();
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
