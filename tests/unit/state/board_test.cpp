#include "state/board.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace freshread {
namespace {

TEST(Board, KnowsNothingAtFirst) {
    const Board board(2);
    EXPECT_EQ(board.nodes(), 2U);
    EXPECT_FALSE(board.sample(0).has_value());
    EXPECT_FALSE(board.sample(1).has_value());
}

TEST(Board, KeepsTheLastSampleOfEachNode) {
    Board board(2);
    board.publish(0, {.begun = BootTime(1), .position = {1, 1, 10}});
    board.publish(1, {.begun = BootTime(2), .in_recovery = true, .position = {1, 1, 8}, .instance = 5});
    board.publish(1, {.begun = BootTime(3), .in_recovery = true, .position = {1, 1, 9}, .instance = 5});
    EXPECT_EQ(board.sample(0)->position.lsn, 10U);
    EXPECT_EQ(board.sample(1)->position.lsn, 9U);
    EXPECT_EQ(board.sample(1)->begun, BootTime(3));
}

TEST(Board, ForgetsANodeThatCouldNotBeAsked) {
    Board board(1);
    board.publish(0, {});
    board.forget(0);
    EXPECT_FALSE(board.sample(0).has_value());
}

TEST(Board, HasNoSampleOfANodeItDoesNotHave) {
    const Board board(1);
    EXPECT_FALSE(board.sample(7).has_value());
}

TEST(Board, NeverShowsHalfASample) {
    Board board(1);
    std::atomic<bool> done{false};
    std::thread writer([&] {
        for (std::uint64_t value = 1; value <= 20000; ++value) {
            board.publish(0, {.begun = BootTime(static_cast<std::int64_t>(value)),
                              .position = {value, 1, value},
                              .instance = static_cast<std::int64_t>(value)});
        }
        done = true;
    });
    while (!done) {
        if (const auto sample = board.sample(0)) {
            EXPECT_EQ(sample->position.cluster, sample->position.lsn);
            EXPECT_EQ(static_cast<std::uint64_t>(sample->begun.count()), sample->position.lsn);
        }
    }
    writer.join();
}

}  // namespace
}  // namespace freshread
