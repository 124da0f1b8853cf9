#include "driver/node_record.h"

#include <gtest/gtest.h>

namespace freshread {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr BootTime kNow = seconds(1000);
// What is random decides how long a node is avoided: the shortest and the longest possible time.
constexpr std::uint64_t kShortest = 0;

// How long it is avoided from `now` on, in steps of 10 ms.
BootTime avoided_for(const NodeRecord& record, BootTime now) {
    BootTime span{0};
    while (record.avoided(now + span)) span += milliseconds(10);
    return span;
}

TEST(NodeRecordTest, AHealthyNodeIsTriedByEverybody) {
    NodeRecord record("node");
    EXPECT_FALSE(record.avoided(kNow));
    EXPECT_TRUE(record.may_try(kNow, kShortest));
    EXPECT_TRUE(record.may_try(kNow, kShortest));
    EXPECT_FALSE(record.failing());
}

TEST(NodeRecordTest, AFailedNodeIsTriedByOneWhenItsTimeIsOver) {
    NodeRecord record("node");
    record.failed(kNow, kShortest);
    EXPECT_TRUE(record.failing());
    EXPECT_TRUE(record.avoided(kNow));
    EXPECT_FALSE(record.may_try(kNow, kShortest));
    const BootTime later = kNow + seconds(1);
    EXPECT_FALSE(record.avoided(later));
    EXPECT_TRUE(record.may_try(later, kShortest));
    EXPECT_FALSE(record.may_try(later, kShortest)) << "somebody else is trying it";
    EXPECT_TRUE(record.avoided(later));
    record.succeeded();
    EXPECT_FALSE(record.avoided(later));
    EXPECT_TRUE(record.may_try(later, kShortest));
    EXPECT_TRUE(record.may_try(later, kShortest));
}

TEST(NodeRecordTest, WhoTriesItAndNeverComesBackIsFollowedByAnother) {
    NodeRecord record("node");
    record.failed(kNow, kShortest);
    EXPECT_TRUE(record.may_try(kNow + seconds(1), kShortest));
    EXPECT_TRUE(record.may_try(kNow + seconds(60), kShortest));
}

TEST(NodeRecordTest, EachFailureInARowDoublesTheTimeUpToALimit) {
    NodeRecord record("node");
    // As a random number: the longest time but for a nanosecond.
    const auto longest = [](seconds most) {
        return static_cast<std::uint64_t>(BootTime(most - milliseconds(500)).count()) - 1;
    };
    BootTime now = kNow;
    seconds most(1);
    record.failed(now, longest(most));
    for (int failure = 0; failure < 9; ++failure) {
        const BootTime avoided = avoided_for(record, now);
        EXPECT_EQ(avoided, most) << failure;
        now += avoided;
        most = std::min(most * 2, seconds(32));
        EXPECT_TRUE(record.may_try(now, longest(most)));
        record.failed(now, longest(most));
    }
    record.succeeded();
    record.failed(now, longest(seconds(1)));
    EXPECT_EQ(avoided_for(record, now), seconds(1)) << "it starts over";
}

TEST(NodeRecordTest, FailuresAtOneTimeCountOnce) {
    NodeRecord record("node");
    for (int i = 0; i < 100; ++i) record.failed(kNow, kShortest);
    EXPECT_LE(avoided_for(record, kNow), seconds(1));
    EXPECT_TRUE(record.may_try(kNow + seconds(1), kShortest));
}

TEST(NodeRecordTest, ChanceSpreadsTheReturnBetweenHalfASecondAndTheLimit) {
    for (std::uint64_t random = 0; random < 4'000'000'000; random += 123'456'789) {
        NodeRecord record("node");
        record.failed(kNow, random);
        EXPECT_TRUE(record.avoided(kNow + milliseconds(499)));
        EXPECT_FALSE(record.avoided(kNow + seconds(1)));
    }
}

TEST(NodeRecordTest, IsOnePerIdentity) {
    NodeRecord& record = NodeRecord::of("identity 1", "a");
    EXPECT_EQ(&NodeRecord::of("identity 1", "a"), &record);
    EXPECT_NE(&NodeRecord::of("identity 2", "a"), &record);
    EXPECT_EQ(record.name(), "a");
}

TEST(NodeRecordTest, CountsByReason) {
    NodeRecord record("node");
    record.count(Reason::ReadOnReplica);
    record.count(Reason::ReadOnReplica);
    record.count(Reason::HintLeader);
    EXPECT_EQ(record.counted(Reason::ReadOnReplica), 2U);
    EXPECT_EQ(record.counted(Reason::HintLeader), 1U);
    EXPECT_EQ(record.counted(Reason::Write), 0U);
}

}  // namespace
}  // namespace freshread
