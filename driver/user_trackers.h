// The writes of one connection, by user. An application server changes users between statements, so writes of
// several may wait to be settled at a time: each user has a tracker of its own (driver/write_tracker.h).
//
// A transaction carries every user that was in force during it: what it publishes is marked for all of them.
//
// Not thread-safe but for `unsettled`: the connection's mutex.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "driver/write_tracker.h"

namespace freshread {

class UserTrackers {
 public:
    // `positions`: the engine has positions to capture; without, only the window of the user is kept.
    void start(std::shared_ptr<Knowledge> knowledge, bool positions, Capture capture,
               std::chrono::milliseconds window);
    void stop();
    [[nodiscard]] bool active() const { return knowledge_ != nullptr; }
    // Of writes from now on.
    void change_window(std::chrono::milliseconds window);

    // What the store knows of the user. Throws StoreUnavailable.
    [[nodiscard]] UserLook look(const UserKey& user) const { return knowledge_->look(user); }

    // A statement is executed for the user, who has a part in the transaction from now on.
    void take_part(const UserKey& user);
    // No transaction is open.
    void end_of_transaction() { transaction_.clear(); }

    // Before a call that may publish a write of the user is sent; `for_all`: and of all who have a part in
    // the transaction. Throws StoreUnavailable when a mark could not be stored.
    void begin(const UserKey& user, bool for_all);
    // The marks could not be stored, and the write is sent all the same.
    void begin_unmarked();
    // Nor is the write sent.
    void refuse() noexcept;
    // After the call, as WriteTracker. Whatever else waits for a position is settled with it. Whoever waited
    // for data meanwhile may have been ended by another: then nobody knows whose it was, and it counts for
    // all.
    [[nodiscard]] bool leave(std::int64_t instance) noexcept;
    void before_asking() noexcept;
    void end(const std::optional<Position>& position) noexcept;
    void keep() noexcept;
    // What was left, as WriteTracker.
    void take_back() noexcept;
    void take_back_if_overdue() noexcept;

    // A write's position is not in the store yet: to be asked again when the connection is outside a
    // transaction.
    [[nodiscard]] bool unsettled() const { return unsettled_.load(std::memory_order_relaxed); }
    // And its mark is not there either: this connection reads from the leader.
    [[nodiscard]] bool unrecorded() const { return unrecorded_; }
    [[nodiscard]] bool wants_position() const { return positions_; }

 private:
    struct Entry {
        UserKey user{};
        bool writing = false;  // between begin and what ends it
        std::unique_ptr<WriteTracker> tracker{};
    };

    [[nodiscard]] Entry& entry_of(const UserKey& user);
    [[nodiscard]] bool writing() const noexcept;
    void ended() noexcept;
    void note_unsettled() noexcept;

    std::shared_ptr<Knowledge> knowledge_{};
    bool positions_ = false;
    Capture capture_ = Capture::Commit;
    std::chrono::milliseconds window_{0};
    std::vector<Entry> entries_{};
    std::vector<UserKey> transaction_{};  // who has a part in the one that is open
    std::atomic<bool> unsettled_{false};  // also looked at without the connection's mutex
    bool unrecorded_ = false;
};

}  // namespace freshread
