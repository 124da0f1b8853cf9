// CLOCK_BOOTTIME: the one clock of state/. It goes on while the machine sleeps, is never set, and is the same
// for every process of the host. Values of different boots must not be compared (boot_id() tells boots
// apart).
#pragma once

#include <chrono>
#include <string>

namespace freshread {

using BootTime = std::chrono::nanoseconds;  // since boot

[[nodiscard]] BootTime boot_now();

// A clock for spans within one process that costs next to nothing and is exact to some milliseconds. It has
// nothing to do with boot_now().
[[nodiscard]] BootTime coarse_now();

// /proc/sys/kernel/random/boot_id; empty when it cannot be read.
[[nodiscard]] std::string boot_id();

}  // namespace freshread
