// Waits for a condition that another thread or process brings about. No test depends on how long that takes.
#pragma once

#include <chrono>
#include <thread>

#include "state/clock.h"

namespace freshread {

template <typename Condition>
[[nodiscard]] bool eventually(Condition condition) {
    const BootTime deadline = boot_now() + std::chrono::seconds(30);
    while (!condition()) {
        if (boot_now() >= deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

}  // namespace freshread
