// Waiting on a word that several processes share. Source: futex(2).
#pragma once

#include <atomic>
#include <climits>
#include <cstdint>
#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "state/clock.h"

namespace freshread {

// Until the word is woken, is no longer `seen`, or the time is over; also for no reason at all. `bells`: who
// hears only some is woken by one of these, or with all.
inline void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t seen, BootTime most,
                       std::uint32_t bells = FUTEX_BITSET_MATCH_ANY) {
    if (most.count() <= 0) return;
    // The kernel wants the end, on CLOCK_MONOTONIC.
    timespec end{};
    clock_gettime(CLOCK_MONOTONIC, &end);
    constexpr std::int64_t kSecond = 1'000'000'000;
    const std::int64_t nanoseconds = end.tv_nsec + most.count() % kSecond;
    end.tv_sec += static_cast<std::time_t>(most.count() / kSecond + nanoseconds / kSecond);
    end.tv_nsec = nanoseconds % kSecond;
    ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, seen, &end, nullptr, bells);
}

// All that wait for one of these bells, or one of them.
inline void futex_wake(std::atomic<std::uint32_t>& word, std::uint32_t bells) {
    ::syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, INT_MAX, nullptr, nullptr, bells);
}
inline void futex_wake_one(std::atomic<std::uint32_t>& word, std::uint32_t bells) {
    ::syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, 1, nullptr, nullptr, bells);
}

inline void futex_wake_all(std::atomic<std::uint32_t>& word) {
    futex_wake(word, FUTEX_BITSET_MATCH_ANY);
}

}  // namespace freshread
