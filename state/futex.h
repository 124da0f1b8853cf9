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

// Until the word is woken, is no longer `seen`, or the time is over; also for no reason at all.
inline void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t seen, BootTime most) {
    if (most.count() <= 0) return;
    constexpr std::int64_t kSecond = 1'000'000'000;
    const timespec time{static_cast<std::time_t>(most.count() / kSecond), most.count() % kSecond};
    ::syscall(SYS_futex, &word, FUTEX_WAIT, seen, &time, nullptr, 0);
}

inline void futex_wake_all(std::atomic<std::uint32_t>& word) {
    ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace freshread
