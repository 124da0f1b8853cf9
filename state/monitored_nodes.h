// Which nodes are sampled, and how often.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace freshread {

// libpq parameters of one node: keyword and value ("host", "port", "dbname", "user", "password", "sslmode"
// ...).
using ConnectionParameters = std::vector<std::pair<std::string, std::string>>;

struct MonitoredNodes {
    std::vector<ConnectionParameters> nodes{};  // index: NodeId; node 0 is the leader
    std::chrono::milliseconds fast{10};         // while somebody waits for progress
    std::chrono::milliseconds slow{1000};
};

}  // namespace freshread
