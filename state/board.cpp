#include "state/board.h"

namespace freshread {

void Board::publish(NodeId node, const Sample& sample) {
    const std::scoped_lock lock(mutex_);
    samples_.at(node) = sample;
}

void Board::forget(NodeId node) {
    const std::scoped_lock lock(mutex_);
    samples_.at(node).reset();
}

std::optional<Sample> Board::sample(NodeId node) const {
    const std::scoped_lock lock(mutex_);
    if (node >= samples_.size()) return std::nullopt;
    return samples_[node];
}

std::size_t Board::nodes() const {
    return samples_.size();
}

}  // namespace freshread
