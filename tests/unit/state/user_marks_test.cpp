// R1, R2 and R8 of the user table as one process keeps them for its users (state/user_marks.h).
#include "state/user_marks.h"

#include <string>

#include <gtest/gtest.h>

#include "eventually.h"
#include "scratch_directory.h"

namespace freshread {
namespace {

constexpr std::uint64_t kCluster = 42;
constexpr std::uint64_t kMarksStore = 7;
constexpr std::int64_t kWritersInstance = 11;

class UserMarksTest : public testing::Test {
 protected:
    // The mark's age never plays a part, but where a test says so.
    explicit UserMarksTest(BootTime mark_age = std::chrono::hours(1))
        : marks_(store_, sampling_, {.store = kMarksStore, .mark_age = mark_age}),
          board_(sampling_.board()),
          lease_(*board_->lease(kLeader)->take(boot_now(), {this_process(), kMarksStore, 0}, &may_live)) {
        store_.leader_sampled({kCluster, 1, 1}, boot_now() + std::chrono::hours(2));
    }

    // The leader is sampled from here on, once.
    void sample(std::uint64_t lsn, std::int64_t instance = kWritersInstance) {
        publish(board_->begin_sample(), lsn, instance);
    }
    void publish(std::uint64_t number, std::uint64_t lsn, std::int64_t instance = kWritersInstance) {
        const Sample sample{
            .begun = boot_now(), .position = {kCluster, 1, lsn}, .instance = instance, .ticket = {0, number}};
        board_->publish(kLeader, lease_, sample);
        marks_.close_listed(*board_);
    }
    [[nodiscard]] bool open() { return store_.look(kUser).mark_open; }
    [[nodiscard]] std::uint64_t required() { return store_.look(kUser).required.lsn; }
    bool leave(UserMark& mark, std::int64_t instance = kWritersInstance) {
        return marks_.leave(mark, instance, BootTime(0));
    }
    void write(UserMark& mark) {
        marks_.begin(mark);
        EXPECT_TRUE(leave(mark));
    }

