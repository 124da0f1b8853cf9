// What tests/driver/overlap_driver.cpp saw: the highest number of calls at once.
#pragma once

#include <atomic>

struct Overlaps {
    std::atomic<int> statement{0};   // on one statement
    std::atomic<int> connection{0};  // on one connection and its statements
    std::atomic<int> library{0};     // on anything
    std::atomic<int> blocked{0};     // waiting to be cancelled now
    std::atomic<int> resets{0};      // SQL_ATTR_RESET_CONNECTION, which this driver knows
};

// Exported by the driver: the one object of the process.
extern "C" Overlaps* overlaps_seen();
