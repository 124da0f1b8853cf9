// What one process knows of one cluster: the user table, the board and the monitor that feeds both, shared by
// all connections of the process that name the same nodes and the same store.
//
// The registry behind `of` is global because that sharing is its purpose: one store connection and at most
// one monitor per process, however many ODBC connections. It survives fork: a child starts with an empty
// registry (what the parent's objects hold is leaked on purpose: closing a SQLite or libpq connection in the
// child would harm the parent's), and `Knowledge` obtained before the fork throws StoreUnavailable in the
// child instead of touching them.
//
// The monitor's thread starts when samples are needed (want_progress) and nobody on the host takes them; it
// ends when nobody needs them any more, or with the last user of the object; at exit of the process it is
// stopped before libpq's and OpenSSL's own clean-up. What others sample is on the board (state/board.h), and
// passed to the store from there.
//
// Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "state/catalog.h"
#include "state/monitored_nodes.h"
#include "state/process_counts.h"
#include "state/process_identity.h"
#include "state/sample.h"
#include "state/user_marks.h"
#include "state/user_store.h"
#include "state/user_table.h"

namespace freshread {

class Knowledge {
 public:
    struct Options {
        UserStore::Options store{};     // its directory is the one below
        std::string state_directory{};  // where the board, the file and the key of user names are
        MonitoredNodes monitor{};       // as many as the DSN names, leader first
        bool monitor_allowed = true;    // Monitor=none
        CatalogIdentity catalog{};      // of the relations; without a name none is kept
        std::chrono::seconds time_to_live{
            300};  // TTL of R4: a replica that is further behind keeps no entries
    };

    // The process's one object for these options. Creating it does no I/O.
    [[nodiscard]] static std::shared_ptr<Knowledge> of(const Options& options);
    ~Knowledge();

    [[nodiscard]] UserKey key_of(std::string_view user);
    // Throws StoreUnavailable, also while there are writes that the user table knows nothing of.
    [[nodiscard]] UserLook look(const UserKey& user);
    // Another look would give what the one with this witness gave. Takes no lock.
    [[nodiscard]] bool still_holds(const Witness& witness) const;
    // A write is about to return that the user table knows nothing of (R7): from here on nobody on this host
    // reads what it misses. Never throws.
    void note_unrecorded() noexcept;
    // Of this process's writes. Throws StoreUnavailable in a child.
    [[nodiscard]] UserMarks& marks();
    void open(const UserKey& user, WriterId writer, std::uint64_t sequence);
    void close(const UserKey& user, WriterId writer, std::uint64_t sequence, const Position& position,
               BootTime pinned_until);
    // A leader position that a connection learnt itself, by a query sent at `begun`. Never throws: a lost
    // store only delays base. Passed to the store at most every MarkAge/20.
    void leader_sampled(const Position& leader, BootTime begun) noexcept;

    // Everybody's reads need the position from now on: replicas have applied it. Throws StoreUnavailable.
    void raise_base(const Position& position);

    // What the board has of the node; nothing with Monitor=none. Never throws.
    [[nodiscard]] std::optional<Sample> sample(NodeId node) const noexcept;
    // A monitor has tried to ask the node and could not. Never throws.
    [[nodiscard]] bool lost(NodeId node) const noexcept;
    // Samples with a higher number are begun after this. Of no board when there is none. Never throws.
    [[nodiscard]] SampleTicket ticket() const noexcept;
    // Somebody waits for a node to come further: it is sampled fast for the next second, by the monitor that
    // there is, or by one that starts here. Never throws.
    void want_progress() noexcept;
    // Waits for a sample of the node that was begun after the ticket was taken, as long as its node can be
    // asked. Nothing when the time is over. Never throws.
    [[nodiscard]] std::optional<Sample> await_sample(NodeId node, const SampleTicket& after,
                                                     BootTime deadline) noexcept;

    // What changes with every sample, and with every announcement: who waits for progress reads it, looks
    // whether there is what it waits for, and awaits others than it has read. Nodes are sampled fast
    // meanwhile. `await_news` ends at the deadline, and at times for no reason; false: there is nothing to
    // wait for. Never throw.
    [[nodiscard]] std::uint32_t news() noexcept;
    [[nodiscard]] bool await_news(std::uint32_t seen, BootTime deadline) noexcept;
    // All who wait look again.
    void announce() noexcept;

    // A service that samples as long as it says so from time to time: or stands by while another does. Never
    // throws.
    void want_samples() noexcept;
    // What the board has of a node, and who samples it; nobody when nobody does.
    struct NodeView {
        std::optional<Sample> sample{};
        std::optional<ProcessIdentity> monitor{};
    };
    [[nodiscard]] NodeView view(NodeId node) const noexcept;

    // The store as a whole. Throws StoreUnavailable.
    [[nodiscard]] StoreSummary summary(BootTime deadline);

    // What this process has counted, for the account's other processes to see, and what all have. Never
    // throws.
    void publish_counts(std::span<const std::uint64_t> counts) noexcept;
    [[nodiscard]] CountsOfProcesses counts() const noexcept;

    // The catalog of relations; null when none is kept. Lives as long as this object.
    [[nodiscard]] Catalog* catalog() const;
    // The monitor is to ask the leader about it, at most once every Catalog::kEvery. False when it cannot:
    // there is none, or it asks about another database. Never throws.
    bool want_catalog() noexcept;

 private:
    explicit Knowledge(Options options);
    struct Parts;
    struct Registry;
    std::unique_ptr<Parts> parts_;
};

}  // namespace freshread
