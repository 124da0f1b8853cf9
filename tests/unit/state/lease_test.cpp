#include "state/lease.h"

#include <atomic>
#include <cstdlib>
#include <memory>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace freshread {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LeaseTest : public testing::Test {
 protected:
    static Holder process(std::uint64_t number) { return {{number, 1, 1}, 0, 0}; }
    Lease::Lives lives() {
        return [this](const ProcessIdentity& process) { return !dead_.contains(process.process); };
    }

    const std::unique_ptr<board_layout::Node> node_ = std::make_unique<board_layout::Node>();
    Lease lease_{*node_};
    std::set<std::uint64_t> dead_{};
    BootTime now_ = seconds(1000);
};

TEST_F(LeaseTest, IsFreeAtFirst) {
    EXPECT_FALSE(lease_.live(now_, lives()));
    EXPECT_FALSE(lease_.holder().has_value());
}

TEST_F(LeaseTest, IsHeldByOne) {
    const auto first = lease_.take(now_, process(1), lives());
    ASSERT_TRUE(first.has_value());
    EXPECT_FALSE(lease_.take(now_, process(2), lives()).has_value());
    EXPECT_FALSE(lease_.take(now_ + Lease::kLife / 2, process(2), lives()).has_value());
    EXPECT_EQ(lease_.holder()->process.process, 1U);
    EXPECT_TRUE(lease_.beat(*first, now_));
}

TEST_F(LeaseTest, PassesAtOnceFromOneThatGaveItBackOrEnded) {
    const auto first = lease_.take(now_, process(1), lives());
    lease_.release(*first);
    EXPECT_FALSE(lease_.beat(*first, now_));
    const auto second = lease_.take(now_, process(2), lives());
    ASSERT_TRUE(second.has_value());
    EXPECT_NE(*second, *first);
    dead_.insert(2);
    EXPECT_TRUE(lease_.take(now_, process(3), lives()).has_value());
}

TEST_F(LeaseTest, PassesFromOneThatIsStoppedWhichStepsDown) {
    const auto first = lease_.take(now_, process(1), lives());
    now_ += Lease::kLife - milliseconds(1);
    EXPECT_TRUE(lease_.live(now_, lives()));
    EXPECT_TRUE(lease_.beat(*first, now_));
    now_ += Lease::kLife;
    const auto second = lease_.take(now_, process(2), lives());
    ASSERT_TRUE(second.has_value());
    // Resumed: it does not hold, and cannot take away, what the second has.
    EXPECT_FALSE(lease_.beat(*first, now_));
    lease_.release(*first);
    EXPECT_TRUE(lease_.beat(*second, now_));
    EXPECT_FALSE(lease_.take(now_, process(1), lives()).has_value());
}

TEST_F(LeaseTest, WhoReadTheClockLongAgoTakesNothingAway) {
    const auto first = lease_.take(now_, process(1), lives());
    // The other waited for a processor after it had read the clock.
    EXPECT_TRUE(lease_.beat(*first, now_ + seconds(20)));
    EXPECT_FALSE(lease_.take(now_, process(2), lives()).has_value());
}

TEST_F(LeaseTest, OneThatEndedBeforeItSaidWhoItIsIsWaitedFor) {
    const auto first = lease_.take(now_, process(1), lives());
    lease_.area(*first).incarnation.store(~std::uint64_t{0});
    EXPECT_FALSE(lease_.take(now_ + Lease::kLife / 2, process(2), lives()).has_value());
    EXPECT_TRUE(lease_.take(now_ + Lease::kLife, process(2), lives()).has_value());
}

TEST_F(LeaseTest, DamageKeepsNobodyWaiting) {
    const auto first = lease_.take(now_, process(1), lives());
    lease_.area(*first).heartbeat.store(static_cast<std::uint64_t>((now_ + std::chrono::hours(1)).count()));
    EXPECT_FALSE(lease_.live(now_, lives()));
    node_->lease.store(~std::uint64_t{0});
    const auto second = lease_.take(now_, process(2), lives());
    ASSERT_TRUE(second.has_value());
    EXPECT_TRUE(lease_.beat(*second, now_));
}

// Processes that take, beat, give back, die and are stopped for any time, in any order, under a simulated
// clock: of those that run and believe to hold it, never two do so for longer than it takes them to ask.
TEST_F(LeaseTest, AnyOrderOfLossesAndStopsLeavesOneHolder) {
    struct Process {
        std::uint64_t number = 0;
        std::optional<Lease::Incarnation> held{};
        BootTime stopped_until{0};
    };
    constexpr std::uint32_t kSeed = 20261122;
    std::mt19937 random(kSeed);
    const auto chance = [&random](unsigned one_in) { return random() % one_in == 0; };
    std::uint64_t numbers = 0;
    std::vector<Process> processes(5);
    for (Process& process : processes) process.number = ++numbers;
    BootTime free_since = now_;
    Lease::Incarnation last = 0;
    int takeovers = 0;
    for (int step = 0; step < 1'000'000; ++step) {
        now_ += milliseconds(random() % 100);
        Process& one = processes[random() % processes.size()];
        if (now_ < one.stopped_until) continue;
        if (chance(200)) one.stopped_until = now_ + milliseconds(random() % 10'000);
        if (chance(300)) {
            dead_.insert(one.number);
            if (dead_.size() > 100) dead_.erase(dead_.begin());
            one = {++numbers, {}, {}};
        }
        if (one.held && chance(50)) {
            lease_.release(*one.held);
            one.held.reset();
        }
        if (one.held && !lease_.beat(*one.held, now_)) one.held.reset();
        if (!one.held) {
            one.held = lease_.take(now_, process(one.number), lives());
            if (one.held) {
                ++takeovers;
                ASSERT_NE(*one.held, last) << "seed " << kSeed << ", step " << step;
                last = *one.held;
                // Nobody took it away from one that runs and beats.
                for (const Process& other : processes)
                    ASSERT_TRUE(&other == &one || !other.held || !lease_.beat(*other.held, now_))
                        << "seed " << kSeed << ", step " << step;
            }
        }
        // As long as somebody asks, nobody waits for longer than a stopped one is waited for.
        if (lease_.live(now_, lives())) free_since = now_;
        ASSERT_LT(now_, free_since + seconds(1)) << "seed " << kSeed << ", step " << step;
    }
    EXPECT_GT(takeovers, 1000);
}

// All at once: one gets it, in every round.
TEST_F(LeaseTest, ThreadsThatTakeItAtOnceMakeOneHolder) {
    constexpr int kThreads = 4;
    for (int round = 0; round < 500; ++round) {
        std::atomic<int> ready{0};
        std::atomic<int> holders{0};
        std::vector<std::thread> threads;
        for (std::uint64_t number = 1; number <= kThreads; ++number) {
            threads.emplace_back([&, number] {
                ++ready;
                while (ready < kThreads) std::this_thread::yield();
                if (lease_.take(now_, process(number), [](const auto&) { return true; })) ++holders;
            });
        }
        for (std::thread& thread : threads) thread.join();
        ASSERT_EQ(holders, 1);
        now_ += Lease::kLife;
    }
}

}  // namespace
}  // namespace freshread
