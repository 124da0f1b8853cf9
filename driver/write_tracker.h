// The life of a user's writes as one connection makes them (state.md: open, close), with Capture=commit:
//
//   begin --> mark open --> the write runs --> settle: position asked on the same connection --> mark closed
//                                         \--> it could not be asked, or the connection is still inside a
//                                         transaction:
//                                              mark opened anew and kept; settled at the next chance, or
//                                              closed by others
//
// R1: a call returns success only with its write's position in the store, or with a young mark. R7: a mark
// that could not be stored: with OnStoreDown=error the write is refused, else it is sent and this connection
// reads from the leader until the store has its position.
//
// Not thread-safe: the connection's mutex.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

#include "routing/session.h"
#include "state/knowledge.h"

namespace freshread {

class WriteTracker {
 public:
    // `positions`: the engine has positions to capture; without, only the window of the user is kept.
    void start(std::shared_ptr<Knowledge> knowledge, const UserKey& user, bool positions,
               std::chrono::milliseconds window);
    void stop();
    // Of writes from now on.
    void change_window(std::chrono::milliseconds window) { window_ = window; }
    [[nodiscard]] bool active() const { return knowledge_ != nullptr; }

    // What the store knows of the user. Throws StoreUnavailable.
    [[nodiscard]] UserLook look() const { return knowledge_->look(user_); }

    // Before a call that may publish a write is sent. Throws StoreUnavailable when the mark could not be
    // stored.
    void begin();
    // The mark could not be stored, and the write is sent all the same.
    void begin_unmarked() { unsettled_ = unrecorded_ = true; }

    // After the call: `position` of the leader, asked after the call returned and outside any transaction;
    // nothing when it could not be had, unknown when the engine has none. Never throws.
    void end(const std::optional<Position>& position) noexcept;
    // The effect stands, but the transaction goes on: the mark stays, and is made young.
    void keep() noexcept;

    // A write's position is not in the store yet: to be asked again when the connection is outside a
    // transaction.
    [[nodiscard]] bool unsettled() const { return unsettled_.load(std::memory_order_relaxed); }
    // And its mark is not there either: this connection reads from the leader.
    [[nodiscard]] bool unrecorded() const { return unrecorded_; }
    [[nodiscard]] bool wants_position() const { return positions_; }

 private:
    std::shared_ptr<Knowledge> knowledge_{};
    UserKey user_{};
    WriterId writer_ = 0;
    std::uint64_t sequence_ = 0;
    bool positions_ = false;
    std::atomic<bool> unsettled_{
        false};  // also looked at without the connection's mutex, before an execution
    bool unrecorded_ = false;
    std::chrono::milliseconds window_{0};
};

}  // namespace freshread
