// How long calls of a store take when many ask at once, and how many are not answered within StoreTimeout.
//
//     store_load STORE DIRECTORY PROCESSES THREADS SECONDS [THINK]        sqlite: /tmp/x 4 25 5 300
//
// Each thread goes on and on: nine looks, then a write, and in between THINK microseconds of work of its own,
// as long as a small statement takes a processor. Among a hundred users.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "state/user_key.h"
#include "state/user_store.h"
#include "tests/bench/processor_time.h"
#include "tests/bench/store_calls.h"

namespace freshread {
namespace {

constexpr std::uint64_t kCluster = 0xF000'0000'0000'0002U;
constexpr unsigned kUsers = 100;
constexpr unsigned kLooksPerWrite = 9;

struct Load {
    UserStore::Options store;
    unsigned threads = 1;
    std::chrono::microseconds think{0};
};

void work_for(std::chrono::microseconds time) {
    const auto until = processor_time() + time;
    while (processor_time() < until) {
    }
}

StoreCalls ask(UserStore& store, const Load& load, std::uint64_t seed, const AskingProcess::Over& over) {
    StoreCalls calls;
    std::mt19937_64 random(seed);
    const WriterId writer = random();
    std::uint64_t sequence = 0;
    const auto user = [&] { return user_key("", std::to_string(random() % kUsers)); };
    const auto counted = [](std::uint64_t& refused, auto call) {
        try {
            call();
        } catch (const StoreUnavailable&) {
            ++refused;
        }
    };
    for (unsigned turn = 0; !over(); ++turn) {
        const UserKey one = user();
        if (turn % (kLooksPerWrite + 1) == kLooksPerWrite) {
            ++sequence;
            counted(calls.refused_upserts, [&] {
                calls.upserts.time([&] {
                    store.open(one, writer, sequence);
                    store.close(one, writer, sequence, {kCluster, 1, 1000 + sequence}, BootTime(0));
                });
            });
        } else {
            counted(calls.refused_looks,
                    [&] { calls.looks.time([&] { static_cast<void>(store.look(one)); }); });
        }
        work_for(load.think);
    }
    return calls;
}

StoreCalls ask_with_all(const Load& load, std::uint64_t seed, const AskingProcess::Over& over) {
    UserStore store(load.store);
    std::vector<StoreCalls> found(load.threads);
    std::vector<std::thread> threads;
    threads.reserve(load.threads);
    for (unsigned thread = 0; thread < load.threads; ++thread)
        threads.emplace_back([&, thread] { found[thread] = ask(store, load, seed * 1000 + thread, over); });
    StoreCalls all;
    for (unsigned thread = 0; thread < load.threads; ++thread) {
        threads[thread].join();
        all.add(found[thread]);
    }
    return all;
}

void run(const Load& load, unsigned processes, std::chrono::seconds time) {
    std::vector<std::unique_ptr<AskingProcess>> beside;
    for (unsigned process = 0; process < processes; ++process)
        beside.push_back(
            std::make_unique<AskingProcess>([&](std::uint64_t seed, const AskingProcess::Over& over) {
                return ask_with_all(load, seed, over);
            }));
    {
        UserStore::Options patient = load.store;
        patient.timeout = std::chrono::seconds(10);
        UserStore store(patient);
        static_cast<void>(store.look(user_key("", "0")));
        store.leader_sampled({kCluster, 1, 1}, boot_now() + std::chrono::minutes(5));
    }
    for (unsigned process = 0; process < processes; ++process) beside[process]->start(process + 1);
    std::this_thread::sleep_for(time);
    StoreCalls all;
    for (const auto& process : beside) process->stop();
    for (const auto& process : beside) all.add(process->answer());
    all.print("all");
}

}  // namespace
}  // namespace freshread

int main(int count, char** arguments) {
    constexpr int kLeast = 6;
    if (count < kLeast) {
        std::fputs("usage: store_load STORE DIRECTORY PROCESSES THREADS SECONDS [THINK]\n", stderr);
        return 2;
    }
    try {
        const auto number = [&](int place) {
            return place < count ? std::strtoul(arguments[place], nullptr, 10) : 0UL;
        };
        const freshread::Load load{.store = {.url = freshread::parse_store_url(arguments[1]),
                                             .directory = arguments[2],
                                             .cluster = freshread::kCluster},
                                   .threads = static_cast<unsigned>(number(4)),
                                   .think = std::chrono::microseconds(number(kLeast))};
        freshread::run(load, static_cast<unsigned>(number(3)), std::chrono::seconds(number(5)));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "store_load: %s\n", error.what());
        return 1;
    }
    return 0;
}
