// The life of a user's writes as one connection makes them (state.md: open, close):
//
//   begin --> mark open --> the write runs --> leave: whoever has a monitor's sample first closes the mark
//                                         \--> end: position asked on the same connection --> mark closed
//                                         \--> it could not be asked, or the connection is still inside a
//                                         transaction:
//                                              mark opened anew and kept; settled at the next chance, or
//                                              closed by others
//
// With Capture=monitor the mark is the process's for this user (state/user_marks.h), with Capture=commit the
// connection's own, and nothing is left.
//
// R1: a call returns success only with its write's position in the store, or with a young mark. R7: a mark
// that could not be stored: with OnStoreDown=error the write is refused, else it is sent. If its position
// cannot be stored either, this connection reads from the leader until it is, and everybody on this host
// until base covers it (state/unrecorded_writes.h).
//
// Not thread-safe: the connection's mutex.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "driver/capture.h"
#include "routing/session.h"
#include "state/knowledge.h"

namespace freshread {

class WriteTracker {
 public:
    WriteTracker() = default;
    ~WriteTracker() { stop(); }
    WriteTracker(const WriteTracker&) = delete;
    WriteTracker& operator=(const WriteTracker&) = delete;

    // `positions`: the engine has positions to capture; without, only the window of the user is kept.
    void start(std::shared_ptr<Knowledge> knowledge, const UserKey& user, bool positions, Capture capture,
               std::chrono::milliseconds window);
    // What is in flight is left as of unknown outcome.
    void stop() noexcept;
    // Of writes from now on.
    void change_window(std::chrono::milliseconds window) { window_ = window; }

    // Before a call that may publish a write is sent. Throws StoreUnavailable when the mark could not be
    // stored.
    void begin();
    // The mark could not be stored, and the write is sent all the same.
    void begin_unmarked() { unsettled_ = unrecorded_ = true; }
    // The write is not sent, or what became of it is not known and nobody will ask.
    void give_up() noexcept;

    // After a call of known outcome, on a connection to this run of the server. True: the mark is left to a
    // monitor. False: the position is to be asked. Never throws.
    [[nodiscard]] bool leave(std::int64_t instance) noexcept;
    // Before the question is sent that gives `end` its position.
    void before_asking() noexcept;
    // After the call: `position` of the leader, asked after the call returned and outside any transaction;
    // nothing when it could not be had, unknown when the engine has none. Never throws.
    void end(const std::optional<Position>& position) noexcept;
    // The effect stands, but the transaction goes on: the mark stays, and is made young.
    void keep() noexcept;
    // What was left to a monitor and is not closed yet is unsettled from now on.
    void take_back() noexcept;
    // As above, if no monitor seems to come.
    void take_back_if_overdue() noexcept;

    // A write's position is not in the store yet: to be asked again when the connection is outside a
    // transaction.
    [[nodiscard]] bool unsettled() const { return unsettled_; }
    // And its mark is not there either: this connection reads from the leader.
    [[nodiscard]] bool unrecorded() const { return unrecorded_; }

 private:
    [[nodiscard]] BootTime pinned_until() const { return boot_now() + window_; }

    std::shared_ptr<Knowledge> knowledge_{};
    std::shared_ptr<UserMark> mark_{};
    bool positions_ = false;
    bool in_flight_ = false;  // one of the mark's writes
    bool left_ = false;
    std::uint64_t returned_ = 0;  // by the mark's count, when the position was asked
    bool unsettled_ = false;
    bool unrecorded_ = false;
    Capture capture_ = Capture::Commit;
    std::chrono::milliseconds window_{0};
};

}  // namespace freshread
