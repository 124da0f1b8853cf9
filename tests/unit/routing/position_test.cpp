#include "routing/position.h"

#include <gtest/gtest.h>

namespace freshread {
namespace {

constexpr std::uint64_t kCluster = 7'710'736'478'361'102'670U;
constexpr std::uint32_t kPage = 8192;

TEST(Position, OfTheSameTimelineSatisfiesFromEqualOn) {
    const Position need{kCluster, 1, 100};
    EXPECT_TRUE(satisfies({kCluster, 1, 100}, need));
    EXPECT_TRUE(satisfies({kCluster, 1, 101}, need));
    EXPECT_FALSE(satisfies({kCluster, 1, 99}, need));
}

TEST(Position, OfAnotherTimelineNeverSatisfies) {
    EXPECT_FALSE(satisfies({kCluster, 2, 1000}, {kCluster, 1, 100}));
    EXPECT_FALSE(satisfies({kCluster, 1, 1000}, {kCluster, 2, 100}));
}

TEST(Position, OfAnotherClusterNeverSatisfies) {
    EXPECT_FALSE(satisfies({kCluster + 1, 1, 1000}, {kCluster, 1, 100}));
}

TEST(Position, UnknownNeitherSatisfiesNorIsSatisfied) {
    EXPECT_FALSE(satisfies({}, {}));
    EXPECT_FALSE(satisfies({kCluster, 1, 1}, {}));
    EXPECT_FALSE(satisfies({}, {kCluster, 1, 1}));
    EXPECT_FALSE(satisfies({kCluster, 0, 5}, {kCluster, 0, 1}));
}

TEST(Position, HigherIsByTimelineThenLsn) {
    const Position low{kCluster, 1, 900};
    const Position high{kCluster, 2, 100};
    EXPECT_EQ(higher(low, high), high);
    EXPECT_EQ(higher(high, low), high);
    EXPECT_EQ(higher({kCluster, 2, 101}, high), (Position{kCluster, 2, 101}));
}

TEST(Position, HigherTakesTheKnownOne) {
    const Position known{kCluster, 1, 5};
    EXPECT_EQ(higher(known, {}), known);
    EXPECT_EQ(higher({}, known), known);
    EXPECT_FALSE(higher({}, {}).known());
}

TEST(Position, HigherOfTwoClustersIsWhatWasJustLearnt) {
    const Position old{kCluster, 9, 900};
    const Position learnt{kCluster + 1, 1, 1};
    EXPECT_EQ(higher(old, learnt), learnt);
}

TEST(Lsn, IsReadAndWrittenAsPostgresqlDoes) {
    EXPECT_EQ(parse_lsn("16/B374D848"), 0x16B374D848U);
    EXPECT_EQ(parse_lsn("0/0"), 0U);
    EXPECT_EQ(parse_lsn("FFFFFFFF/FFFFFFFF"), ~std::uint64_t{0});
    EXPECT_EQ(format_lsn(0x16B374D848U), "16/B374D848");
    EXPECT_EQ(format_lsn(0x100000000U), "1/0");
    EXPECT_EQ(format_lsn(~std::uint64_t{0}), "FFFFFFFF/FFFFFFFF");
}

TEST(Lsn, IsRefusedWhenItIsNotOne) {
    for (const char* text :
         {"", "/", "0", "0/", "/0", "G/0", "0/1 ", " 0/1", "1/2/3", "-1/0", "100000000/0", "0x1/0"}) {
        EXPECT_FALSE(parse_lsn(text).has_value()) << text;
    }
}

TEST(PageBoundary, BehindAPageHeaderIsTakenDown) {
    for (const std::uint64_t offset : {0U, 1U, 24U, 40U}) {
        EXPECT_EQ(round_down_to_page(5 * kPage + offset, kPage), 5U * kPage) << offset;
    }
}

TEST(PageBoundary, InsideAPageIsKept) {
    for (const std::uint64_t offset : {41U, 48U, 4096U, kPage - 1U}) {
        EXPECT_EQ(round_down_to_page(5 * kPage + offset, kPage), 5U * kPage + offset) << offset;
    }
}

TEST(Position, IsShownWithItsTimeline) {
    EXPECT_EQ(shown({7, 3, 0x16B374D848U}), "16/B374D848 on timeline 3");
}

TEST(PageBoundary, FollowsThePageSize) {
    EXPECT_EQ(round_down_to_page(4096 + 24, 4096), 4096U);
    EXPECT_EQ(round_down_to_page(4096 + 24, 8192), 4096U + 24U);
}

TEST(WalFile, BeginsWithItsTimeline) {
    EXPECT_EQ(timeline_of_walfile("000000010000000000000003"), 1U);
    EXPECT_EQ(timeline_of_walfile("0000001A00000000000000FF"), 26U);
    EXPECT_EQ(timeline_of_walfile("FFFFFFFF0000000000000001"), 0xFFFFFFFFU);
}

TEST(WalFile, IsRefusedWhenItIsNotOne) {
    EXPECT_FALSE(timeline_of_walfile("").has_value());
    EXPECT_FALSE(timeline_of_walfile("0000001").has_value());
    EXPECT_FALSE(timeline_of_walfile("0000-001000").has_value());
    EXPECT_FALSE(timeline_of_walfile("zzzzzzzz0000").has_value());
}

}  // namespace
}  // namespace freshread
