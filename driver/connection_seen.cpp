// Monotonic=: what the session has read on one replica is not undone by its next read on another.
//
//                        a read on R                      another replica than R is to serve
//   +---------------+ --------------> +--------------+ ---------------------------------> +------------+
//   | nothing seen, |                 | read_on_ = R |                                    | left_ is   |
//   | or seen_      | <-------------+ |              | <--------------------------------- | taken      |
//   +---------------+                \+--------------+   R serves again after all         +------------+
//                                     \                                                     |
//                                      '----------------------------------------------------'
//                     a sample of the leader that was begun after it: seen_ is its position
//
// What R has while it is read nobody knows exactly, but the leader has it, too. So the free way is to stay,
// and leaving costs the reads until the leader was sampled once more. With `strict` whatever runs on the
// leader is left at once.
//
// Of reads that run on one connection at the same time none is the earlier one. What OnLag=stale and the hint
// `replica` take is outside of all this.
#include "driver/connection.h"

namespace freshread {

bool Connection::keeps_order() const {
    if (choices_.monotonic == Monotonic::Auto) return positions_ && settings_.monitor && knowledge_;
    return choices_.monotonic != Monotonic::No && knowledge_;
}

bool Connection::prove_seen() {
    const auto leader = knowledge_->sample(kLeader);
    if (!left_ || (leader && leader->ticket.board != left_->board)) left_ = knowledge_->ticket();
    if (!leader || leader->in_recovery || !leader->position.known() || !leader->after(*left_)) {
        knowledge_->want_progress();
        return false;
    }
    seen_ = higher(seen_, leader->position);
    left_.reset();
    return true;
}

Requirement Connection::of_what_was_seen() {
    if (left_ && !read_on_ && !prove_seen()) return Requirement::leader_only(Reason::NotSeenYet);
    if (!seen_.known()) return Requirement::any();
    // What of it outlived a change of the leader, the new one has.
    const auto leader = knowledge_->sample(kLeader);
    if (leader && !leader->in_recovery && leader->position.timeline > seen_.timeline)
        seen_ = leader->position;
    return Requirement::at_least(seen_);
}

Requirement Connection::of_leaving() {
    if (!prove_seen()) return Requirement::leader_only(Reason::NotSeenYet);
    read_on_ = nullptr;
    return Requirement::at_least(seen_);
}

void Connection::reads_on(Backend& backend) {
    left_.reset();
    if (read_on_ == &backend) return;
    // Statements that are settled on another go on there no longer.
    changed();
    read_on_ = &backend;
}

void Connection::read_on_leader() {
    if (!keeps_order()) return;
    read_on_ = nullptr;
    left_ = knowledge_->ticket();
}

void Connection::forget_seen() {
    read_on_ = nullptr;
    left_.reset();
    seen_ = {};
}

}  // namespace freshread
