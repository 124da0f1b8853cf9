#include "state/commit_query.h"

#include <gtest/gtest.h>

#include <array>

namespace freshread {
namespace {

constexpr std::uint32_t kPage = 8192;

std::optional<CommitRow> parse(std::string_view lsn, std::string_view file, std::string_view inside,
                               std::uint64_t cluster = 7) {
    const std::array columns{lsn, file, inside};
    return parse_commit_row(columns, cluster, kPage);
}

TEST(CommitQuery, GivesThePositionWithItsTimeline) {
    const auto row = parse("16/B374D848", "0000000200000016000000B3", "0");
    ASSERT_TRUE(row);
    EXPECT_EQ(row->position, (Position{7, 2, 0x16B374D848}));
    EXPECT_FALSE(row->in_transaction);
}

TEST(CommitQuery, TakesAPageBoundaryDown) {
    EXPECT_EQ(parse("0/3000028", "000000010000000000000003", "0")->position.lsn, 0x3000000U);
    EXPECT_EQ(parse("0/3002018", "000000010000000000000003", "0")->position.lsn, 0x3002000U);
    EXPECT_EQ(parse("0/3002029", "000000010000000000000003", "0")->position.lsn, 0x3002029U);
}

TEST(CommitQuery, TellsAnOpenTransaction) {
    EXPECT_TRUE(parse("0/1", "000000010000000000000000", "1")->in_transaction);
}

TEST(CommitQuery, RefusesWhatItDoesNotUnderstand) {
    EXPECT_FALSE(parse("", "000000010000000000000003", "0"));
    EXPECT_FALSE(parse("0/3000028", "", "0"));
    EXPECT_FALSE(parse("0/3000028", "00000001", "0"));
    EXPECT_FALSE(parse("0/3000028", "000000000000000000000003", "0")) << "no timeline";
    EXPECT_FALSE(parse("0/3000028", "000000010000000000000003", ""));
    EXPECT_FALSE(parse("0/3000028", "000000010000000000000003", "0", 0)) << "no cluster";
    EXPECT_FALSE(parse_commit_row({}, 7, kPage));
}

}  // namespace
}  // namespace freshread
