// The comparing thread's own: its connections to the nodes, and the reads that are in suspicion
// (driver/comparer.h has the whole picture). Not thread-safe.
#pragma once

#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <utility>

#include "driver/classification_cache.h"
#include "driver/compared_nodes.h"
#include "driver/comparison.h"

namespace freshread {

// Connections that are alike: one object for all of them.
using SharedSession = std::shared_ptr<const ComparedSession>;

// A read that a replica would have served.
struct ComparedRead {
    SharedSession session{};
    NodeId replica = kLeader;
    std::shared_ptr<const ClassifiedText> is{};
    StatementText text{};
    bool nothing_asks_leader = false;  // an empty answer of the replica would not have been the answer
    std::shared_ptr<const Log> log{};  // told of what differs; null: nobody

    void count(Comparison comparison) const { session->nodes[replica].record->count(comparison); }
};

class ComparingWorker {
 public:
    // Asks the replica and the leader, and counts what came of it or keeps the read in suspicion.
    void compare(ComparedRead read) noexcept;

    // When the next read in suspicion is to be looked at again; nothing when there is none.
    [[nodiscard]] std::optional<BootTime> next_look() const;
    // That read's session. REQUIRES: there is one.
    [[nodiscard]] const SharedSession& next_session() const { return suspects_.front().read.session; }
    void look_again() noexcept;

    // Closes what is open for the session; what was in suspicion is not compared.
    void forget(const ComparedSession& session) noexcept;

 private:
    struct Suspect {
        ComparedRead read{};
        Answer leader{};      // what the leader answered last
        Position position{};  // where it was behind that
        BootTime not_before{0};
        BootTime until{0};  // the replica is waited for
        unsigned looks = 0;
        bool changing = false;
    };

    [[nodiscard]] ComparedNodes& nodes_of(const SharedSession& session);
    // Nothing: the replica is not there yet, or it has to be looked at once more.
    [[nodiscard]] std::optional<Comparison> look(Suspect& suspect);
    // The replica is to apply what the leader has now. False when that cannot be said.
    [[nodiscard]] bool await(Suspect& suspect);

    // The last used at the end.
    std::list<std::pair<SharedSession, std::unique_ptr<ComparedNodes>>> nodes_{};
    std::deque<Suspect> suspects_{};  // in the order in which they are looked at
};

}  // namespace freshread
