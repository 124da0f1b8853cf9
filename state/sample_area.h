// A sample in its area of the board: a seqlock of atomics, written by the incarnation whose area it is.
//
// A reader never sees half a sample: a digest over all of it, and over whose it is, tells even what two
// writers made of one area (an incarnation that was resumed eight takeovers later).
#pragma once

#include <cstdint>
#include <optional>

#include "state/board_layout.h"
#include "state/lease.h"
#include "state/sample.h"

namespace freshread {

// Nothing: the node cannot be asked. One thread per incarnation.
void publish_sample(board_layout::Area& area, Lease::Incarnation incarnation,
                    const std::optional<Sample>& sample);

// Nothing when there is none, it is of another incarnation, or it was being written eight times over. Without
// the board's identity in its ticket.
// The last that was published is that the node could not be asked.
[[nodiscard]] bool says_lost(const board_layout::Area& area, Lease::Incarnation incarnation);
[[nodiscard]] std::optional<Sample> read_sample(const board_layout::Area& area,
                                                Lease::Incarnation incarnation);

}  // namespace freshread
