// What a thread has used of a processor: on a busy machine it tells more than the time that went by.
#pragma once

#include <chrono>
#include <ctime>

namespace freshread {

// Of the calling thread.
[[nodiscard]] inline std::chrono::nanoseconds processor_time() {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace freshread
