// consistency: tries to break invariant I1 on real servers. Run it inside tests/cluster/cluster run.
//
// Several processes with several threads, each thread an application of one of a few users, write and read
// counters of their user while everything around them goes wrong. A read that misses a write which had
// returned success before the read began, in whichever process, is a violation; so is an error that the
// leader did not give, a crash, and a call that does not return. The checker reports nothing when it cannot
// have found anything: too few reads on the replica fail a run.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/consistency/application.h"
#include "tests/consistency/disturbances.h"
#include "tests/consistency/history.h"
#include "tests/consistency/scoreboard.h"
#include "tests/consistency/workers.h"
#include "tests/driver/test_cluster.h"
#include "tests/stores/redis_server.h"

namespace freshread::consistency {
namespace {

constexpr const char* kUsage = R"(usage: consistency [options], inside tests/cluster/cluster run

  --seconds N          how long (60; with FRESHREAD_LONG=1: 3600)
  --seed N             of everything that is random; printed
  --policy NAME        Policy= of all connections (position); with `token` the applications hand tokens on
  --keywords TEXT      more of the connection string, e.g. "MarkAge=200ms;Monitor=none"
  --pace X             disturbances X times as often (1); 0: none
  --only TEXT          no disturbances but those whose name contains it, e.g. "replica crash"; repeatable
  --without TEXT       no disturbances whose name contains it, e.g. "store"
  --least-share N      per cent of the reads that the replica has to serve (5)
  --expect-violation   replay stays paused, and a run that finds no violation fails
  --disturbed          with --expect-violation: replay is not paused, everything goes wrong as usual
  --redis              users are kept in a Redis server, which is emptied and killed instead of the file
  --history DIRECTORY  keep the events there
)";

struct Options {
    int seconds = 60;
    std::uint64_t seed = 0;
    std::string policy = "position";
    std::string keywords{};
    double pace = 1;
    Disturbances::Which disturbances{};
    double least_share = 5;
    bool expect_violation = false;
    bool disturbed = false;
    bool redis = false;
    std::string history{};

    [[nodiscard]] bool paused() const { return expect_violation && !disturbed; }
};

Options parse(const std::vector<std::string>& arguments) {
    Options options;
    if (std::getenv("FRESHREAD_LONG") != nullptr) options.seconds = 3600;
    options.seed = std::random_device{}();
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& name = arguments[i];
        if (name == "--expect-violation" || name == "--disturbed" || name == "--redis") {
            options.expect_violation = options.expect_violation || name == "--expect-violation";
            options.disturbed = options.disturbed || name == "--disturbed";
            options.redis = options.redis || name == "--redis";
            continue;
        }
        if (i + 1 == arguments.size()) throw std::invalid_argument(name);
        const std::string& value = arguments[++i];
        if (name == "--seconds")
            options.seconds = std::stoi(value);
        else if (name == "--seed")
            options.seed = std::stoull(value);
        else if (name == "--policy")
            options.policy = value;
        else if (name == "--keywords")
            options.keywords = value;
        else if (name == "--pace")
            options.pace = std::stod(value);
        else if (name == "--without")
            options.disturbances.without = value;
        else if (name == "--only")
            options.disturbances.only.push_back(value);
        else if (name == "--least-share")
            options.least_share = std::stod(value);
        else if (name == "--history")
            options.history = value;
        else
            throw std::invalid_argument(name);
    }
    return options;
}

void make_tables() {
    for (const char* sql : {
             "drop table if exists counter cascade",
             "create table counter (owner int, key int, value bigint not null, "
             "slow double precision not null default 0, primary key (owner, key))",
             "create or replace function raise_counter(o int, k int, v bigint) returns bigint language sql "
             "volatile "
             "as 'update counter set value = greatest(value, v), slow = 0 where owner = o and key = k "
             "returning value'",
             "create or replace procedure raise_and_commit(o int, k int, v bigint) language plpgsql as "
             "'begin update counter set value = greatest(value, v), slow = 0 where owner = o and key = k; "
             "commit; "
             "end'",
             "create or replace function wait_at_commit() returns trigger language plpgsql as "
             "'begin perform pg_sleep(new.slow); return null; end'",
             "create constraint trigger slow after update on counter deferrable initially deferred "
             "for each row when (new.slow > 0) execute function wait_at_commit()",
             "grant all on counter to public",
         })
        test::on_node("leader", sql);
    test::on_node("leader", "insert into counter select o, k, 0 from generate_series(0, " +
                                std::to_string(kUsers - 1) + ") o, generate_series(0, " +
                                std::to_string(kKeys - 1) + ") k");
    test::cluster("wait replica1");
}

