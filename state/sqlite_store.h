// The user table in a SQLite file, shared by all processes of one account on one host.
//
// One file without a WAL (state/sqlite_file.h says why), synchronous=OFF (a crash of the host loses the table
// whole: another boot, R5), STRICT tables, prepared statements, file 0600. Several clusters share one file,
// each with a table of its own (cluster = PostgreSQL system identifier). Beside the file stand
// `<path>.lock`, `<path>-generations` (state/generations.h) and `<path>-turns-*`.
//
// A process has two connections, each with a lock of its own: one for looks, one for what changes the table.
// So looks do not wait for changes, but for the moment in which one is written. Changes of all processes come
// one after another, and who has waited for long comes first (state/turns.h); SQLite's lock on the file is
// what counts.
//
// A look is not repeated while nobody wrote: what it found is kept, and stands as long as the generation of
// the user's bucket does. Every change is committed, then bumps, then returns; what cannot bump is not
// changed and throws. That the store's file is lost need not be noticed by a look: what was kept is still
// the user's requirement, because the next write of the user bumps, in whatever file its mark is.
//
// R5: before every use of the file it is checked to be still the one at the path; what is read is checked
// against digests (state/sqlite_table.h), so that damage is noticed and not taken for "no entry". Deleted,
// replaced, damaged, of another boot: the file is removed and a new table is born, with base unset. The call
// that noticed goes on with the new table, and its birth makes everybody look anew. Not noticed by a process
// that starts later: an intact older copy of the same boot written into the file in place.
//
// No operation does more for many users than for few, and none holds others up for longer than a change of
// one bucket or some small ones takes: entries that base covers are deleted some at a time, by the writes
// beside them and by replicas_applied(). Old marks that nobody closed are found by who looks for their user,
// for the next sample that the process has, and by samples, some buckets at a time.
//
// Entries are found by the user's name under the key of `key_directory` (state/user_key.h). The key is a file
// of its own, so the table's head says to which key it belongs: when the key was lost and made anew, the
// table is lost with it, and processes that still hold the old key read the new one. Otherwise two processes
// would know one user by two names, and neither find what the other wrote.
//
// Thread-safe. Every call returns within about `timeout`, or throws
// StoreUnavailable. A process that forked must not use a store of its parent: the owner makes a new one
// (state/knowledge.h).
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "state/user_table.h"

namespace freshread {

class SqliteStore {
 public:
    struct Options {
        std::string path;                          // of the file; its directory exists
        std::string key_directory{};               // where the key is kept that names users; empty: no key
        std::uint64_t cluster = 0;                 // whose table
        std::chrono::milliseconds timeout{50};     // StoreTimeout
        std::chrono::milliseconds mark_age{1000};  // MarkAge: M of the rules
    };

    // Does not touch the file: the first call does.
    explicit SqliteStore(Options options);
    ~SqliteStore();
    SqliteStore(const SqliteStore&) = delete;
    SqliteStore& operator=(const SqliteStore&) = delete;

    // What these mean is state/user_store.h.
    void open(const UserKey& user, WriterId writer, std::uint64_t sequence);
    void close(const UserKey& user, WriterId writer, std::uint64_t sequence, const Position& position,
               BootTime pinned_until);
    [[nodiscard]] UserLook look(const UserKey& user);
    void leader_sampled(const Position& leader, BootTime begun);
    [[nodiscard]] bool awaits_sample(BootTime begun);
    void replicas_applied(const Position& lowest);
    [[nodiscard]] StoreSummary summary(BootTime deadline);
    void raise(const Position& to);

    void forget_looks() noexcept;

    // Around fork(2): no thread of this process is inside SQLite while the store is held.
    void hold();
    void release();

 private:
    struct Way;
    struct Database;
    std::unique_ptr<Database> database_;
};

}  // namespace freshread
