// What a look and an upsert cost in a store of a few users, and in the same store with many; and how long
// another thread and another process wait while entries that base covers are deleted, beside how long they
// wait anyway.
//
//     store_growth STORE DIRECTORY USERS...        redis://127.0.0.1 /tmp/x 1000 1000000
//
// DIRECTORY is where sqlite: keeps its file. Prints microseconds: medians, and what 99.9 per cent of the
// upserts stay below; and the ratios to the first number of users.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <thread>
#include <vector>

#include "state/user_key.h"
#include "state/user_store.h"
#include "tests/bench/processor_time.h"
#include "tests/bench/store_calls.h"

namespace freshread {
namespace {

constexpr std::uint64_t kCluster = 0xF000'0000'0000'0001U;
constexpr std::size_t kMeasured = 10'000;
constexpr std::size_t kCleanups = 500;

UserKey user(std::uint64_t number) {
    return user_key("", std::to_string(number));
}

Position at(std::uint64_t lsn) {
    return {kCluster, 1, lsn};
}

class Growth {
 public:
    Growth(const char* url, const char* directory, WriterId writer)
        : store_({.url = parse_store_url(url),
                  .directory = directory,
                  .cluster = kCluster,
                  .timeout = std::chrono::seconds(60)}),
          writer_(writer) {}

    void fill(std::uint64_t users) {
        for (; users_ < users; ++users_) store_.close(user(users_), 1, 0, at(1000 + users_), BootTime(0));
    }
    // Somebody else has filled it.
    void filled(std::uint64_t users) { users_ = users; }
    [[nodiscard]] std::uint64_t users() const { return users_; }

    // An upsert is what a write does: open and close.
    StoreCalls measure() {
        StoreCalls calls;
        for (std::size_t round = 0; round < kMeasured; ++round) {
            const UserKey one = user(random_() % users_);
            const UserKey other = user(random_() % users_);
            calls.upserts.time([&] { upsert(one); });
            calls.looks.time([&] { static_cast<void>(store_.look(other)); });
        }
        return calls;
    }

    StoreCalls ask_until(const AskingProcess::Over& over) {
        StoreCalls calls;
        while (!over()) {
            const UserKey one = user(random_() % users_);
            calls.looks.time([&] { static_cast<void>(store_.look(one)); });
            calls.upserts.time([&] { upsert(one); });
        }
        return calls;
    }

    // What a read costs whose user has written nothing since the one before (SQLite).
    void ask_again() {
        const UserKey one = user(0);
        const UserLook kept = store_.look(one);
        if (!kept.witness.holds()) return;
        constexpr std::size_t kTimes = 1'000'000;
        const auto each = [&](const auto& ask) {
            const auto begun = processor_time();
            for (std::size_t time = 0; time < kTimes; ++time) ask();
            return std::chrono::duration<double, std::nano>(processor_time() - begun).count() / kTimes;
        };
        const double asked = each([&] { return kept.witness.holds(); });
        const double looked = each([&] { static_cast<void>(store_.look(one)); });
        std::printf("a look that still holds: %.0f ns to see that it does, %.0f ns made again\n", asked,
                    looked);
    }

    // How long a look and an upsert wait while nobody cleans up.
    void ask_alone(AskingProcess& beside) {
        beside.start(users_);
        const BootTime end = boot_now() + std::chrono::seconds(3);
        StoreCalls mine = ask_until([&] { return boot_now() >= end; });
        beside.stop();
        StoreCalls its = beside.answer();
        mine.print("no clean-up, a thread");
        its.print("no clean-up, another process");
    }

    // The same while another thread cleans up: base covers nearly all by then.
    void clean_up(AskingProcess& beside) {
        store_.leader_sampled(at(1), boot_now() + std::chrono::minutes(5));
        std::atomic<bool> over{false};
        Waits cleanups;
        Waits work;
        const std::uint64_t covered = 1000 + users_ + sequence_;
        beside.start(users_);
        std::thread cleaning([&] {
            for (std::size_t round = 0; round < kCleanups; ++round) {
                const auto used = processor_time();
                cleanups.time([&] { store_.replicas_applied(at(covered)); });
                work.add(std::chrono::duration<double, std::micro>(processor_time() - used).count());
            }
            over = true;
        });
        StoreCalls mine = ask_until([&] { return over.load(); });
        cleaning.join();
        beside.stop();
        StoreCalls its = beside.answer();
        mine.print("another thread");
        its.print("another process");
        cleanups.print("a round of clean-up");
        work.print("  of that at work");
    }

 private:
    void upsert(const UserKey& one) {
        ++sequence_;
        store_.open(one, writer_, sequence_);
        store_.close(one, writer_, sequence_, at(1000 + users_ + sequence_), BootTime(0));
    }

    UserStore store_;
    WriterId writer_;
    std::uint64_t users_ = 0;
    std::uint64_t sequence_ = 0;
    std::mt19937_64 random_{1};  // NOLINT(cert-msc51-cpp): the same users every time
};

void run(const char* url, const char* directory, const std::vector<std::uint64_t>& numbers) {
    const AskingProcess::Work ask = [&](std::uint64_t users, const AskingProcess::Over& over) {
        Growth its(url, directory, 2);
        its.filled(users);
        return its.ask_until(over);
    };
    AskingProcess alone(ask);
    AskingProcess beside(ask);
    Growth growth(url, directory, 1);
    std::printf("%s\n%12s %10s %10s %12s %10s %10s\n", shown_store_url(url).c_str(), "users", "look us",
                "upsert us", "99.9 % us", "look", "upsert");
    double first_look = 0;
    double first_upsert = 0;
    for (const std::uint64_t users : numbers) {
        growth.fill(users);
        StoreCalls cost = growth.measure();
        const double look = cost.looks.below(500);
        const double upsert = cost.upserts.below(500);
        if (users == numbers.front()) {
            first_look = look;
            first_upsert = upsert;
        }
        std::printf("%12llu %10.1f %10.1f %12.1f %10.2f %10.2f\n", static_cast<unsigned long long>(users),
                    look, upsert, cost.upserts.below(999), look / first_look, upsert / first_upsert);
        std::fflush(stdout);
    }
    growth.ask_again();
    growth.ask_alone(alone);
    growth.clean_up(beside);
}

}  // namespace
}  // namespace freshread

int main(int count, char** arguments) {
    constexpr int kFirstNumber = 3;
    if (count <= kFirstNumber) {
        std::fputs("usage: store_growth STORE DIRECTORY USERS...\n", stderr);
        return 2;
    }
    try {
        std::vector<std::uint64_t> numbers;
        for (int number = kFirstNumber; number < count; ++number)
            numbers.push_back(std::strtoull(arguments[number], nullptr, 10));
        freshread::run(arguments[1], arguments[2], numbers);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "store_growth: %s\n", error.what());
        return 1;
    }
    return 0;
}
