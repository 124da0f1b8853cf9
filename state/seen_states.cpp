#include "state/seen_states.h"

#include <tuple>

namespace freshread {

namespace {

bool lower(const Position& one, const Position& other) {
    return std::tie(one.timeline, one.lsn) < std::tie(other.timeline, other.lsn);
}

}  // namespace

SeenStates::Moment SeenStates::now() const {
    const std::scoped_lock lock(mutex_);
    return last_;
}

SeenStates::Verdict SeenStates::notice(const TableHead& head, Moment begun) {
    const std::scoped_lock lock(mutex_);
    const bool another = head.id != head_.id;
    if ((another || lower(head.base, head_.base)) && head_seen_ > begun) return Verdict::Overtaken;
    if (!another && lower(head.base, head_.base)) return Verdict::PutBack;
    remember(head);
    return Verdict::Newest;
}

SeenStates::Verdict SeenStates::notice(const State& state, Moment begun) {
    const std::scoped_lock lock(mutex_);
    if (state.table != head_.id) return Verdict::Overtaken;
    const auto seen = buckets_.find(state.bucket);
    if (seen != buckets_.end() && state.revision < seen->second.revision)
        return seen->second.moment > begun ? Verdict::Overtaken : Verdict::PutBack;
    remember(state);
    return Verdict::Newest;
}

void SeenStates::wrote(const TableHead& head) {
    const std::scoped_lock lock(mutex_);
    remember(head);
}

void SeenStates::wrote(const State& state) {
    const std::scoped_lock lock(mutex_);
    if (state.table == head_.id) remember(state);
}

void SeenStates::remember(const TableHead& head) {
    if (head == head_) return;
    if (head.id != head_.id) buckets_.clear();
    head_ = head;
    head_seen_ = ++last_;
}

void SeenStates::remember(const State& state) {
    constexpr std::size_t kMost = 4096;
    if (buckets_.size() >= kMost) buckets_.clear();
    Seen& seen = buckets_[state.bucket];
    if (state.revision > seen.revision) seen = {state.revision, ++last_};
}

}  // namespace freshread