    static constexpr UserKey kUser{1, 2, 3};
    ScratchDirectory scratch_{};
    UserStore store_{{.url = parse_store_url("sqlite:"),
                      .directory = scratch_.file("state"),
                      .cluster = kCluster,
                      .mark_age = std::chrono::hours(1)}};
    Sampling sampling_{{.directory = scratch_.file("state"),
                        .cluster = kCluster,
                        .monitor = {.nodes = {{{"hostaddr", "127.0.0.1"}, {"port", "1"}}}}},
                       {},
                       {},
                       nullptr};
    UserMarks marks_;
    std::shared_ptr<const Board> board_;
    Lease::Incarnation lease_;
};

class OldMarksTest : public UserMarksTest {
 protected:
    OldMarksTest() : UserMarksTest(BootTime(0)) {}
};

TEST_F(UserMarksTest, TheNextSampleClosesAWriteThatHasReturned) {
    const auto mark = marks_.of(kUser);
    marks_.begin(*mark);
    EXPECT_TRUE(open());
    const std::uint64_t before = board_->begin_sample();
    EXPECT_TRUE(leave(*mark));
    EXPECT_TRUE(board_->close_wanted());
    publish(before, 10);
    EXPECT_TRUE(open()) << "the sample was begun before the write had returned";
    sample(20);
    EXPECT_FALSE(open());
    EXPECT_EQ(required(), 20U);
}

TEST_F(UserMarksTest, OneSampleClosesWhatEndedBeforeAndNothingInFlight) {
    const auto mark = marks_.of(kUser);
    write(*mark);
    marks_.begin(*mark);
    sample(10);
    EXPECT_TRUE(open());
    EXPECT_TRUE(leave(*mark));
    sample(20);
    EXPECT_FALSE(open());
    EXPECT_EQ(required(), 20U);
}

TEST_F(UserMarksTest, AllConnectionsOfAProcessHaveOneMark) {
    const auto mark = marks_.of(kUser);
    EXPECT_EQ(mark, marks_.of(kUser));
    marks_.begin(*mark);
    marks_.begin(*mark);
    EXPECT_TRUE(leave(*mark));
    sample(10);
    EXPECT_TRUE(open()) << "the other write is in flight";
    EXPECT_TRUE(leave(*mark));
    sample(20);
    EXPECT_FALSE(open());
}

TEST_F(UserMarksTest, AnotherRunOfTheServerClosesNothing) {
    const auto mark = marks_.of(kUser);
    write(*mark);
    sample(10, kWritersInstance + 1);
    EXPECT_TRUE(open());
    // Of two runs none can close both.
    write(*mark);
    marks_.begin(*mark);
    EXPECT_TRUE(leave(*mark, kWritersInstance + 1));
    sample(20);
    sample(30, kWritersInstance + 1);
    EXPECT_TRUE(open());
}

TEST_F(UserMarksTest, AWriteThatBeginsWhileItsMarkIsBeingClosedHasAMarkOfItsOwn) {
    const auto mark = marks_.of(kUser);
    write(*mark);
    const Sample leader{
        .position = {kCluster, 1, 10}, .instance = kWritersInstance, .ticket = {0, board_->begin_sample()}};
    board_->pending().take(kMarksStore, leader, [&](const PendingClose& close) {
        marks_.begin(*mark);
        store_.close(close.user, close.writer, close.sequence, leader.position, BootTime(0));
        return true;
    });
    EXPECT_TRUE(open());
    EXPECT_TRUE(leave(*mark));
    sample(20);
    EXPECT_FALSE(open());
}

// The store knows how often a mark was opened: by its sequence.
TEST_F(UserMarksTest, ABurstOpensOneMark) {
    const auto mark = marks_.of(kUser);
    for (int i = 0; i < 10; ++i) write(*mark);
    std::uint64_t sequence = 0;
    Sample leader{.instance = kWritersInstance, .ticket = {0, board_->begin_sample()}};
    board_->pending().take(kMarksStore, leader, [&](const PendingClose& close) {
        sequence = close.sequence;
        return true;
    });
    EXPECT_EQ(sequence, 1U);
}

TEST_F(OldMarksTest, AMarkThatIsTooOldIsOpenedAnewBeforeTheCallReturns) {
    const auto mark = marks_.of(kUser);
    write(*mark);
    std::uint64_t sequence = 0;
    Sample leader{.instance = kWritersInstance, .ticket = {0, board_->begin_sample()}};
    board_->pending().take(kMarksStore, leader, [&](const PendingClose& close) {
        sequence = close.sequence;
        return true;
    });
    EXPECT_EQ(sequence, 2U);
}

TEST_F(UserMarksTest, APositionThatWasAskedBeforeAnotherWriteReturnedClosesNothing) {
    const auto mark = marks_.of(kUser);
    marks_.begin(*mark);
    const std::uint64_t returned = marks_.returned(*mark);
    // The question is on its way when another connection writes.
    marks_.begin(*mark);
    EXPECT_TRUE(leave(*mark));
    marks_.end(*mark, true, returned, {kCluster, 1, 10}, BootTime(0));
    EXPECT_TRUE(open());
    EXPECT_EQ(required(), 10U);
    marks_.begin(*mark);
    marks_.end(*mark, true, marks_.returned(*mark), {kCluster, 1, 20}, BootTime(0));
    EXPECT_FALSE(open());
}

TEST_F(UserMarksTest, AnUnknownOutcomeIsNotClosedByTheWriter) {
    const auto mark = marks_.of(kUser);
    marks_.begin(*mark);
    marks_.begin(*mark);
    marks_.abandon(*mark);
    EXPECT_TRUE(leave(*mark));
    sample(20);
    EXPECT_TRUE(open());
}

TEST_F(UserMarksTest, WhatWasTakenBackIsTheWritersOwnToClose) {
    const auto mark = marks_.of(kUser);
    EXPECT_FALSE(marks_.take_back(*mark));
    write(*mark);
    EXPECT_TRUE(marks_.take_back(*mark));
    sample(10);
    EXPECT_TRUE(open());
    marks_.end(*mark, true, marks_.returned(*mark), {kCluster, 1, 20}, BootTime(0));
    EXPECT_FALSE(open());
    write(*mark);
    sample(30);
    EXPECT_FALSE(marks_.take_back(*mark)) << "it is closed";
}

TEST_F(UserMarksTest, WhoeverSamplesButNotTheLeaderIsNotWaitedForForLong) {
    const auto mark = marks_.of(kUser);
    write(*mark);
    EXPECT_FALSE(marks_.overdue(*mark));
    const auto beat = [&] { EXPECT_TRUE(board_->lease(kLeader)->beat(lease_, boot_now())); };
    ASSERT_TRUE(eventually([&] {
        beat();
        return marks_.overdue(*mark);
    }));
    marks_.begin(*mark);
    EXPECT_FALSE(leave(*mark));
    sample(10);
    beat();
    EXPECT_TRUE(leave(*mark)) << "it has come";
}

TEST_F(UserMarksTest, UsersThatNobodyHasAreForgotten) {
    for (std::uint8_t i = 0; i < 200; ++i) EXPECT_TRUE(marks_.of({i}));
    const auto kept = marks_.of(kUser);
    for (std::uint8_t i = 0; i < 200; ++i) EXPECT_TRUE(marks_.of({i, 1}));
    EXPECT_EQ(marks_.of(kUser), kept);
}

}  // namespace
}  // namespace freshread
