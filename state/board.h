// The board: the last sample of every node, as the monitor saw it. Written by the monitor, read by everybody.
// Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "routing/position.h"
#include "state/clock.h"

namespace freshread {

struct Sample {
    BootTime begun{0};  // before the query was sent: the sample is "after" everything that ended earlier
    bool in_recovery = false;  // pg_is_in_recovery()
    Position position{};       // replica: replayed; leader: insert position, page boundary taken down
    std::int64_t instance =
        0;  // pg_postmaster_start_time() in microseconds since 1970: which run of the server
};

class Board {
 public:
    explicit Board(std::size_t nodes) : samples_(nodes) {}

    void publish(NodeId node, const Sample& sample);
    // The node could not be asked: what was known of it is no longer believed.
    void forget(NodeId node);
    // Nothing for a node the board does not have.
    [[nodiscard]] std::optional<Sample> sample(NodeId node) const;
    [[nodiscard]] std::size_t nodes() const;

 private:
    mutable std::mutex mutex_;
    std::vector<std::optional<Sample>> samples_;
};

}  // namespace freshread
