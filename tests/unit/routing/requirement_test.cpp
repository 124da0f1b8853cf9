#include "routing/requirement.h"

#include <vector>

#include <gtest/gtest.h>

namespace freshread {
namespace {

Position at(std::uint32_t timeline, std::uint64_t lsn) {
    return {1, timeline, lsn};
}

TEST(Requirement, OfAnUnknownPositionIsTheLeader) {
    EXPECT_EQ(Requirement::at_least({}), Requirement::leader_only(Reason::PositionUnknown));
    EXPECT_EQ(Requirement::at_least({1, 0, 5}).level, Requirement::Level::LeaderOnly);
}

TEST(Requirement, JoinTakesTheStrongerLevel) {
    const Requirement any = Requirement::any();
    const Requirement some = Requirement::at_least(at(1, 10));
    const Requirement leader = Requirement::leader_only(Reason::PositionUnknown);
    EXPECT_EQ(join(any, some), some);
    EXPECT_EQ(join(some, any), some);
    EXPECT_EQ(join(some, leader), leader);
    EXPECT_EQ(join(leader, some), leader);
    EXPECT_EQ(join(any, any), any);
}

TEST(Requirement, JoinOfPositionsIsTheHigherOne) {
    EXPECT_EQ(join(Requirement::at_least(at(1, 10)), Requirement::at_least(at(1, 20))).position, at(1, 20));
    EXPECT_EQ(join(Requirement::at_least(at(2, 1)), Requirement::at_least(at(1, 20))).position, at(2, 1));
}

TEST(Requirement, JoinOfTwoClustersIsTheLeader) {
    const Requirement joined = join(Requirement::at_least({1, 1, 10}), Requirement::at_least({2, 1, 10}));
    EXPECT_EQ(joined, Requirement::leader_only(Reason::PositionUnknown));
}

TEST(Requirement, TheFirstReasonStays) {
    const Requirement first = Requirement::leader_only(Reason::PositionUnknown);
    const Requirement second = Requirement::leader_only(Reason::ReadOnReplica);
    EXPECT_EQ(join(first, second), first);
}

// A join semilattice, but for the reason: idempotent, commutative, associative in level and position.
TEST(Requirement, JoinIsASemilattice) {
    const std::vector<Requirement> all = {
        Requirement::any(),
        Requirement::at_least(at(1, 10)),
        Requirement::at_least(at(1, 20)),
        Requirement::at_least(at(2, 5)),
        Requirement::at_least({2, 1, 1}),
        Requirement::leader_only(Reason::PositionUnknown),
    };
    const auto same = [](const Requirement& a, const Requirement& b) {
        return a.level == b.level && a.position == b.position;
    };
    for (const Requirement& a : all) {
        EXPECT_TRUE(same(join(a, a), a));
        for (const Requirement& b : all) {
            EXPECT_TRUE(same(join(a, b), join(b, a)));
            for (const Requirement& c : all) {
                EXPECT_TRUE(same(join(join(a, b), c), join(a, join(b, c))));
            }
        }
    }
}

}  // namespace
}  // namespace freshread
