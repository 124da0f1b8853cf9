#include "state/replication_lag.h"

#include <gtest/gtest.h>

namespace freshread {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Position leader_at(std::uint64_t lsn, std::uint32_t timeline = 1) {
    return {7, timeline, lsn};
}

TEST(ReplicationLag, IsTheTimeSinceTheLeaderWasFurther) {
    ReplicationLag lag;
    EXPECT_LT(lag.of(leader_at(1), seconds(1)), BootTime(0)) << "nothing is known";
    for (int second = 1; second <= 10; ++second)
        lag.leader_was(leader_at(static_cast<std::uint64_t>(second) * 100), seconds(second));
    EXPECT_EQ(lag.of(leader_at(1000), seconds(10)), BootTime(0));
    EXPECT_EQ(lag.of(leader_at(2000), seconds(10)), BootTime(0)) << "the leader's sample is the older one";
    EXPECT_EQ(lag.of(leader_at(999), seconds(10)), BootTime(0)) << "the leader has just got there";
    EXPECT_EQ(lag.of(leader_at(500), seconds(10)), seconds(4)) << "it was at 600 at second 6";
    EXPECT_EQ(lag.of(leader_at(1), seconds(10)), seconds(9)) << "at least";
    EXPECT_LT(lag.of(leader_at(500, 2), seconds(10)), BootTime(0));
}

TEST(ReplicationLag, ALeaderThatStandsStillMakesNobodyLate) {
    ReplicationLag lag;
    for (int second = 1; second <= 10; ++second) lag.leader_was(leader_at(100), seconds(second));
    EXPECT_EQ(lag.of(leader_at(100), seconds(10)), BootTime(0));
    EXPECT_EQ(lag.of(leader_at(90), seconds(10)), seconds(9));
    lag.leader_was(leader_at(50, 2), seconds(11));
    EXPECT_EQ(lag.of(leader_at(50, 2), seconds(11)), BootTime(0)) << "of a new timeline";
}

TEST(ReplicationLag, StepsAreThinnedOutAndTheNewestIsKept) {
    ReplicationLag lag;
    for (std::uint64_t step = 1; step <= 100'000; ++step)
        lag.leader_was(leader_at(step), milliseconds(static_cast<std::int64_t>(step)));
    EXPECT_EQ(lag.of(leader_at(100'000), milliseconds(100'000)), BootTime(0));
    const BootTime behind = lag.of(leader_at(90'000), milliseconds(100'000));
    EXPECT_GE(behind, milliseconds(9'900));
    EXPECT_LE(behind, milliseconds(10'000));
}

}  // namespace
}  // namespace freshread
