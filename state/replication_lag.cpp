#include "state/replication_lag.h"

#include <algorithm>

namespace freshread {

namespace {

// What is nearer together says no more.
constexpr BootTime kStep = std::chrono::milliseconds(50);
constexpr std::size_t kMost = 4096;

}  // namespace

void ReplicationLag::leader_was(const Position& position, BootTime at) {
    if (!position.known()) return;
    const bool another = !seen_.empty() && (seen_.back().position.cluster != position.cluster ||
                                            seen_.back().position.timeline != position.timeline);
    if (another) seen_.clear();
    // The newest is always kept, the ones before it thinned out. A leader that stands still has one entry,
    // from when it was first there.
    if (!seen_.empty() && position.lsn <= seen_.back().position.lsn) return;
    if (seen_.size() > 1 && seen_.back().at < seen_[seen_.size() - 2].at + kStep) seen_.pop_back();
    if (seen_.size() == kMost) seen_.pop_front();
    seen_.push_back({position, at});
}

BootTime ReplicationLag::of(const Position& replica, BootTime now) const {
    if (seen_.empty() || !replica.known() || replica.cluster != seen_.back().position.cluster ||
        replica.timeline != seen_.back().position.timeline)
        return BootTime(-1);
    const auto beyond =
        std::ranges::upper_bound(seen_, replica.lsn, {}, [](const Seen& seen) { return seen.position.lsn; });
    return beyond == seen_.end() ? BootTime(0) : std::max(now - beyond->at, BootTime(0));
}

}  // namespace freshread
