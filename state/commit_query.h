// The short form of the node query (state/node_query.h): how far the leader's log has come, asked on a
// connection right behind a commit made there. It runs once per write, so it asks only for what can have
// changed since the connection was opened, and drivers that read through every statement's text have little
// to read.
//
// Sent as a statement of its own after the commit has returned. In recovery both functions fail: an answer at
// all proves that the server is a leader. Source: PostgreSQL documentation, "System Administration Functions"
// (backup control functions).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "routing/position.h"

namespace freshread {

struct CommitRow {
    Position position{};         // the insert position, page boundary taken down
    bool in_transaction = true;  // as in NodeRow
};

inline constexpr std::size_t kCommitRowColumns = 3;

[[nodiscard]] std::string_view commit_query();

// `cluster` and `page_size`: of the connection, from its first NodeRow. Nothing when the row is not
// well-formed.
[[nodiscard]] std::optional<CommitRow> parse_commit_row(std::span<const std::string_view> columns,
                                                        std::uint64_t cluster, std::uint32_t page_size);

}  // namespace freshread
