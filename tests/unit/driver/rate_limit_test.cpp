#include "driver/rate_limit.h"

#include <gtest/gtest.h>

namespace freshread {
namespace {

TEST(RateLimit, so_many_in_each_second) {
    using std::chrono::milliseconds;
    RateLimit limit;
    const auto take_at = [&](int ms) { return limit.take(2, BootTime(milliseconds(ms))); };
    EXPECT_TRUE(take_at(5'000));
    EXPECT_TRUE(take_at(5'999));
    EXPECT_FALSE(take_at(5'999));
    EXPECT_TRUE(take_at(6'000));
    EXPECT_TRUE(take_at(6'000));
    EXPECT_FALSE(take_at(6'500));
    EXPECT_TRUE(take_at(9'000));
}

TEST(RateLimit, zero_is_none) {
    RateLimit limit;
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(limit.take(0, BootTime(0)));
}

}  // namespace
}  // namespace freshread
