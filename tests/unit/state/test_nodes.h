// The servers that tests/cluster started, if it did: FRESHREAD_TEST_LEADER, FRESHREAD_TEST_REPLICA1 ... are
// libpq connection strings.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <libpq-fe.h>

#include "state/monitored_nodes.h"

namespace freshread {

[[nodiscard]] inline ConnectionParameters parameters_of(const std::string& conninfo) {
    ConnectionParameters parameters;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
        PQconninfoParse(conninfo.c_str(), nullptr), &PQconninfoFree);
    for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr;
         ++option) {
        if (option->val != nullptr) parameters.emplace_back(option->keyword, option->val);
    }
    return parameters;
}

// Leader first; empty when no servers were started.
[[nodiscard]] inline std::vector<ConnectionParameters> test_nodes() {
    std::vector<ConnectionParameters> nodes;
    const char* conninfo = std::getenv("FRESHREAD_TEST_LEADER");  // NOLINT(concurrency-mt-unsafe)
    for (int replica = 1; conninfo != nullptr; ++replica) {
        nodes.push_back(parameters_of(conninfo));
        const std::string name = "FRESHREAD_TEST_REPLICA" + std::to_string(replica);
        conninfo = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
    }
    return nodes;
}

}  // namespace freshread
