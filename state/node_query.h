// The one question that tells how far a PostgreSQL node has come: the same text for a leader and for a
// replica, asked by the monitor through libpq and by the driver on its own connections.
//
// It must be sent as a statement of its own, after what it is to be "after" has returned; inside a reading
// snapshot the answer would lie. It reads nothing but shared memory and the control file, writes nothing and
// needs no privilege; a role with pg_monitor also sees a replica's timeline while the control file still
// names an older one (which can only understate).
//
// Timeline of a replica: received_tli may be ahead of what is replayed. That is safe: a replica follows that
// timeline's history, so what it has replayed of the parent timeline is a part of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "routing/position.h"
#include "state/clock.h"
#include "state/sample.h"

namespace freshread {

struct NodeRow {
    Sample sample{};
    // Leader: what has reached its disk, page boundary taken down. Enough for a commit that waited for its
    // own flush (synchronous_commit other than off), and it does not wait for what other sessions have not
    // flushed. A replica: the position again.
    Position flushed{};
    std::uint32_t page_size = 0;  // wal_block_size
    // The connection is inside a transaction that began before this statement, or that has written: what ran
    // before on it may not be committed yet, so this position does not cover it.
    bool in_transaction = true;
};

inline constexpr std::size_t kNodeRowColumns = 8;

// One SELECT without a final semicolon, returning one row of kNodeRowColumns columns.
[[nodiscard]] std::string_view node_query();

// The row as text, a null column as an empty text. `begun`: before the query was sent. Nothing when it is not
// a well-formed answer; a row without a known position is well-formed (a replica that has not replayed
// anything yet has Position{} with its cluster).
[[nodiscard]] std::optional<NodeRow> parse_node_row(std::span<const std::string_view> columns,
                                                    BootTime begun);

}  // namespace freshread
