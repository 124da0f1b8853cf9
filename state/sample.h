// A sample: what one node said of itself when it was asked once.
//
// "After" is a number and not a clock: a sample's number is taken from the board before its query is sent,
// and whoever wants one that is after something takes a ticket when that something has ended. A number means
// nothing on another board.
#pragma once

#include <cstdint>

#include "routing/position.h"
#include "state/clock.h"

namespace freshread {

struct SampleTicket {
    std::uint64_t board = 0;  // 0: of none
    std::uint64_t number = 0;

    friend bool operator==(const SampleTicket&, const SampleTicket&) = default;
};

struct Sample {
    BootTime begun{0};         // before the query was sent; for spans, and for the rules of the user table
    bool in_recovery = false;  // pg_is_in_recovery()
    Position position{};       // replica: replayed; leader: insert position, page boundary taken down
    std::int64_t instance =
        0;                   // pg_postmaster_start_time() in microseconds since 1970: which run of the server
    SampleTicket ticket{};   // of the board's monitor; of no board when a connection has asked itself
    BootTime lag{-1};        // how far a replica is behind the leader, at least; below zero: not known
    BootTime caught_up{-1};  // a replica has all that the leader had then; below zero: not known

    // It was sent after the ticket was taken.
    [[nodiscard]] bool after(const SampleTicket& taken) const {
        return ticket.board != 0 && ticket.board == taken.board && ticket.number > taken.number;
    }

    // For a connection to the run `running` of the server, opened when `opened` was taken. Not one of before:
    // while the connection was being made the server may have crashed and started anew, under the same
    // postmaster, with less replayed than a sample of that time says.
    [[nodiscard]] bool counts_for(std::int64_t running, const SampleTicket& opened) const;
};

}  // namespace freshread
