// The user table in Redis or Valkey, shared by all hosts that name the same server (docs/stores.md has the
// layout, for other programs).
//
// A cluster's users are spread over kTables hashes, each of which is a table of its own: it has its own id,
// its own base, and is lost whole (R5), whatever was lost: everything, or one evicted hash. Every answer
// carries the id. A user's field is named by a hash of the user under the table's id, so it cannot be found
// in another table, and the names in a store that somebody copied cannot be looked up in a list made before.
//
// What the rules measure in MarkAge is measured from when this process has seen it, by its own clock: the
// server's clock is believed only for what it says to be older than kSurelyOld, for the sake of processes
// that do not live that long. What is closed for others is what looks and sweeps have found open (R2).
//
// A look is one round trip, the script and behind it a question for the replication id: the answer counts
// only from a master of the history that the table is of. Looks are never kept.
//
// Thread-safe. Every call returns within about `timeout`, or throws StoreUnavailable. Behind one that took
// all of it, looks and samples fail at once for a while; marks are always tried.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "state/user_table.h"

namespace freshread {

class RedisStore {
 public:
    static constexpr std::size_t kTables = 64;

    struct Options {
        std::string url{};
        std::uint64_t cluster = 0;                 // whose table
        std::chrono::milliseconds timeout{50};     // StoreTimeout
        std::chrono::milliseconds mark_age{1000};  // MarkAge: M of the rules
    };

    explicit RedisStore(const Options& options);
    ~RedisStore();
    RedisStore(const RedisStore&) = delete;
    RedisStore& operator=(const RedisStore&) = delete;

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
