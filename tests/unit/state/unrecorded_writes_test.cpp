#include "state/unrecorded_writes.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace freshread {
namespace {

constexpr BootTime kEarly{1000};
constexpr BootTime kLate{2000};

class Unrecorded : public testing::Test {
 protected:
    board_layout::Unrecorded places_{};
    const UnrecordedWrites writes_{places_};
};

TEST_F(Unrecorded, AreOfOneTable) {
    EXPECT_FALSE(writes_.last(1));
    ASSERT_TRUE(writes_.note(1, kEarly));
    EXPECT_EQ(writes_.last(1), kEarly);
    EXPECT_FALSE(writes_.last(2));
    ASSERT_TRUE(writes_.note(2, kLate));
    writes_.settle(1, kEarly);
    EXPECT_FALSE(writes_.last(1));
    EXPECT_EQ(writes_.last(2), kLate);
}

TEST_F(Unrecorded, TheLastCounts) {
    ASSERT_TRUE(writes_.note(1, kLate));
    ASSERT_TRUE(writes_.note(1, kEarly));
    EXPECT_EQ(writes_.last(1), kLate);
}

TEST_F(Unrecorded, OneThatCameSinceIsNotSettled) {
    ASSERT_TRUE(writes_.note(1, kEarly));
    ASSERT_TRUE(writes_.note(1, kLate));
    writes_.settle(1, kEarly);
    EXPECT_EQ(writes_.last(1), kLate);
}

TEST_F(Unrecorded, ThereIsNoPlaceForOneTableTooMany) {
    for (std::uint64_t table = 1; table <= places_.size(); ++table) EXPECT_TRUE(writes_.note(table, kEarly));
    EXPECT_FALSE(writes_.note(places_.size() + 1, kEarly));
    EXPECT_FALSE(writes_.last(places_.size() + 1));
    EXPECT_EQ(writes_.last(places_.size()), kEarly);
}

// A damaged board must not keep everybody on the leader until the next boot.
TEST_F(Unrecorded, ATimeThatIsNotYetCountsAsNow) {
    const BootTime now = boot_now();
    ASSERT_TRUE(writes_.note(1, now + std::chrono::hours(1)));
    const auto last = writes_.last(1);
    ASSERT_TRUE(last);
    EXPECT_GE(*last, now);
    EXPECT_LE(*last, boot_now());
    writes_.settle(1, *last);
    EXPECT_FALSE(writes_.last(1));
}

TEST_F(Unrecorded, ThreadsFindTheSamePlace) {
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&, thread] {
            for (int i = 1; i <= 1000; ++i) EXPECT_TRUE(writes_.note(7, BootTime(i * 4 + thread)));
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(writes_.last(7), BootTime(4003));
    writes_.settle(7, BootTime(4003));
    EXPECT_FALSE(writes_.last(7));
}

}  // namespace
}  // namespace freshread
