// The user table in a database of PostgreSQL, shared by all hosts that name it (docs/stores.md has the
// layout). The database need not be one of the cluster whose users it keeps, but it may be the leader's.
//
// One UNLOGGED table for each cluster, its first row the head. A crash or a promotion empties it, so it is
// lost whole (R5); by what else it could be an older one (a restart, a table that was made or filled anew)
// the head is compared with, in every statement: its lineage is the server's start and the table's file. A
// table that is lost gets another id, and with it all users get other names: what is left of the old one is
// found by nobody and swept when base has passed it.
//
// Each operation is one statement, a transaction of its own. MarkAge counts as in state/seen_tables.h. Looks
// are never kept.
//
// Thread-safe. Every call returns within about `timeout`, or throws StoreUnavailable; looking up the host's
// name is not counted.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "state/user_table.h"

namespace freshread {

class PostgresqlStore {
 public:
    struct Options {
        std::string url{};
        std::uint64_t cluster = 0;                 // whose table
        std::chrono::milliseconds timeout{50};     // StoreTimeout
        std::chrono::milliseconds mark_age{1000};  // MarkAge: M of the rules
    };

    explicit PostgresqlStore(const Options& options);
    ~PostgresqlStore();
    PostgresqlStore(const PostgresqlStore&) = delete;
    PostgresqlStore& operator=(const PostgresqlStore&) = delete;

    // What these mean is state/user_store.h.
    void open(const UserKey& user, WriterId writer, std::uint64_t sequence);
    void close(const UserKey& user, WriterId writer, std::uint64_t sequence, const Position& position,
               BootTime pinned_until);
    [[nodiscard]] UserLook look(const UserKey& user);
    void leader_sampled(const Position& leader, BootTime begun);
    // What has been seen open is not known of elsewhere.
    [[nodiscard]] static bool awaits_sample(BootTime) { return true; }
    void replicas_applied(const Position& lowest);
    [[nodiscard]] StoreSummary summary(BootTime deadline);
    void raise(const Position& to);
    void forget_looks() noexcept {}  // none is kept
    void hold();
    void release();

 private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace freshread
