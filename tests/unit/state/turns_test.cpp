// Nobody is forgotten: whoever waits for the turn gets it, whatever happens to others who wait or have it.
#include "state/turns.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <functional>
#include <new>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "eventually.h"

namespace freshread {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Nothing but a wake-up ends a wait; all draw a number at once, or nobody does.
constexpr Turns::Patience kNumbered{.hungry = BootTime(0), .had = hours(1), .free = hours(1)};
constexpr Turns::Patience kUnordered{.hungry = hours(1), .had = hours(1), .free = hours(1)};

// What the processes of a test share.
struct Hall {
    Turns::Words words{};
    std::atomic<std::uint32_t> inside{0};
    std::atomic<std::uint64_t> rounds{0};
    std::atomic<bool> over{false};
};

class TurnsTest : public testing::Test {
 protected:
    TurnsTest()
        : hall_(new (::mmap(nullptr, sizeof(Hall), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
                    Hall) {}
    ~TurnsTest() override { ::munmap(hall_, sizeof(Hall)); }

    [[nodiscard]] static BootTime late() { return boot_now() + seconds(60); }
    [[nodiscard]] static bool take_and_release(const Turns& turns) {
        Turns::Number number = 0;
        if (!turns.take(late(), number)) return false;
        turns.release(number);
        return true;
    }

    [[nodiscard]] static pid_t child(const std::function<bool()>& work) {
        const pid_t process = ::fork();
        if (process == 0) ::_exit(work() ? 0 : 1);
        return process;
    }
    static void expect_success(pid_t process) {
        int status = -1;
        ASSERT_EQ(::waitpid(process, &status, 0), process);
        EXPECT_EQ(status, 0);
    }
    static void kill(pid_t process) {
        ::kill(process, SIGKILL);
        ASSERT_EQ(::waitpid(process, nullptr, 0), process);
    }

    // In threads: takes turns and does something in them. Whether every turn came.
    bool crowd(const Turns& turns, unsigned seed, int threads, int rounds, bool alone) {
        std::vector<std::thread> all;
        all.reserve(static_cast<std::size_t>(threads));
        std::atomic<bool> well{true};
        for (int thread = 0; thread < threads; ++thread)
            all.emplace_back([&, thread] {
                std::mt19937 random(seed + static_cast<unsigned>(thread));
                for (int round = 0; round < rounds && well.load(); ++round) {
                    Turns::Number number = 0;
                    if (!turns.take(late(), number) || (++hall_->inside != 1 && alone)) well = false;
                    if (random() % 4 == 0) std::this_thread::yield();
                    --hall_->inside;
                    turns.release(number);
                    ++hall_->rounds;
                }
            });
        for (std::thread& thread : all) thread.join();
        return well;
    }

    // As many as that in each of some processes: every wake-up that is lost leaves somebody asleep.
    void expect_no_lost_wake_up(const Turns::Patience& patience, int rounds) {
        constexpr int kProcesses = 3;
        constexpr int kThreads = 3;
        const unsigned seed = std::random_device{}();
        SCOPED_TRACE("seed " + std::to_string(seed));
        const Turns turns(hall_->words, patience);
        std::vector<pid_t> processes;
        for (unsigned process = 0; process < kProcesses; ++process)
            processes.push_back(
                child([&] { return crowd(turns, seed + 100 * process, kThreads, rounds, true); }));
        for (const pid_t process : processes) expect_success(process);
        EXPECT_EQ(hall_->rounds.load(), static_cast<std::uint64_t>(kProcesses * kThreads * rounds));
        EXPECT_TRUE(turns.free());
    }

    Hall* hall_;
};

TEST_F(TurnsTest, IsHadByOneAtATimeAndSaysWhetherSomebodyWaits) {
    const Turns turns(hall_->words, kUnordered);
    Turns::Number first = 0;
    ASSERT_TRUE(turns.take(late(), first));
    EXPECT_FALSE(turns.free());
    Turns::Number second = 0;
    EXPECT_FALSE(turns.take(boot_now() + milliseconds(1), second));
    EXPECT_TRUE(turns.release(first)) << "another has waited";
    EXPECT_TRUE(turns.free());
    ASSERT_TRUE(turns.take(late(), first));
    EXPECT_FALSE(turns.release(first));
}

TEST_F(TurnsTest, ThoseWhoDrewANumberAreServedInTheirOrder) {
    constexpr unsigned kWaiting = 40;  // more than there are bells
    const Turns turns(hall_->words, kNumbered);
    Turns::Number first = 0;
    ASSERT_TRUE(turns.take(late(), first));
    std::vector<unsigned> order;
    std::vector<std::thread> threads;
    for (unsigned waiting = 0; waiting < kWaiting; ++waiting) {
        threads.emplace_back([&, waiting] {
            Turns::Number number = 0;
            if (!turns.take(late(), number)) return;
            order.push_back(waiting);
            turns.release(number);
        });
        ASSERT_TRUE(eventually([&] { return hall_->words.numbers.load() == waiting + 1; }));
    }
    turns.release(first);
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(order.size(), kWaiting);
    EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST_F(TurnsTest, WhoeverWaitedAndLeftHoldsNobodyUp) {
    const Turns turns(hall_->words, kNumbered);
    Turns::Number first = 0;
    ASSERT_TRUE(turns.take(late(), first));
    Turns::Number none = 0;
    EXPECT_FALSE(turns.take(boot_now() + milliseconds(5), none));
    std::thread patient([&] { EXPECT_TRUE(take_and_release(turns)); });
    ASSERT_TRUE(eventually([&] { return hall_->words.numbers.load() == 2; }));
    turns.release(first);
    patient.join();
    EXPECT_TRUE(take_and_release(turns));
}

TEST_F(TurnsTest, NoWakeUpIsLostAmongThoseWithNumbers) {
    expect_no_lost_wake_up(kNumbered, 300);
}

TEST_F(TurnsTest, NoWakeUpIsLostAmongThoseWithout) {
    expect_no_lost_wake_up(kUnordered, 1000);
}

TEST_F(TurnsTest, NoWakeUpIsLostBetweenTheTwo) {
    expect_no_lost_wake_up({.hungry = std::chrono::microseconds(50), .had = hours(1), .free = hours(1)}, 500);
}

TEST_F(TurnsTest, TheTurnOfAKilledProcessIsTakenByAnother) {
    const Turns turns(hall_->words);
    const pid_t holder = child([&] {
        Turns::Number number = 0;
        static_cast<void>(turns.take(late(), number));
        hall_->over = true;
        ::pause();
        return true;
    });
    ASSERT_TRUE(eventually([&] { return hall_->over.load(); }));
    kill(holder);
    EXPECT_TRUE(take_and_release(turns));
    EXPECT_TRUE(turns.free());
}

TEST_F(TurnsTest, TheNumberOfAKilledProcessIsPassedOver) {
    const Turns turns(hall_->words, {.hungry = BootTime(0), .had = hours(1)});
    Turns::Number mine = 0;
    ASSERT_TRUE(turns.take(late(), mine));
    const pid_t waiting = child([&] { return take_and_release(turns); });
    ASSERT_TRUE(eventually([&] { return hall_->words.numbers.load() == 1; }));
    kill(waiting);
    turns.release(mine);
    EXPECT_TRUE(take_and_release(turns));
    EXPECT_EQ(hall_->words.served.load(), hall_->words.numbers.load()) << "others need no patience any more";
}

TEST_F(TurnsTest, WhoWasStoppedAndResumedTakesNothingBack) {
    const Turns turns(hall_->words);
    Turns::Number stopped = 0;
    ASSERT_TRUE(turns.take(late(), stopped));
    Turns::Number other = 0;
    ASSERT_TRUE(turns.take(late(), other)) << "after some patience";
    turns.release(stopped);
    EXPECT_FALSE(turns.free()) << "it is another's by now";
    turns.release(other);
    EXPECT_TRUE(turns.free());
}

TEST_F(TurnsTest, WhateverTheWordsSayACallEnds) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const Turns turns(hall_->words);
    for (int round = 0; round < 100; ++round) {
        for (Turns::Word* word : {&hall_->words.turn, &hall_->words.numbers, &hall_->words.served})
            if (random() % 2 == 0) word->store(static_cast<std::uint32_t>(random()));
        ASSERT_TRUE(take_and_release(turns));
        ASSERT_TRUE(take_and_release(turns));
    }
}

// Processes are killed, and stopped for a while, anywhere: those that are left go on.
TEST_F(TurnsTest, TheOthersGoOnWhoeverIsKilledOrStopped) {
    constexpr std::size_t kProcesses = 4;
    constexpr int kDisturbances = 60;
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const Turns turns(hall_->words, {.hungry = std::chrono::microseconds(100)});
    const auto start = [&] {
        const auto its = static_cast<unsigned>(random());
        return child([&, its] {
            while (!hall_->over.load())
                if (!crowd(turns, its, 2, 50, false)) return false;
            return true;
        });
    };
    std::array<pid_t, kProcesses> processes{};
    for (pid_t& process : processes) process = start();
    for (int disturbance = 0; disturbance < kDisturbances; ++disturbance) {
        pid_t& victim = processes.at(random() % kProcesses);
        const bool stop = random() % 2 == 0;
        ::kill(victim, stop ? SIGSTOP : SIGKILL);
        const std::uint64_t before = hall_->rounds.load();
        EXPECT_TRUE(eventually([&] { return hall_->rounds.load() > before + 20; }));
        if (stop) {
            ::kill(victim, SIGCONT);
        } else {
            ASSERT_EQ(::waitpid(victim, nullptr, 0), victim);
            victim = start();
        }
    }
    hall_->over = true;
    for (const pid_t process : processes) expect_success(process);
}

}  // namespace
}  // namespace freshread