int report(const Options& options, const Summary& summary, const Scoreboard& scoreboard,
           const Workers& workers, const Disturbances& disturbances) {
    const double share = summary.reads > 0 ? 100.0 * static_cast<double>(summary.reads_on_replica) /
                                                 static_cast<double>(summary.reads)
                                           : 0;
    std::printf("\nseed %llu, policy %s %s, %d s\n", static_cast<unsigned long long>(options.seed),
                options.policy.c_str(), options.keywords.c_str(), options.seconds);
    std::printf("writes: %lld, of unknown outcome: %lld\n", static_cast<long long>(summary.writes),
                static_cast<long long>(summary.unknown_outcomes));
    std::printf("reads: %lld, on the replica: %lld (%.1f %%)\n", static_cast<long long>(summary.reads),
                static_cast<long long>(summary.reads_on_replica), share);
    std::printf("reads by reason:");
    for (std::size_t reason = 0; reason < summary.reads_by_reason.size(); ++reason)
        if (summary.reads_by_reason[reason] > 0)
            std::printf(" %s %lld", std::string(reason_name(static_cast<std::uint8_t>(reason))).c_str(),
                        static_cast<long long>(summary.reads_by_reason[reason]));
    std::printf("\ndisturbances:");
    for (const auto& [name, count] : disturbances.counts()) std::printf(" %s %d,", name.c_str(), count);
    std::printf("\nerrors of the leader's: %lld; others: %lld\n",
                static_cast<long long>(scoreboard.expected_errors.load()),
                static_cast<long long>(scoreboard.unexpected_errors.load()));
    std::printf("violations: %lld seen at once, %lld found in the history\n",
                static_cast<long long>(scoreboard.violations.load()),
                static_cast<long long>(summary.violation_count));
    for (const std::string& finding : workers.findings()) std::printf("FINDING: %s\n", finding.c_str());
    if (options.expect_violation) {
        const bool found = scoreboard.violations.load() > 0 && summary.violation_count > 0;
        std::printf("%s\n", found ? "a violation was expected and found" : "FAILED: no violation was found");
        return found ? 0 : 1;
    }
    for (const std::string& violation : summary.violations)
        std::printf("\nVIOLATION: %s\n", violation.c_str());
    for (const Disturbance& disturbance : disturbances.log()) {
        constexpr std::int64_t kBefore = 2'000'000'000;
        const bool told = std::any_of(
            scoreboard.unexpected_at.begin(), scoreboard.unexpected_at.end(), [&](const auto& error) {
                return disturbance.at <= error.load() && error.load() < disturbance.at + kBefore;
            });
        if (told)
            std::printf("before an error: %12.6f  %s\n",
                        static_cast<double>(disturbance.at - scoreboard.started.load()) / 1e9,
                        disturbance.what.c_str());
    }
    const bool meaningful = share >= options.least_share && summary.writes > 0;
    if (!meaningful) std::printf("FAILED: too few reads on the replica to mean anything\n");
    const bool clean = scoreboard.violations.load() == 0 && summary.violation_count == 0 &&
                       scoreboard.unexpected_errors.load() == 0 && workers.findings().empty();
    std::printf("%s\n", clean && meaningful ? "consistent" : "FAILED");
    return clean && meaningful ? 0 : 1;
}

int coordinate(const Options& options) {
    std::printf("seed %llu\n", static_cast<unsigned long long>(options.seed));
    std::fflush(stdout);
    std::mt19937_64 random(options.seed);
    make_tables();
    const std::unique_ptr<test::RedisServer> redis =
        options.redis ? std::make_unique<test::RedisServer>() : nullptr;
    const std::string state = test::warm_state_directory();
    const std::string store =
        redis ? "StoreTimeout=2s;Store=redis+unix://" + redis->socket() + ";" : std::string();
    const std::string scoreboard_path = test::setting("FRESHREAD_TEST_DIR") + "/scoreboard";
    const std::string history =
        options.history.empty() ? test::setting("FRESHREAD_TEST_DIR") + "/history" : options.history;
    std::filesystem::create_directories(history);
    Scoreboard& scoreboard = map_scoreboard(scoreboard_path, true);
    scoreboard.started.store(boot_nanoseconds());

    Workers workers({.scoreboard = scoreboard_path,
                     .history = history,
                     .connection_string =
                         test::freshread(state, "Policy=" + options.policy + ";" + store + options.keywords),
                     .tokens = options.policy == "token" ? test::setting("FRESHREAD_TEST_DIR") : ""},
                    scoreboard, random());
    Disturbances disturbances(scoreboard, workers, {state, redis.get()}, random(),
                              options.pace > 0 ? options.pace : 1, options.disturbances);
    if (options.paused()) test::cluster("pause replica1");
    workers.start_all();

    const std::int64_t end = boot_nanoseconds() + std::int64_t{options.seconds} * 1'000'000'000;
    constexpr std::int64_t kEnoughViolations = 20;
    while (boot_nanoseconds() < end) {
        workers.watch();
        if (!options.paused() && options.pace > 0) disturbances.advance();
        const std::int64_t violations = scoreboard.violations.load();
        if (violations >= (options.expect_violation ? 1 : kEnoughViolations)) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));  // the resolution of disturbances
    }
    scoreboard.stop.store(true);
    if (options.paused()) test::cluster("resume replica1");
    disturbances.end();
    workers.join();
    const Summary summary = check(read_histories(history), disturbances.log(), scoreboard.started.load());
    return report(options, summary, scoreboard, workers, disturbances);
}

}  // namespace
}  // namespace freshread::consistency

int main(int argc, char** argv) {
    using namespace freshread::consistency;
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    constexpr std::size_t kWorkerArguments = 7;
    try {
        if (arguments.size() == kWorkerArguments && arguments[0] == "--worker")
            return run_worker(arguments[1], {.process = std::stoi(arguments[2]),
                                             .thread = 0,
                                             .seed = std::stoull(arguments[3]),
                                             .connection_string = arguments[5],
                                             .history = arguments[4],
                                             .tokens = arguments[6]});
        return coordinate(parse(arguments));
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "not understood: %s\n%s", error.what(), kUsage);
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "consistency: %s\n", error.what());
        return 1;
    }
}
