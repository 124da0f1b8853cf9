// The leases that one monitor holds, of the nodes it knows: those that nobody else samples.
//
// Not thread-safe: one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "state/board.h"

namespace freshread {

class HeldLeases {
 public:
    HeldLeases(std::shared_ptr<const Board> board, const Holder& holder)
        : board_(std::move(board)), holder_(holder), held_(board_->nodes()) {}

    [[nodiscard]] const std::shared_ptr<const Board>& board() const { return board_; }
    // Takes those that are free. True when it holds any then.
    bool take_free(BootTime now);
    // The heart beats; what another has taken is lost.
    void beat(BootTime now);
    void release_all();
    [[nodiscard]] std::optional<Lease::Incarnation> of(NodeId node) const { return held_.at(node); }
    // From now on nobody's catalog of relations is asked about.
    void give_up_database();

 private:
    std::shared_ptr<const Board> board_;
    Holder holder_;
    std::vector<std::optional<Lease::Incarnation>> held_;
};

}  // namespace freshread
