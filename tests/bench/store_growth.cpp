// What a look and an upsert cost in a store of a few users, and in the same store with many; and how long
// others wait while entries that base covers are deleted.
//
//     store_growth STORE DIRECTORY USERS...        redis://127.0.0.1 /tmp/x 1000 1000000
//
// DIRECTORY is where sqlite: keeps its file. Prints microseconds: medians, and what 99.9 per cent of the
// upserts stay below; and the ratios to the first number of users.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <random>
#include <thread>
#include <vector>

#include "state/user_key.h"
#include "state/user_store.h"

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

struct Cost {
    double look = 0;
    double upsert = 0;
    double slow_upsert = 0;
};

// Of sorted ones.
double part(const std::vector<double>& times, std::size_t thousandths) {
    return times.empty() ? 0 : times[(times.size() - 1) * thousandths / 1000];
}

template <typename Call>
double microseconds(Call call) {
    const BootTime begun = boot_now();
    call();
    return static_cast<double>((boot_now() - begun).count()) / 1000;
}

class Growth {
 public:
    Growth(const char* url, const char* directory)
        : store_({.url = parse_store_url(url),
                  .directory = directory,
                  .cluster = kCluster,
                  .timeout = std::chrono::seconds(60)}) {}

    void fill(std::uint64_t users) {
        for (; users_ < users; ++users_) store_.close(user(users_), 1, 0, at(1000 + users_), BootTime(0));
    }

    // An upsert is what a write does: open and close.
    Cost measure() {
        std::vector<double> looks;
        std::vector<double> upserts;
        for (std::size_t round = 0; round < kMeasured; ++round) {
            const UserKey one = user(random_() % users_);
            const UserKey other = user(random_() % users_);
            upserts.push_back(microseconds([&] { upsert(one); }));
            looks.push_back(microseconds([&] { static_cast<void>(store_.look(other)); }));
        }
        std::ranges::sort(looks);
        std::ranges::sort(upserts);
        return {part(looks, 500), part(upserts, 500), part(upserts, 999)};
    }

    // How long a look and an upsert wait while another thread cleans up: base covers nearly all by then.
    void clean_up() {
        store_.leader_sampled(at(1), boot_now() + std::chrono::minutes(5));
        std::atomic<bool> over{false};
        std::vector<double> cleanups;
        const std::uint64_t covered = 1000 + users_ + sequence_;
        std::thread cleaning([&] {
            for (std::size_t round = 0; round < kCleanups; ++round)
                cleanups.push_back(microseconds([&] { store_.replicas_applied(at(covered)); }));
            over = true;
        });
        std::vector<double> waits;
        while (!over) {
            const UserKey one = user(random_() % users_);
            waits.push_back(microseconds([&] { static_cast<void>(store_.look(one)); }));
            waits.push_back(microseconds([&] { upsert(one); }));
        }
        cleaning.join();
        std::ranges::sort(waits);
        std::ranges::sort(cleanups);
        std::printf(
            "%zu looks and upserts during %zu rounds of clean-up: median %.1f us, 99.9 %% below %.1f us,"
            " longest %.1f us; a round of clean-up: median %.1f us, longest %.1f us\n",
            waits.size(), cleanups.size(), part(waits, 500), part(waits, 999), part(waits, 1000),
            part(cleanups, 500), part(cleanups, 1000));
    }

 private:
    void upsert(const UserKey& one) {
        ++sequence_;
        store_.open(one, 1, sequence_);
        store_.close(one, 1, sequence_, at(1000 + users_ + sequence_), BootTime(0));
    }

    UserStore store_;
    std::uint64_t users_ = 0;
    std::uint64_t sequence_ = 0;
    std::mt19937_64 random_{1};  // NOLINT(cert-msc51-cpp): the same users every time
};

void run(const char* url, const char* directory, const std::vector<std::uint64_t>& numbers) {
    Growth growth(url, directory);
    std::printf("%s\n%12s %10s %10s %12s %10s %10s\n", shown_store_url(url).c_str(), "users", "look us",
                "upsert us", "99.9 % us", "look", "upsert");
    Cost first;
    for (const std::uint64_t users : numbers) {
        growth.fill(users);
        const Cost cost = growth.measure();
        if (users == numbers.front()) first = cost;
        std::printf("%12llu %10.1f %10.1f %12.1f %10.2f %10.2f\n", static_cast<unsigned long long>(users),
                    cost.look, cost.upsert, cost.slow_upsert, cost.look / first.look,
                    cost.upsert / first.upsert);
        std::fflush(stdout);
    }
    growth.clean_up();
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
