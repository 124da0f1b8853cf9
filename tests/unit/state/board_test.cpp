#include "state/board.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "eventually.h"

namespace freshread {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

ConnectionParameters node(const std::string& host, const std::string& user = "u") {
    return {{"host", host}, {"port", "5432"}, {"user", user}, {"password", "secret " + user}};
}

class BoardTest : public testing::Test {
 protected:
    [[nodiscard]] Board board(const std::vector<ConnectionParameters>& nodes) const {
        return Board(memory_, nodes);
    }
    // Of a monitor that holds the node.
    static void publish(const Board& board, NodeId node, std::uint64_t lsn) {
        const auto lease = board.lease(node);
        const Lease::Incarnation mine =
            lease->live(boot_now(), &may_live)
                ? lease->current()
                : lease->take(boot_now(), {this_process(), 0, 0}, &may_live).value();
        Sample sample{.begun = boot_now(), .position = {1, 1, lsn}, .instance = 1};
        sample.ticket.number = board.begin_sample();
        board.publish(node, mine, sample);
    }

    const std::shared_ptr<BoardMemory> memory_ = BoardMemory::own(1);
};

TEST_F(BoardTest, KnowsNothingAtFirst) {
    const Board two = board({node("a"), node("b")});
    EXPECT_EQ(two.nodes(), 2U);
    EXPECT_FALSE(two.sample(0).has_value());
    EXPECT_FALSE(two.sample(1).has_value());
    EXPECT_FALSE(two.sample(7).has_value());
    EXPECT_FALSE(two.progress_wanted(boot_now()));
    EXPECT_FALSE(two.samples_wanted(boot_now()));
}

TEST_F(BoardTest, NodesOfOneAddressAreOneForAllDataSources) {
    const Board one = board({node("a"), node("b")});
    const Board other = board({node("c", "x"), node("b", "x"), node("a", "x")});
    publish(one, 0, 10);
    publish(one, 1, 8);
    EXPECT_EQ(other.sample(2)->position.lsn, 10U);
    EXPECT_EQ(other.sample(1)->position.lsn, 8U);
    EXPECT_FALSE(other.sample(0).has_value());
}

TEST_F(BoardTest, NodesOfOneDataSourceAreNeverOne) {
    const Board proxied = board({node("a", "writes"), node("a", "reads")});
    publish(proxied, 0, 10);
    EXPECT_FALSE(proxied.sample(1).has_value());
}

TEST_F(BoardTest, ForgetsANodeThatCouldNotBeAsked) {
    const Board one = board({node("a")});
    publish(one, 0, 10);
    one.publish(0, one.lease(0)->current(), std::nullopt);
    EXPECT_FALSE(one.sample(0).has_value());
}

TEST_F(BoardTest, ASampleIsAfterWhatEndedBeforeItWasBegun) {
    const Board one = board({node("a")});
    const SampleTicket before = one.ticket();
    publish(one, 0, 10);
    const Sample sample = *one.sample(0);
    EXPECT_TRUE(sample.after(before));
    EXPECT_FALSE(sample.after(one.ticket()));
    // Begun before the ticket was taken and published afterwards: not after.
    const std::uint64_t number = one.begin_sample();
    const SampleTicket between = one.ticket();
    Sample late{.ticket = {0, number}};
    one.publish(0, one.lease(0)->current(), late);
    EXPECT_FALSE(one.sample(0)->after(between));
}

TEST_F(BoardTest, NumbersMeanNothingOnAnotherBoard) {
    const Board one = board({node("a")});
    const SampleTicket before = one.ticket();
    const std::vector<ConnectionParameters> nodes = {node("a")};
    const Board another(BoardMemory::own(1), nodes);
    publish(another, 0, 10);
    EXPECT_GT(another.sample(0)->ticket.number, before.number);
    EXPECT_FALSE(another.sample(0)->after(before));
    EXPECT_FALSE(another.sample(0)->after({}));
}

TEST_F(BoardTest, WhatIsWantedIsWantedForAWhile) {
    const Board one = board({node("a")});
    const BootTime now = boot_now();
    one.want_progress(now);
    EXPECT_TRUE(one.progress_wanted(now));
    EXPECT_FALSE(one.progress_wanted(now + Board::kFastFor));
    EXPECT_TRUE(one.samples_wanted(now + Board::kFastFor));
    EXPECT_FALSE(one.samples_wanted(now + Board::kSampledFor));
    EXPECT_FALSE(one.catalog_wanted(now));
    one.want_catalog(now);
    EXPECT_TRUE(one.catalog_wanted(now));
}

TEST_F(BoardTest, DamageMakesNobodySampleForEver) {
    const Board one = board({node("a")});
    memory_->layout().fast_until.store(~std::uint64_t{0} >> 1U);
    memory_->layout().wanted_until.store(~std::uint64_t{0} >> 1U);
    EXPECT_FALSE(one.progress_wanted(boot_now()));
    EXPECT_FALSE(one.samples_wanted(boot_now()));
}

TEST_F(BoardTest, WhoWaitsIsWoken) {
    const Board one = board({node("a")});
    std::atomic<bool> over{false};
    std::thread waiter([&] {
        const SampleTicket ticket = one.ticket();
        for (std::uint32_t news = one.news();; news = one.news()) {
            const auto sample = one.sample(0);
            if (sample && sample->after(ticket)) break;
            one.await_news(news, hours(1));
        }
        over = true;
    });
    EXPECT_TRUE(eventually([&] {
        publish(one, 0, 10);
        return over.load();
    }));
    waiter.join();
}

TEST_F(BoardTest, WhoSleepsIsWokenByWhoWantsProgress) {
    const Board one = board({node("a")});
    std::atomic<bool> over{false};
    std::thread sleeper([&] {
        while (!one.progress_wanted(boot_now())) {
            const std::uint32_t bell = one.bell();
            if (!one.progress_wanted(boot_now())) one.sleep(bell, hours(1));
        }
        over = true;
    });
    EXPECT_TRUE(eventually([&] {
        one.want_progress(boot_now());
        return over.load();
    }));
    sleeper.join();
}

TEST_F(BoardTest, ManyNodesMayFindNoPlace) {
    std::vector<ConnectionParameters> nodes;
    for (std::size_t number = 0; number < board_layout::kNodes + 2; ++number)
        nodes.push_back(node("host" + std::to_string(number)));
    const Board many = board(nodes);
    EXPECT_TRUE(many.lease(0).has_value());
    EXPECT_FALSE(many.lease(static_cast<NodeId>(board_layout::kNodes)).has_value());
    EXPECT_FALSE(many.sample(static_cast<NodeId>(board_layout::kNodes)).has_value());
}

}  // namespace
}  // namespace freshread
