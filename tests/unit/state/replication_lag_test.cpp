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

TEST(ReplicationLag, CaughtUpWithWhatTheLeaderHad) {
    ReplicationLag lag;
    EXPECT_LT(lag.caught_up(leader_at(1)), BootTime(0)) << "nothing is known";
    for (int second = 1; second <= 10; ++second)
        lag.leader_was(leader_at(static_cast<std::uint64_t>(second) * 100), seconds(second));
    EXPECT_EQ(lag.caught_up(leader_at(1000)), seconds(10));
    EXPECT_EQ(lag.caught_up(leader_at(2000)), seconds(10)) << "the leader's sample is the older one";
    EXPECT_EQ(lag.caught_up(leader_at(999)), seconds(9));
    EXPECT_EQ(lag.caught_up(leader_at(500)), seconds(5));
    EXPECT_LT(lag.caught_up(leader_at(99)), BootTime(0)) << "of before the first sample";
    EXPECT_LT(lag.caught_up(leader_at(500, 2)), BootTime(0));
    for (int second = 11; second <= 20; ++second) lag.leader_was(leader_at(1000), seconds(second));
    EXPECT_EQ(lag.caught_up(leader_at(1000)), seconds(20)) << "it has stood still";
    EXPECT_EQ(lag.caught_up(leader_at(999)), seconds(9));
    lag.leader_was(leader_at(1100), milliseconds(20'001));
    lag.leader_was(leader_at(1200), milliseconds(20'002));
    EXPECT_EQ(lag.caught_up(leader_at(1000)), seconds(20)) << "thinned out is only what says no more";
}

TEST(ReplicationLag, WhatIsOldIsKnownMoreCoarsely) {
    ReplicationLag lag;
    constexpr int kSeconds = 10'000;
    for (int second = 1; second <= kSeconds; ++second)
        lag.leader_was(leader_at(static_cast<std::uint64_t>(second)), seconds(second));
    EXPECT_EQ(lag.caught_up(leader_at(kSeconds - 1000)), seconds(kSeconds - 1000));
    const BootTime old = lag.caught_up(leader_at(kSeconds / 2));
    EXPECT_GT(old, seconds(kSeconds / 4));
    EXPECT_LE(old, seconds(kSeconds / 2));
    EXPECT_GE(lag.of(leader_at(kSeconds / 2), seconds(kSeconds)), seconds(kSeconds / 4));
    EXPECT_LE(lag.of(leader_at(kSeconds / 2), seconds(kSeconds)), seconds(kSeconds / 2));
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
