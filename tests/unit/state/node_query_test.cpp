#include "state/node_query.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>

namespace freshread {
namespace {

using Columns = std::array<std::string_view, kNodeRowColumns>;
constexpr Columns kLeaderRow = {"0",
                                "7710736478361102670",
                                "1795295738014042",
                                "0/303FC18",
                                "0/303F100",
                                "0000000A0000000000000003",
                                "8192",
                                "0"};
constexpr Columns kReplicaRow = {
    "1", "7710736478361102670", "1795295738267816", "0/303FC18", "0/303FC18", "10", "8192", "0"};
constexpr std::uint64_t kRowsCluster = 7'710'736'478'361'102'670U;

std::optional<NodeRow> with(Columns columns, std::size_t column, std::string_view text) {
    columns.at(column) = text;
    return parse_node_row(columns, BootTime(7));
}

TEST(NodeRow, OfALeader) {
    const auto row = parse_node_row(kLeaderRow, BootTime(7));
    ASSERT_TRUE(row.has_value());
    EXPECT_EQ(row->sample.begun, BootTime(7));
    EXPECT_FALSE(row->sample.in_recovery);
    EXPECT_EQ(row->sample.position, (Position{kRowsCluster, 10, 0x303FC18}));
    EXPECT_EQ(row->flushed, (Position{kRowsCluster, 10, 0x303F100}));
    EXPECT_EQ(row->sample.instance, 1795295738014042);
    EXPECT_FALSE(row->in_transaction);
}

TEST(NodeRow, OfAReplica) {
    const auto row = parse_node_row(kReplicaRow, BootTime(7));
    ASSERT_TRUE(row.has_value());
    EXPECT_TRUE(row->sample.in_recovery);
    EXPECT_EQ(row->sample.position, (Position{kRowsCluster, 10, 0x303FC18}));
    EXPECT_EQ(row->flushed, row->sample.position);
}

TEST(NodeRow, ALeaderOnAPageBoundaryIsTakenDown) {
    const auto row = with(kLeaderRow, 3, "0/3000028");
    ASSERT_TRUE(row.has_value());
    EXPECT_EQ(row->sample.position.lsn, 0x3000000U);
}

TEST(NodeRow, AReplicaOnAPageBoundaryIsWhereItIs) {
    const auto row = with(kReplicaRow, 3, "0/3000018");
    ASSERT_TRUE(row.has_value());
    EXPECT_EQ(row->sample.position.lsn, 0x3000018U);
}

TEST(NodeRow, SaysThatTheConnectionIsInATransaction) {
    EXPECT_TRUE(with(kLeaderRow, 7, "1")->in_transaction);
    EXPECT_TRUE(with(kReplicaRow, 7, "t")->in_transaction);
}

TEST(NodeRow, OfAReplicaThatHasReplayedNothingHasNoPosition) {
    const auto row = with(kReplicaRow, 3, "");
    ASSERT_TRUE(row.has_value());
    EXPECT_FALSE(row->sample.position.known());
    EXPECT_EQ(row->sample.position.cluster, kRowsCluster);
}

TEST(NodeRow, OfAServerThatWasPromotedMeanwhileIsRefused) {
    // In recovery when the first column was computed, no longer when the others were.
    Columns columns = kLeaderRow;
    columns[0] = "1";
    EXPECT_FALSE(parse_node_row(columns, BootTime(0)).has_value());
    columns = kReplicaRow;
    columns[5] = kLeaderRow[5];
    EXPECT_FALSE(parse_node_row(columns, BootTime(0)).has_value());
}

TEST(NodeRow, IsRefusedWhenAnyColumnIsMalformed) {
    for (const Columns& good : {kLeaderRow, kReplicaRow}) {
        for (std::size_t column = 0; column < good.size(); ++column) {
            for (const std::string_view bad : {"x", "-", "1e3", " ", "99999999999999999999999999"}) {
                EXPECT_FALSE(with(good, column, bad).has_value()) << column << " " << bad;
            }
        }
    }
    for (const std::size_t column : {0U, 1U, 2U, 3U, 5U, 6U, 7U}) {
        EXPECT_FALSE(with(kLeaderRow, column, "").has_value()) << column;
    }
    EXPECT_FALSE(with(kLeaderRow, 1, "0").has_value());
    EXPECT_FALSE(with(kLeaderRow, 6, "8000").has_value());
}

TEST(NodeRow, NeedsAllItsColumns) {
    const std::vector<std::string_view> few(kLeaderRow.begin(), kLeaderRow.end() - 1);
    EXPECT_FALSE(parse_node_row(few, BootTime(0)).has_value());
    EXPECT_FALSE(parse_node_row({}, BootTime(0)).has_value());
}

TEST(NodeQuery, IsOneStatement) {
    EXPECT_EQ(node_query().find(';'), std::string_view::npos);
}

}  // namespace
}  // namespace freshread
