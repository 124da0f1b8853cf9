// The router: from a requirement and what is known of the replicas to a node and a reason. Pure; the caller
// brings the randomness.
#pragma once

#include <cstdint>
#include <span>

#include "routing/requirement.h"

namespace freshread {

// A replica as one connection sees it.
struct Candidate {
    NodeId node = 0;
    bool in_service = false;  // not avoided after a failure, not known to be something other than a replica
    bool open = false;        // this connection has it open
    bool too_far = false;     // behind the leader by more than may be: serves nobody, whatever is required
    bool last_used = false;   // served this session's previous read: open, prepared, monotonic for free
    unsigned weight = 1;
    Position position{};  // the highest this connection may believe; unknown: it has to be asked
};

struct Decision {
    // Use: run it there. Ask: nobody known qualifies, but this node has not been asked by this connection
    // yet: open it, ask for its position and route again.
    enum class Step : std::uint8_t { Use, Ask };
    Step step = Step::Use;
    NodeId node = kLeader;
    Reason reason = Reason::NoReplicas;
};

// Prefers the replica this session used last, else a weighted random choice of those that satisfy the
// requirement, open ones and others alike for `Any`; nodes whose position is unknown are asked only when no
// known one satisfies it. `random`: any 64 random bits.
[[nodiscard]] Decision route(const Requirement& requirement, std::span<const Candidate> candidates,
                             std::uint64_t random);

}  // namespace freshread
