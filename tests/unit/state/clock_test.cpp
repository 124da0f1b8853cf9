#include "state/clock.h"

#include <gtest/gtest.h>

namespace freshread {
namespace {

TEST(Clock, DoesNotGoBack) {
    BootTime last = boot_now();
    for (int round = 0; round < 1000; ++round) {
        const BootTime now = boot_now();
        EXPECT_GE(now, last);
        last = now;
    }
    EXPECT_GT(last.count(), 0);
}

TEST(Clock, NamesTheBoot) {
    EXPECT_EQ(boot_id().size(), 36U);
    EXPECT_EQ(boot_id(), boot_id());
}

}  // namespace
}  // namespace freshread
