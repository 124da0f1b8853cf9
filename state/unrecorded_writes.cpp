#include "state/unrecorded_writes.h"

namespace freshread {

// Places are taken in their order and never given back: behind a free one there is none.
board_layout::Word* UnrecordedWrites::find(std::uint64_t table) const {
    for (auto& place : *places_) {
        const std::uint64_t taken = place.table.load();
        if (taken == table) return &place.last;
        if (taken == 0) break;
    }
    return nullptr;
}

bool UnrecordedWrites::note(std::uint64_t table, BootTime returned) const {
    const auto when = static_cast<std::uint64_t>(returned.count());
    for (auto& place : *places_) {
        std::uint64_t taken = 0;
        if (!place.table.compare_exchange_strong(taken, table) && taken != table) continue;
        for (std::uint64_t last = place.last.load(); last < when;)
            if (place.last.compare_exchange_weak(last, when)) break;
        return true;
    }
    return false;
}

std::optional<BootTime> UnrecordedWrites::last(std::uint64_t table) const {
    board_layout::Word* const word = find(table);
    if (word == nullptr) return std::nullopt;
    std::uint64_t last = word->load();
    if (last == 0) return std::nullopt;
    // What is ahead of the clock was never written by anybody.
    const auto now = static_cast<std::uint64_t>(boot_now().count());
    if (last > now && word->compare_exchange_strong(last, now)) last = now;
    return BootTime(static_cast<BootTime::rep>(last));
}

void UnrecordedWrites::settle(std::uint64_t table, BootTime last) const {
    auto found = static_cast<std::uint64_t>(last.count());
    if (board_layout::Word* const word = find(table)) word->compare_exchange_strong(found, 0);
}

}  // namespace freshread
