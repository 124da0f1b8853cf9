#include "state/seen_states.h"

#include <gtest/gtest.h>

#include "tests/unit/state/table_values.h"

namespace freshread {
namespace {

using Verdict = SeenStates::Verdict;

constexpr std::uint64_t kTable = 5;
constexpr UserBucket::Place kPlace = 77;

TableHead head_with(std::uint64_t lsn, std::uint64_t table = kTable) {
    return {.id = table, .base = at(lsn)};
}
SeenStates::State state_of(std::uint64_t revision, std::uint64_t table = kTable) {
    return {table, kPlace, revision};
}

class SeenStatesTest : public testing::Test {
 protected:
    SeenStatesTest() {
        seen_.wrote(head_with(10));
        seen_.wrote(state_of(10));
    }
    SeenStates seen_;
};

TEST_F(SeenStatesTest, TheSameAndTheNewerAreTheNewest) {
    for (const std::uint64_t newer : {10U, 10U, 11U, 20U}) {
        EXPECT_EQ(seen_.notice(head_with(newer), seen_.now()), Verdict::Newest);
        EXPECT_EQ(seen_.notice(state_of(newer), seen_.now()), Verdict::Newest);
    }
}

TEST_F(SeenStatesTest, WhatIsOlderThanWhatWasSeenBeforeWasPutBack) {
    EXPECT_EQ(seen_.notice(head_with(9), seen_.now()), Verdict::PutBack);
    EXPECT_EQ(seen_.notice(state_of(9), seen_.now()), Verdict::PutBack);
    EXPECT_EQ(seen_.notice(state_of(11), seen_.now()), Verdict::Newest);
    EXPECT_EQ(seen_.notice(state_of(10), seen_.now()), Verdict::PutBack);
}

TEST_F(SeenStatesTest, WhatIsOlderThanWhatWasSeenMeanwhileIsReadAgain) {
    const SeenStates::Moment begun = seen_.now();
    seen_.wrote(head_with(20));
    seen_.wrote(state_of(20));
    EXPECT_EQ(seen_.notice(head_with(10), begun), Verdict::Overtaken);
    EXPECT_EQ(seen_.notice(state_of(10), begun), Verdict::Overtaken);
    EXPECT_EQ(seen_.notice(state_of(10), seen_.now()), Verdict::PutBack);
}

TEST_F(SeenStatesTest, ThatTheSameWasSeenAgainIsNothingNewer) {
    const SeenStates::Moment begun = seen_.now();
    EXPECT_EQ(seen_.notice(head_with(10), begun), Verdict::Newest);
    EXPECT_EQ(seen_.notice(state_of(10), begun), Verdict::Newest);
    EXPECT_EQ(seen_.notice(head_with(9), begun), Verdict::PutBack);
    EXPECT_EQ(seen_.notice(state_of(9), begun), Verdict::PutBack);
}

TEST_F(SeenStatesTest, AnotherTableBeginsAnew) {
    const SeenStates::Moment begun = seen_.now();
    EXPECT_EQ(seen_.notice(head_with(1, kTable + 1), begun), Verdict::Newest);
    EXPECT_EQ(seen_.notice(state_of(1, kTable + 1), seen_.now()), Verdict::Newest);
    // Somebody who was still reading the one before, and somebody who was still writing into it.
    EXPECT_EQ(seen_.notice(head_with(10), begun), Verdict::Overtaken);
    EXPECT_EQ(seen_.notice(state_of(10), begun), Verdict::Overtaken);
    seen_.wrote(state_of(30));
    EXPECT_EQ(seen_.notice(state_of(2, kTable + 1), seen_.now()), Verdict::Newest);
}

}  // namespace
}  // namespace freshread
