// The turns of all who want to change one file: in memory that their processes share
// (state/shared_segment.h), named by `<file>-turns-*`. Where there can be none, or others have another, only
// the order between processes is lost, not that within this one.
//
// Thread-safe. Not to be used in a forked child.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "state/clock.h"
#include "state/shared_segment.h"
#include "state/turns.h"

namespace freshread {

class SharedTurns {
 public:
    // Touches nothing yet. `lock`: under which the memory is made.
    SharedTurns(std::string file, std::string lock);
    SharedTurns(const SharedTurns&) = delete;
    SharedTurns& operator=(const SharedTurns&) = delete;

    // Had until it goes or is ended.
    class Turn {
     public:
        Turn(Turn&&) noexcept = default;
        Turn& operator=(Turn&&) = delete;
        ~Turn() { end(); }
        // True if somebody waits for the next.
        bool end() {
            const auto words = std::exchange(words_, nullptr);
            return words && Turns(*words).release(number_);
        }

     private:
        friend class SharedTurns;
        Turn(std::shared_ptr<Turns::Words> words, Turns::Number number)
            : words_(std::move(words)), number_(number) {}
        std::shared_ptr<Turns::Words> words_;  // null: ended, or given on
        Turns::Number number_;
    };
    // Throws StoreUnavailable at the deadline.
    [[nodiscard]] Turn take(BootTime deadline);
    [[nodiscard]] bool free() { return Turns(*words()).free(); }

 private:
    [[nodiscard]] std::shared_ptr<Turns::Words> words();

    const std::string stem_;
    const std::string lock_;
    std::mutex mutex_;
    std::shared_ptr<SharedSegment> segment_{};  // null: not found yet
    std::shared_ptr<Turns::Words> own_{};       // while there is no other
    BootTime look_again_{0};
};

}  // namespace freshread
