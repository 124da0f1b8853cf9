// How long ago the leader was where a replica is now: from the leader's samples of the last minutes.
//
// Not thread-safe.
#pragma once

#include <deque>

#include "routing/position.h"
#include "state/clock.h"

namespace freshread {

class ReplicationLag {
 public:
    void leader_was(const Position& position, BootTime at);
    // For how long at least the replica has been behind; zero when it is not, as far as is known; below zero
    // when nothing is known.
    [[nodiscard]] BootTime of(const Position& replica, BootTime now) const;

 private:
    struct Seen {
        Position position{};
        BootTime at{0};
    };
    std::deque<Seen> seen_{};  // positions and times rise
};

}  // namespace freshread
