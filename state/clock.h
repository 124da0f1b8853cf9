// CLOCK_BOOTTIME: the one clock of state/. It goes on while the machine sleeps, is never set, and is the same
// for every process of the host. Values of different boots must not be compared (boot_id() tells boots
// apart).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace freshread {

using BootTime = std::chrono::nanoseconds;  // since boot

[[nodiscard]] BootTime boot_now();

// A time as a word of a file or of memory that processes share, and back.
[[nodiscard]] constexpr std::uint64_t word_of(BootTime time) {
    return static_cast<std::uint64_t>(time.count());
}
[[nodiscard]] constexpr BootTime boot_time_of(std::uint64_t word) {
    return BootTime(static_cast<BootTime::rep>(word));
}

// A clock for spans within one process that costs next to nothing and is exact to some milliseconds. It has
// nothing to do with boot_now().
[[nodiscard]] BootTime coarse_now();

// /proc/sys/kernel/random/boot_id; empty when it cannot be read.
[[nodiscard]] std::string boot_id();

}  // namespace freshread
