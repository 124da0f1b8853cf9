// What a look and an upsert cost in a store of a few users, and in the same store with many.
//
//     store_growth STORE DIRECTORY MANY        redis://127.0.0.1 /tmp/x 1000000
//
// DIRECTORY is where sqlite: keeps its file. Prints the median microseconds of each, and the ratio.
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
constexpr std::uint64_t kFew = 1000;
constexpr std::size_t kMeasured = 3000;

UserKey user(std::uint64_t number) {
    return user_key("", std::to_string(number));
}

Position at(std::uint64_t lsn) {
    return {kCluster, 1, lsn};
}

struct Cost {
    double look = 0;
    double upsert = 0;
};

double median(std::vector<double>& times) {
    std::ranges::nth_element(times, times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2));
    return times[times.size() / 2];
}

template <typename Call>
double microseconds(Call call) {
    const BootTime begun = boot_now();
    call();
    return static_cast<double>((boot_now() - begun).count()) / 1000;
}

// An upsert is what a write does: open and close.
Cost measure(UserStore& store, std::uint64_t users, std::uint64_t& sequence) {
    std::mt19937_64 random(1);  // NOLINT(cert-msc51-cpp): the same users every time
    std::vector<double> looks;
    std::vector<double> upserts;
    for (std::size_t round = 0; round < kMeasured; ++round) {
        const UserKey one = user(random() % users);
        const UserKey other = user(random() % users);
        ++sequence;
        upserts.push_back(microseconds([&] {
            store.open(one, 1, sequence);
            store.close(one, 1, sequence, at(1000 + sequence), BootTime(0));
        }));
        looks.push_back(microseconds([&] { static_cast<void>(store.look(other)); }));
    }
    return {median(looks), median(upserts)};
}

void run(const char* url, const char* directory, std::uint64_t many) {
    UserStore store({.url = parse_store_url(url),
                     .directory = directory,
                     .cluster = kCluster,
                     .timeout = std::chrono::seconds(60)});
    std::uint64_t sequence = 0;
    const auto fill = [&](std::uint64_t from, std::uint64_t to) {
        for (std::uint64_t number = from; number < to; ++number)
            store.close(user(number), 1, 0, at(1000 + number), BootTime(0));
    };
    fill(0, kFew);
    const Cost few = measure(store, kFew, sequence);
    fill(kFew, many);
    const Cost full = measure(store, many, sequence);
    std::printf("%s\n%12s %10s %10s\n", shown_store_url(url).c_str(), "users", "look us", "upsert us");
    std::printf("%12llu %10.1f %10.1f\n", static_cast<unsigned long long>(kFew), few.look, few.upsert);
    std::printf("%12llu %10.1f %10.1f\n", static_cast<unsigned long long>(many), full.look, full.upsert);
    std::printf("%12s %10.2f %10.2f\n", "ratio", full.look / few.look, full.upsert / few.upsert);
    // How long a look waits while another thread cleans up: base covers all by then.
    store.leader_sampled(at(1), boot_now() + std::chrono::minutes(5));
    std::atomic<bool> over{false};
    std::thread cleaning([&] {
        for (int round = 0; round < 100; ++round) store.replicas_applied(at(1000 + many + sequence));
        over = true;
    });
    std::vector<double> looks;
    while (!over) looks.push_back(microseconds([&] { static_cast<void>(store.look(user(looks.size()))); }));
    cleaning.join();
    std::ranges::sort(looks);
    std::printf(
        "%zu looks during 100 rounds of clean-up: median %.1f us, 99.9 %% below %.1f us, longest %.1f us\n",
        looks.size(), median(looks), looks[looks.size() * 999 / 1000], looks.back());
}

}  // namespace
}  // namespace freshread

int main(int count, char** arguments) {
    if (count != 4) {
        std::fputs("usage: store_growth STORE DIRECTORY MANY\n", stderr);
        return 2;
    }
    try {
        freshread::run(arguments[1], arguments[2], std::strtoull(arguments[3], nullptr, 10));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "store_growth: %s\n", error.what());
        return 1;
    }
    return 0;
}
