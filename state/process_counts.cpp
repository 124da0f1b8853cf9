#include "state/process_counts.h"

#include <algorithm>

#include "state/board_layout.h"

namespace freshread {

namespace {

static_assert(kMostCounts == board_layout::kCounts);

using board_layout::Process;

ProcessIdentity identity_of(const Process& place) {
    return {place.process.load(), place.started.load(), place.process_namespace.load()};
}

void settle_in(Process& place, const ProcessIdentity& process) {
    place.started.store(process.started);
    place.process_namespace.store(process.pid_namespace);
}

// The place of the process: its own, a free one, or that of one that has ended, whose counts stay in the
// total.
Process* place_of(board_layout::Board& board, const ProcessIdentity& process) {
    for (Process& place : board.processes) {
        std::uint64_t free = 0;
        if (identity_of(place) == process) return &place;
        if (place.process.compare_exchange_strong(free, process.process)) {
            settle_in(place, process);
            return &place;
        }
    }
    for (Process& place : board.processes) {
        const ProcessIdentity other = identity_of(place);
        std::uint64_t number = other.process;
        if (may_live(other) || !place.process.compare_exchange_strong(number, process.process)) continue;
        settle_in(place, process);
        for (std::size_t i = 0; i < kMostCounts; ++i) board.ended[i].fetch_add(place.counts[i].exchange(0));
        return &place;
    }
    return nullptr;
}

}  // namespace

void publish_counts(board_layout::Board& board, const ProcessIdentity& process,
                    std::span<const std::uint64_t> counts) {
    Process* const place = place_of(board, process);
    if (!place) return;
    for (std::size_t i = 0; i < std::min(counts.size(), kMostCounts); ++i) place->counts[i].store(counts[i]);
}

CountsOfProcesses read_counts(const board_layout::Board& board) {
    CountsOfProcesses all;
    for (std::size_t i = 0; i < kMostCounts; ++i) all.total.at(i) = board.ended[i].load();
    for (const Process& place : board.processes) {
        CountsOfProcesses::One one{identity_of(place), {}};
        if (one.process.process == 0) break;
        for (std::size_t i = 0; i < kMostCounts; ++i) {
            one.counts.at(i) = place.counts[i].load();
            all.total.at(i) += one.counts.at(i);
        }
        if (may_live(one.process)) all.living.push_back(one);
    }
    return all;
}

}  // namespace freshread
