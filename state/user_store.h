// The user table where `Store=` says it is: one interface, whatever keeps it. What the calls mean is
// state/user_table.h; tests/stores asks the same of every store.
//
// Thread-safe. Every call returns within about `timeout` or throws StoreUnavailable, and creating one does no
// I/O. A process that forked must not use a store of its parent: the owner makes a new one
// (state/knowledge.h).
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "state/store_url.h"
#include "state/user_table.h"

namespace freshread {

class UserStore {
 public:
    struct Options {
        StoreUrl url{};                            // Store=
        std::string directory{};                   // StateDir: of the file and of the key that names users
        std::uint64_t cluster = 0;                 // whose table
        std::chrono::milliseconds timeout{50};     // StoreTimeout
        std::chrono::milliseconds mark_age{1000};  // MarkAge: M of the rules
    };

    explicit UserStore(const Options& options);
    ~UserStore();
    UserStore(const UserStore&) = delete;
    UserStore& operator=(const UserStore&) = delete;

    // Before anything that may commit a write is sent. A sequence is used once. The mark's age counts from
    // within this call: a writer that measures it (R1) starts before it calls.
    void open(const UserKey& user, WriterId writer, std::uint64_t sequence);
    // `position` may be unknown (engines without positions): then only the pin is kept. One of another
    // cluster is refused (StoreUnavailable) and the mark stays.
    void close(const UserKey& user, WriterId writer, std::uint64_t sequence, const Position& position,
               BootTime pinned_until);
    [[nodiscard]] UserLook look(const UserKey& user);

    // A position of the leader, from a query sent at `begun`: becomes base where R3 allows, and closes marks
    // that had been open for MarkAge at `begun` (R2). A leader on a higher timeline than base raises base;
    // one on a lower timeline is an old leader and changes nothing. Cheap when there is nothing to do.
    void leader_sampled(const Position& leader, BootTime begun);
    // Such a sample would do something here although another process passes it to the same store: a store may
    // close only what its process has seen open.
    [[nodiscard]] bool awaits_sample(BootTime begun);
    // Raises base to what every replica in service has applied, and deletes entries that R4 allows to. Never
    // lowers, never sets an unset base.
    void replicas_applied(const Position& lowest);

    // Counts for about as long as it takes, or until `deadline`; nobody waits for it.
    [[nodiscard]] StoreSummary summary(BootTime deadline);
    // Raises base along its timeline: from the return on everybody's reads need it. Never sets an unset base.
    void raise(const Position& to);

    // No look that was kept holds any longer, in any process (UserLook::witness).
    void forget_looks();

    // Around fork(2): no thread of this process is in the middle of something that its child would share.
    void hold();
    void release();

 private:
    struct Table;
    std::unique_ptr<Table> table_;
};

}  // namespace freshread
