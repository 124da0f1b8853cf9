// So many in a second, counted by whole seconds.
//
// Thread-safe, without a lock.
#pragma once

#include <atomic>
#include <cstdint>

#include "state/clock.h"

namespace freshread {

class RateLimit {
 public:
    // One more in the second of `now`. False when there were as many as `most` already; zero: no limit.
    [[nodiscard]] bool take(std::uint32_t most, BootTime now) {
        if (most == 0) return true;
        const auto second =
            static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
        std::uint64_t word = word_.load(std::memory_order_relaxed);
        while (true) {
            const std::uint64_t taken = word >> kCountBits == second ? word & kCount : 0;
            if (taken >= most) return false;
            if (word_.compare_exchange_weak(word, second << kCountBits | (taken + 1),
                                            std::memory_order_relaxed))
                return true;
        }
    }

 private:
    static constexpr int kCountBits = 24;
    static constexpr std::uint64_t kCount = (std::uint64_t{1} << kCountBits) - 1;

    std::atomic<std::uint64_t> word_{0};  // the second, and how many it had
};

}  // namespace freshread
