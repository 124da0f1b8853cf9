// The decision: requirement and candidates to node and reason.
#include "routing/router.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "routing/policy.h"

namespace freshread {
namespace {

Position reached(std::uint64_t lsn, std::uint32_t timeline = 1) {
    return {7, timeline, lsn};
}

Candidate replica(NodeId node, Position position, bool open = true) {
    Candidate candidate;
    candidate.node = node;
    candidate.in_service = true;
    candidate.open = open;
    candidate.position = position;
    return candidate;
}

TEST(Router, LeaderOnlyGoesToTheLeaderWithItsReason) {
    const std::array candidates{replica(1, reached(100))};
    const auto decision = route(Requirement::leader_only(Reason::MarkOpen), candidates, 1);
    EXPECT_EQ(decision.node, kLeader);
    EXPECT_EQ(decision.reason, Reason::MarkOpen);
}

TEST(Router, OnlyAReplicaThatHasAppliedThePositionServes) {
    const std::array candidates{replica(1, reached(99)), replica(2, reached(100))};
    for (std::uint64_t random = 0; random < 50; ++random) {
        EXPECT_EQ(route(Requirement::at_least(reached(100)), candidates, random).node, 2);
        EXPECT_EQ(route(Requirement::at_least(reached(101)), candidates, random).reason,
                  Reason::ReplicaBehind);
    }
}

TEST(Router, AnotherTimelineOrClusterNeverSatisfies) {
    const std::array candidates{replica(1, reached(1000, 2)), replica(2, Position{8, 1, 1000})};
    EXPECT_EQ(route(Requirement::at_least(reached(100)), candidates, 0).node, kLeader);
}

TEST(Router, AnUnknownPositionCannotBeRequired) {
    EXPECT_EQ(Requirement::at_least(Position{}).level, Requirement::Level::LeaderOnly);
}

TEST(Router, ANodeThatWasNotAskedYetIsAskedOnlyWhenNobodyElseServes) {
    const std::array candidates{replica(1, reached(100)), replica(2, {}, false)};
    EXPECT_EQ(route(Requirement::at_least(reached(100)), candidates, 3).node, 1);
    const auto decision = route(Requirement::at_least(reached(101)), candidates, 3);
    EXPECT_EQ(decision.step, Decision::Step::Ask);
    EXPECT_EQ(decision.node, 2);
}

TEST(Router, TheReplicaUsedLastIsPreferred) {
    std::array candidates{replica(1, reached(100)), replica(2, reached(100)), replica(3, reached(100))};
    candidates[1].last_used = true;
    for (std::uint64_t random = 0; random < 50; ++random) {
        EXPECT_EQ(route(Requirement::any(), candidates, random).node, 2);
        EXPECT_EQ(route(Requirement::at_least(reached(100)), candidates, random).node, 2);
    }
}

TEST(Router, WeightsSpreadSessions) {
    std::array candidates{replica(1, reached(100)), replica(2, reached(100))};
    candidates[1].weight = 3;
    std::array<int, 3> served{};
    for (std::uint64_t random = 0; random < 400; ++random)
        ++served[route(Requirement::any(), candidates, random).node];
    EXPECT_EQ(served, (std::array{0, 100, 300}));
}

TEST(Router, WithoutAReplicaTheLeaderServes) {
    EXPECT_EQ(route(Requirement::any(), {}, 0).reason, Reason::NoReplicas);
    std::array candidates{replica(1, reached(100))};
    candidates[0].in_service = false;
    EXPECT_EQ(route(Requirement::any(), candidates, 0).reason, Reason::NoHealthyReplica);
    EXPECT_EQ(route(Requirement::at_least(reached(1)), candidates, 0).reason, Reason::NoHealthyReplica);
}

TEST(Policies, NotKnowingIsNeverFresh) {
    UserFacts facts;
    EXPECT_EQ(requirement_of_read(Policy::Position, facts).reason, Reason::StoreUnavailable);
    EXPECT_EQ(requirement_of_read(Policy::Window, facts).reason, Reason::StoreUnavailable);
    facts.store_available = true;
    EXPECT_EQ(requirement_of_read(Policy::Position, facts).reason, Reason::BaseUnset);
    facts.base_set = true;
    EXPECT_EQ(requirement_of_read(Policy::Position, facts).reason, Reason::PositionUnknown);
    facts.required = reached(5);
    EXPECT_EQ(requirement_of_read(Policy::Position, facts), Requirement::at_least(reached(5)));
    EXPECT_EQ(requirement_of_read(Policy::Synchronous, facts), Requirement::at_least(reached(5)));
    facts.mark_open = true;
    EXPECT_EQ(requirement_of_read(Policy::Position, facts).reason, Reason::MarkOpen);
    EXPECT_EQ(requirement_of_read(Policy::Window, facts).reason, Reason::MarkOpen);
    facts.mark_open = false;
    facts.within_window = true;
    EXPECT_EQ(requirement_of_read(Policy::Window, facts).reason, Reason::WithinWindow);
    EXPECT_EQ(requirement_of_read(Policy::Any, facts), Requirement::any());
    EXPECT_EQ(requirement_of_read(Policy::Leader, facts).reason, Reason::PolicyLeader);
}

TEST(Policies, NamesReadBack) {
    for (const Policy policy : {Policy::Leader, Policy::Window, Policy::Position, Policy::Any})
        EXPECT_EQ(policy_named(name_of(policy)), policy);
    EXPECT_EQ(policy_named("POSITION"), Policy::Position);
    EXPECT_FALSE(policy_named("positio"));
    EXPECT_FALSE(policy_named(""));
}

TEST(Router, WhoIsTooFarBehindServesNobody) {
    std::array candidates{replica(1, reached(100)), replica(2, {}, false)};
    candidates[0].last_used = candidates[0].too_far = candidates[1].too_far = true;
    for (const Requirement& requirement : {Requirement::any(), Requirement::at_least(reached(50))}) {
        const auto decision = route(requirement, candidates, 1);
        EXPECT_EQ(decision.node, kLeader);
        EXPECT_EQ(decision.reason, Reason::BeyondMaxLag);
    }
    candidates[1].too_far = false;
    EXPECT_EQ(route(Requirement::any(), candidates, 1).node, 2);
    EXPECT_EQ(route(Requirement::at_least(reached(50)), candidates, 1).step, Decision::Step::Ask);
    candidates[1] = replica(2, reached(10));
    EXPECT_EQ(route(Requirement::at_least(reached(50)), candidates, 1).reason, Reason::ReplicaBehind);
}

}  // namespace
}  // namespace freshread
