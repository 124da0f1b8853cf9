// What one process knows of one cluster: the user table, the board and the monitor that feeds both, shared by
// all connections of the process that name the same nodes and the same store.
//
// The registry behind `of` is global because that sharing is its purpose: one store connection and one
// monitor per process, however many ODBC connections. It survives fork: a child starts with an empty registry
// (what the parent's objects hold is leaked on purpose: closing a SQLite or libpq connection in the child
// would harm the parent's), and `Knowledge` obtained before the fork throws StoreUnavailable in the child
// instead of touching them.
//
// The monitor's thread starts when first needed (want_progress) and ends with the last user of the object; at
// exit of the process it is stopped before libpq's and OpenSSL's own clean-up.
//
// Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "state/board.h"
#include "state/catalog.h"
#include "state/monitor.h"
#include "state/user_store.h"
#include "state/user_table.h"

namespace freshread {

class Knowledge {
 public:
    struct Options {
        UserStore::Options store{};     // its directory is the one below
        std::string state_directory{};  // where the file and the key of user names are
        Monitor::Options monitor{};     // nodes: as many as the DSN names, leader first
        bool monitor_allowed = true;    // Monitor=none
        std::string database{};         // whose catalog of relations is kept; empty: none is
        std::chrono::seconds time_to_live{
            300};  // TTL of R4: a replica that is further behind keeps no entries
    };

    // The process's one object for these options. Creating it does no I/O.
    [[nodiscard]] static std::shared_ptr<Knowledge> of(const Options& options);
    ~Knowledge();

    [[nodiscard]] UserKey key_of(std::string_view user);
    [[nodiscard]] UserLook look(const UserKey& user);
    // Another look would give what the one with this witness gave. Takes no lock.
    [[nodiscard]] bool still_holds(const Witness& witness) const;
    void open(const UserKey& user, WriterId writer, std::uint64_t sequence);
    void close(const UserKey& user, WriterId writer, std::uint64_t sequence, const Position& position,
               BootTime pinned_until);
    // A leader position that a connection learnt itself, by a query sent at `begun`. Never throws: a lost
    // store only delays base. Passed to the store at most every MarkAge/20.
    void leader_sampled(const Position& leader, BootTime begun) noexcept;

    [[nodiscard]] std::optional<Sample> sample(NodeId node) const;
    // Starts the monitor if it does not run; then as Monitor::want_progress. Never throws.
    void want_progress() noexcept;

    // The catalog of relations; null when none is kept. Lives as long as this object.
    [[nodiscard]] Catalog* catalog() const;
    // The monitor is to ask the leader about it, at most once every Catalog::kEvery. False when it cannot:
    // there is none, or it is connected to another database. Never throws.
    bool want_catalog() noexcept;

 private:
    explicit Knowledge(Options options);
    struct Parts;
    struct Registry;
    std::unique_ptr<Parts> parts_;
};

}  // namespace freshread
