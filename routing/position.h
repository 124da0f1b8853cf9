// A Position says how far a database node has come, or how far a node must have come before it may serve a
// read.
//
// It is a value: PostgreSQL positions are (system identifier, timeline, LSN). The order is (timeline, LSN);
// "is this node far enough" is not that order but `satisfies`, because an LSN means nothing on another
// timeline or in another cluster. An unknown position is older than every other and satisfies nothing.
//
// Sources: PostgreSQL documentation, "System Administration Functions" (pg_current_wal_insert_lsn,
// pg_last_wal_replay_lsn) and "WAL Internals".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freshread {

// Index of a node of one connection's configuration: 0 is the leader, 1.. are the replicas in the order of
// `Replicas=`.
using NodeId = std::uint8_t;
inline constexpr NodeId kLeader = 0;

struct Position {
    std::uint64_t cluster = 0;   // PostgreSQL system identifier; 0: unknown
    std::uint32_t timeline = 0;  // 0: unknown
    std::uint64_t lsn = 0;       // byte offset in the WAL

    [[nodiscard]] bool known() const { return cluster != 0 && timeline != 0; }
    friend bool operator==(const Position&, const Position&) = default;
};

// True when a node at `have` contains everything up to `need`. Another cluster or another timeline never
// satisfies.
[[nodiscard]] bool satisfies(const Position& have, const Position& need);

// The higher of two positions of one cluster by (timeline, LSN); the known one when only one is known.
// Of two clusters, `b` wins: the caller has just learnt it, and what belongs to `a` satisfies nothing there.
[[nodiscard]] Position higher(const Position& a, const Position& b);

// "16/B374D848" to bytes; nothing when the text is not an LSN.
[[nodiscard]] std::optional<std::uint64_t> parse_lsn(std::string_view text);
[[nodiscard]] std::string format_lsn(std::uint64_t lsn);
// For people: "16/B374D848 on timeline 3".
[[nodiscard]] std::string shown(const Position& position);

// An insert position that stands right behind a page header (24 bytes, 40 at the start of a segment) is past
// anything replay will report while the system is idle: it is taken down to the start of its page. No record
// is shorter than 24 bytes, so no commit can end inside those 40 bytes and be missed. `page_size` is
// `wal_block_size`, a power of two.
[[nodiscard]] std::uint64_t round_down_to_page(std::uint64_t lsn, std::uint32_t page_size);

// The timeline in the name of a WAL file: its first eight hexadecimal digits.
[[nodiscard]] std::optional<std::uint32_t> timeline_of_walfile(std::string_view name);

}  // namespace freshread
