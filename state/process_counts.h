// What each process of the account has counted, as the others see it on the board. What the numbers count is
// for whoever writes and reads them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "state/process_identity.h"

namespace freshread {

namespace board_layout {
struct Board;
}

inline constexpr std::size_t kMostCounts = 48;

struct CountsOfProcesses {
    struct One {
        ProcessIdentity process{};
        std::array<std::uint64_t, kMostCounts> counts{};
    };
    std::vector<One> living{};
    // With those that have ended since the board was made.
    std::array<std::uint64_t, kMostCounts> total{};
};

// Of a process the latest numbers stand. One thread of a process at a time. Where there are more processes
// than places, some are not counted.
void publish_counts(board_layout::Board& board, const ProcessIdentity& process,
                    std::span<const std::uint64_t> counts);

[[nodiscard]] CountsOfProcesses read_counts(const board_layout::Board& board);

}  // namespace freshread
