// The user table in the memory of one process (`Store=memory:`): all connections of the process to one
// cluster share it, nobody else does. It lives as long as the process; a forked child begins with a new one,
// base unset (R3, R5).
//
// Thread-safe. Never unavailable.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "state/user_table.h"

namespace freshread {

class MemoryStore {
 public:
    struct Options {
        std::uint64_t cluster = 0;
        std::chrono::milliseconds mark_age{1000};  // MarkAge: M of the rules
    };

    explicit MemoryStore(const Options& options);

    void open(const UserKey& user, WriterId writer, std::uint64_t sequence);
    void close(const UserKey& user, WriterId writer, std::uint64_t sequence, const Position& position,
               BootTime pinned_until);
    [[nodiscard]] UserLook look(const UserKey& user);
    void leader_sampled(const Position& leader, BootTime begun);
    [[nodiscard]] static bool awaits_sample(BootTime) { return false; }
    void replicas_applied(const Position& lowest);
    [[nodiscard]] StoreSummary summary(BootTime deadline);
    void raise(const Position& to);

    // The child of a fork makes its own table: nothing has to be held for it.
    void forget_looks() noexcept {}  // none is kept
    void hold() {}
    void release() {}

 private:
    struct Table;
    struct Registry;

    Options options_;
    std::shared_ptr<Table> table_;
};

}  // namespace freshread
