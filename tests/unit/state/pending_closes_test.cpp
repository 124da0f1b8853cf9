// What is listed on the board is closed by one, or taken back: never both, whoever dies or is stopped in
// between.
#include "state/pending_closes.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace freshread {
namespace {

constexpr std::uint64_t kStore = 7;
constexpr std::int64_t kInstance = 11;

class PendingClosesTest : public testing::Test {
 protected:
    static PendingClose close_of(std::uint64_t sequence) {
        return {.store = kStore,
                .user = {1, 2, 3},
                .writer = 5,
                .sequence = sequence,
                .instance = kInstance,
                .after = 100,
                .pinned_until = BootTime(13),
                .listed = BootTime(17)};
    }
    static Sample leader(std::uint64_t number) {
        Sample sample;
        sample.instance = kInstance;
        sample.ticket.number = number;
        return sample;
    }
    [[nodiscard]] std::vector<PendingClose> taken(const Sample& sample, std::uint64_t store = kStore) const {
        std::vector<PendingClose> all;
        closes().take(store, sample, [&](const PendingClose& close) {
            all.push_back(close);
            return true;
        });
        return all;
    }
    [[nodiscard]] PendingCloses closes() const { return PendingCloses(*pending_); }

    const std::unique_ptr<board_layout::Pending> pending_ = std::make_unique<board_layout::Pending>();
};

TEST_F(PendingClosesTest, IsClosedOnceWithWhatWasListed) {
    ASSERT_TRUE(closes().list(close_of(3), 0));
    const auto all = taken(leader(101));
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].user, close_of(3).user);
    EXPECT_EQ(all[0].writer, 5U);
    EXPECT_EQ(all[0].sequence, 3U);
    EXPECT_EQ(all[0].pinned_until, BootTime(13));
    EXPECT_TRUE(taken(leader(101)).empty());
}

TEST_F(PendingClosesTest, OnlyALaterSampleOfThatRunOfTheServerAndForThatStoreCloses) {
    ASSERT_TRUE(closes().list(close_of(3), 0));
    EXPECT_TRUE(taken(leader(100)).empty()) << "begun before the write had returned";
    Sample another = leader(101);
    another.instance = kInstance + 1;
    EXPECT_TRUE(taken(another).empty());
    EXPECT_TRUE(taken(leader(101), kStore + 1).empty());
    EXPECT_EQ(taken(leader(101)).size(), 1U);
}

TEST_F(PendingClosesTest, WhatWasTakenBackIsNotClosed) {
    const auto place = closes().list(close_of(3), 0);
    ASSERT_TRUE(place);
    EXPECT_TRUE(closes().withdraw(*place));
    EXPECT_TRUE(taken(leader(101)).empty());
    EXPECT_FALSE(closes().withdraw(*place));
}

TEST_F(PendingClosesTest, WhatIsBeingClosedCannotBeTakenBack) {
    const auto place = closes().list(close_of(3), 0);
    ASSERT_TRUE(place);
    closes().take(kStore, leader(101), [&](const PendingClose&) {
        EXPECT_FALSE(closes().withdraw(*place));
        return true;
    });
    EXPECT_FALSE(closes().withdraw(*place));
}

TEST_F(PendingClosesTest, WhatTheStoreRefusedStaysListed) {
    ASSERT_TRUE(closes().list(close_of(3), 0));
    closes().take(kStore, leader(101), [](const PendingClose&) { return false; });
    EXPECT_EQ(taken(leader(101)).size(), 1U);
}

// As it is when whoever closed it was killed.
TEST_F(PendingClosesTest, APlaceIsTakenAwayOnlyWhenItIsForgottenAndNoneIsFree) {
    for (std::size_t i = 0; i < board_layout::kPendingCloses; ++i) ASSERT_TRUE(closes().list(close_of(i), i));
    const auto stuck = static_cast<std::size_t>(9);
    pending_->states.at(stuck).fetch_add(1);  // listed: closing
    PendingClose late = close_of(1);
    late.listed += PendingCloses::kForgotten - BootTime(1);
    EXPECT_FALSE(closes().list(late, stuck));
    late.listed += BootTime(1);
    const auto place = closes().list(late, stuck);
    ASSERT_TRUE(place);
    EXPECT_EQ(place->number, stuck);
    EXPECT_TRUE(closes().withdraw(*place));
}

TEST_F(PendingClosesTest, WhatIsDamagedIsNotBelieved) {
    for (std::size_t word = 0; word < board_layout::kPendingWords; ++word) {
        const auto place = closes().list(close_of(3), 0);
        ASSERT_TRUE(place);
        pending_->words.at(place->number).at(word).fetch_xor(1);
        EXPECT_TRUE(taken(leader(1000)).empty()) << word;
        EXPECT_TRUE(closes().withdraw(*place));
    }
}

// Writers list and take back, monitors close: each listing ends once.
TEST_F(PendingClosesTest, EachListingEndsOnce) {
    constexpr std::uint64_t kWriters = 3;
    constexpr std::uint64_t kRounds = 20'000;
    std::atomic<bool> over{false};
    std::vector<std::atomic<int>> ends(kWriters * kRounds);
    std::vector<std::thread> monitors;
    for (int i = 0; i < 2; ++i)
        monitors.emplace_back([&] {
            while (!over)
                closes().take(kStore, leader(101), [&](const PendingClose& close) {
                    ++ends.at(close.sequence);
                    return true;
                });
        });
    std::vector<std::thread> writers;
    for (std::uint64_t writer = 0; writer < kWriters; ++writer)
        writers.emplace_back([&, writer] {
            for (std::uint64_t sequence = writer; sequence < ends.size(); sequence += kWriters) {
                const auto place = closes().list(close_of(sequence), 0);
                if (!place || closes().withdraw(*place)) ++ends.at(sequence);
            }
        });
    for (std::thread& writer : writers) writer.join();
    over = true;
    for (std::thread& monitor : monitors) monitor.join();
    for (const std::atomic<int>& end : ends) ASSERT_EQ(end, 1);
}

}  // namespace
}  // namespace freshread
