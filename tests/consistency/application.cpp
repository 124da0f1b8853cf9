#include "tests/consistency/application.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

namespace freshread::consistency {

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

// Asked of the leader by the function itself, whose answer depends on the node.
std::int32_t leader_backend_of(test::Client& client) {
    return std::stoi(client.value("select pg_backend_pid()"));
}

}  // namespace

Link::Link(const std::string& connection_string, bool autocommit)
    : opened(boot_nanoseconds()), client(connection_string), leader_backend(leader_backend_of(client)) {
    if (!autocommit) client.set_autocommit(false);
}

Application::Application(const Options& options, Scoreboard& scoreboard)
    : options_(options),
      scoreboard_(scoreboard),
      user_(user_of(options.process, options.thread)),
      connection_string_(options.connection_string + ";User=user" + std::to_string(user_)),
      random_(options.seed),
      history_(options.history + "/" + std::to_string(::getpid()) + "-" + std::to_string(options.thread)) {
    if (!options.tokens.empty()) tokens_.emplace(options.tokens, user_, options.process, options.thread);
}

void Application::run() {
    while (!scoreboard_.stop.load()) {
        used_ = nullptr;
        try {
            step();
        } catch (const test::OdbcError& error) {
            failed(error, activity_, used_);
        }
        std::this_thread::sleep_for(std::chrono::microseconds(random(2000)));  // what an application computes
    }
    // The connections end before the thread does, and what they have to settle with them.
    doing(Activity::Connecting);
    writer_.reset();
    reader_.reset();
    manual_.reset();
    scoreboard_.heartbeats.at(static_cast<std::size_t>(options_.process))
        .at(static_cast<std::size_t>(options_.thread))
        .at.store(0);
}

void Application::step() {
    for (auto* place : {&writer_, &reader_, &manual_}) drop_broken(*place);
    // A user's threads write in the same phases, now and then in the next, and then let replicas catch up: a
    // position that is not the last one would be covered by the next write.
    constexpr std::int64_t kPhase = 400 * kMillisecond;
    constexpr std::array<int, 3> kWrites{40, 1, 0};  // per cent
    const auto phase = static_cast<std::size_t>(boot_nanoseconds() / kPhase + user_) % kWrites.size();
    if (chance(kWrites.at(phase)))
        write();
    else
        read();
    // Now and then a connection is new.
    if (chance(1)) (chance(50) ? reader_ : writer_).reset();
}

Link& Application::link(std::unique_ptr<Link>& place, bool autocommit) {
    if (!place) {
        const Activity before = activity_;
        doing(Activity::Connecting);
        connecting_since_ = boot_nanoseconds();
        place = std::make_unique<Link>(connection_string_, autocommit);
        connecting_since_ = 0;
        doing(before);
    }
    used_ = place.get();
    return *place;
}

// A connection whose leader is gone is used on for a while: its reads may still be served by a replica.
void Application::drop_broken(std::unique_ptr<Link>& place) {
    if (place && place->broken && chance(25)) place.reset();
}

bool Application::explained(const Link* link) const {
    const std::int64_t opened = link != nullptr ? link->opened : connecting_since_;
    if (opened <= scoreboard_.leader_away_until.load()) return true;
    // A connection that was ended before it could tell who serves it.
    if (link == nullptr) return opened < scoreboard_.killed_last.load() + 500 * kMillisecond;
    const std::size_t count = std::min<std::size_t>(scoreboard_.killed_count.load(), kKilledBackends);
    for (std::size_t i = 0; i < count; ++i)
        if (scoreboard_.killed.at(i).load() == link->leader_backend) return true;
    return false;
}

void Application::failed(const test::OdbcError& error, Activity activity, Link* link) {
    const bool expected = explained(link);
    if (link != nullptr) link->broken = true;
    connecting_since_ = 0;
    if (expected) {
        ++scoreboard_.expected_errors;
        return;
    }
    const auto number = static_cast<std::size_t>(scoreboard_.unexpected_errors++);
    if (number >= scoreboard_.unexpected_at.size()) return;
    scoreboard_.unexpected_at.at(number).store(boot_nanoseconds());
    std::fprintf(stderr,
                 "%.6f process %d thread %d user %d: error in '%s' (leader backend %d, reason '%s'): %s\n",
                 static_cast<double>(boot_nanoseconds() - scoreboard_.started.load()) / 1e9, ::getpid(),
                 options_.thread, user_, std::string(name_of(activity)).c_str(),
                 link != nullptr ? link->leader_backend : 0,
                 link != nullptr ? link->client.reason().c_str() : "", error.what());
}

void Application::doing(Activity activity) {
    activity_ = activity;
    auto& heartbeat = scoreboard_.heartbeats.at(static_cast<std::size_t>(options_.process))
                          .at(static_cast<std::size_t>(options_.thread));
    heartbeat.doing.store(static_cast<std::int32_t>(activity));
    heartbeat.at.store(boot_nanoseconds());
}

std::string Application::row(int key) const {
    return "owner = " + std::to_string(user_) + " and key = " + std::to_string(key);
}

int run_worker(const std::string& scoreboard_path, const Application::Options& options) {
    Scoreboard& scoreboard = map_scoreboard(scoreboard_path, false);
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int thread = 0; thread < kThreads; ++thread)
        threads.emplace_back([&, thread] {
            Application::Options own = options;
            own.thread = thread;
            own.seed = options.seed * 31 + static_cast<std::uint64_t>(thread);
            Application(own, scoreboard).run();
        });
    for (std::thread& thread : threads) thread.join();
    return 0;
}

}  // namespace freshread::consistency
