// What is known of the nodes of a connection: for people, in `freshread status` and SHOW freshread.nodes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "driver/connection.h"

namespace freshread {

struct NodeStatus {
    std::string name{};
    std::string role{"unknown"};
    std::optional<Position> position{};
    std::optional<std::uint64_t> lag_bytes{};
    std::optional<double> lag_seconds{};
    std::optional<double> sampled_seconds_ago{};
    std::optional<std::uint64_t> monitor{};  // its process
};

// The leader first. As the board has it, else as the connection has learnt it, without asking anybody.
[[nodiscard]] std::vector<NodeStatus> status_of_nodes(Connection& connection);

}  // namespace freshread
