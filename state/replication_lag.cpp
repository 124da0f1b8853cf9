#include "state/replication_lag.h"

#include <algorithm>
#include <iterator>

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
    // The newest is always kept, the ones before it thinned out. A leader that stands still has one entry.
    if (!seen_.empty() && position.lsn <= seen_.back().position.lsn) {
        if (position.lsn == seen_.back().position.lsn) seen_.back().until = std::max(seen_.back().until, at);
        return;
    }
    if (seen_.size() > 1 && seen_.back().until < seen_[seen_.size() - 2].at + kStep) seen_.pop_back();
    if (seen_.size() == kMost) make_room();
    seen_.push_back({position, at, at});
}

// Of the older half every second one goes.
void ReplicationLag::make_room() {
    constexpr std::ptrdiff_t kHalf = kMost / 2;
    for (std::size_t kept = 0; kept < kHalf / 2; ++kept) seen_[kept] = seen_[2 * kept];
    seen_.erase(seen_.begin() + kHalf / 2, seen_.begin() + kHalf);
}

bool ReplicationLag::comparable(const Position& replica) const {
    return !seen_.empty() && replica.known() && replica.cluster == seen_.back().position.cluster &&
           replica.timeline == seen_.back().position.timeline;
}

ReplicationLag::Seens::const_iterator ReplicationLag::beyond(const Position& replica) const {
    return std::ranges::upper_bound(seen_, replica.lsn, {},
                                    [](const Seen& seen) { return seen.position.lsn; });
}

BootTime ReplicationLag::of(const Position& replica, BootTime now) const {
    if (!comparable(replica)) return BootTime(-1);
    const auto first = beyond(replica);
    return first == seen_.end() ? BootTime(0) : std::max(now - first->at, BootTime(0));
}

BootTime ReplicationLag::caught_up(const Position& replica) const {
    if (!comparable(replica)) return BootTime(-1);
    const auto first = beyond(replica);
    return first == seen_.begin() ? BootTime(-1) : std::prev(first)->until;
}

}  // namespace freshread
