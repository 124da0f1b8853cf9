// How long ago the leader was where a replica is now: from the leader's samples of the last minutes, and, the
// more coarsely the older they are, of the time before.
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
    // The latest time at which the replica is known to have all that the leader had then; below zero when
    // nothing is known.
    [[nodiscard]] BootTime caught_up(const Position& replica) const;

 private:
    // The leader was there from `at` on, and still was at `until`.
    struct Seen {
        Position position{};
        BootTime at{0};
        BootTime until{0};
    };
    using Seens = std::deque<Seen>;

    [[nodiscard]] bool comparable(const Position& replica) const;
    // The first one that the replica does not have.
    [[nodiscard]] Seens::const_iterator beyond(const Position& replica) const;
    void make_room();

    Seens seen_{};  // positions and times rise
};

}  // namespace freshread
