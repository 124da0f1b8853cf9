#include "tests/consistency/disturbances.h"

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string_view>
#include <utility>

#include "tests/driver/test_cluster.h"

namespace freshread::consistency {

namespace {

std::int64_t nanoseconds(double seconds) {
    return static_cast<std::int64_t>(seconds * 1e9);
}

// Processes that serve Freshread's connections.
constexpr const char* kClients = "backend_type = 'client backend' and usename <> 'postgres'";

// A server that is away is a reason to leave it alone, not to fail.
template <typename Call>
bool attempt(Call call) {
    try {
        return call();
    } catch (const std::exception&) {
        return false;
    }
}

std::string choose(const std::string& node, const std::string& condition) {
    return test::on_node(node, "select pid from pg_stat_activity where " + std::string(kClients) + condition +
                                   " order by random() limit 1");
}

}  // namespace

Disturbances::Disturbances(Scoreboard& scoreboard, Workers& workers, Store store, std::uint64_t seed,
                           double pace, const Which& which)
    : scoreboard_(scoreboard),
      workers_(workers),
      store_(std::move(store)),
      random_(seed),
      pace_(pace),
      kinds_{
          {"replay paused", 1.2, &Disturbances::pause_replay},
          {"replay delayed", 2.0, &Disturbances::delay_replay},
          {"worker killed", 2.5, &Disturbances::kill_worker},
          {"worker stopped", 1.2, &Disturbances::stop_worker},
          {"backend of the leader ended", 1.5, &Disturbances::end_leader_backend},
          {"backend of the leader ended in COMMIT", 1.5, &Disturbances::end_committing_backend},
          {"backend of the replica ended", 1.0, &Disturbances::end_replica_backend},
          {"replica crash-restarted", 9.0, &Disturbances::crash_replica},
          {"replica crash-restarted for a new worker", 13.0, &Disturbances::crash_replica_for_new_worker},
          {"replica killed", 13.0, &Disturbances::kill_replica},
          {"leader crash-restarted", 20.0, &Disturbances::crash_leader},
          {"store deleted", 7.0, &Disturbances::delete_store},
          {"state directory emptied", 15.0, &Disturbances::delete_state},
          {"store damaged", 7.0, &Disturbances::damage_store},
      } {
    std::erase_if(kinds_, [&](const Kind& kind) {
        const auto named = [&kind](const std::string& part) {
            return std::string_view(kind.name).find(part) != std::string_view::npos;
        };
        return (!which.without.empty() && named(which.without)) ||
               (!which.only.empty() && std::none_of(which.only.begin(), which.only.end(), named));
    });
    for (Kind& kind : kinds_) kind.due = boot_nanoseconds() + nanoseconds(exponential(kind.interval) / pace_);
}

void Disturbances::advance() {
    const std::int64_t now = boot_nanoseconds();
    while (!undos_.empty() && undos_.begin()->first <= now) {
        const Undo undo = std::move(undos_.extract(undos_.begin()).mapped());
        note(undo.what);
        attempt([&] { return undo.act(), true; });
    }
    for (Kind& kind : kinds_) {
        if (kind.due > now) continue;
        if (attempt([&] { return (this->*kind.act)(); })) ++counts_[kind.name];
        kind.due = boot_nanoseconds() + nanoseconds(exponential(kind.interval) / pace_);
    }
}

void Disturbances::end() {
    while (!undos_.empty()) {
        const Undo undo = std::move(undos_.extract(undos_.begin()).mapped());
        note(undo.what);
        attempt([&] { return undo.act(), true; });
    }
    const auto settled = [](const std::string& node, const std::string& sql) {
        return test::eventually([&] { return attempt([&] { return test::on_node(node, sql), true; }); });
    };
    (void)settled("leader", "select 1");
    (void)settled("replica1", "select pg_wal_replay_resume()");
}

double Disturbances::exponential(double mean) {
    return std::exponential_distribution<double>(1 / mean)(random_);
}

double Disturbances::uniform(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random_);
}

void Disturbances::note(const std::string& what) {
    log_.push_back({boot_nanoseconds(), what});
}

void Disturbances::later(double seconds, std::string what, std::function<void()> act) {
    undos_.emplace(boot_nanoseconds() + nanoseconds(seconds), Undo{std::move(what), std::move(act)});
}

bool Disturbances::pause_replay() {
    note("replay paused");
    test::on_node("replica1", "select pg_wal_replay_pause()");
    later(uniform(0.05, 1.5), "replay resumed",
          [] { test::on_node("replica1", "select pg_wal_replay_resume()"); });
    return true;
}

void Disturbances::delay_replay_by(int milliseconds) {
    const auto set = [](const std::string& delay) {
        test::on_node("replica1", "alter system set recovery_min_apply_delay = '" + delay + "'");
        test::on_node("replica1", "select pg_reload_conf()");
    };
    const std::string delay = std::to_string(milliseconds) + "ms";
    note("replay delayed by " + delay);
    set(delay);
    later(uniform(0.2, 1.5), "replay not delayed", [set] {
        // It may be starting.
        (void)test::eventually([set] { return attempt([set] { return set("0"), true; }); },
                               std::chrono::seconds(1));
    });
}

bool Disturbances::delay_replay() {
    delay_replay_by(5 + random(400));
    return true;
}

bool Disturbances::kill_worker() {
    const int process = random(kProcesses);
    note("worker " + std::to_string(workers_.id(process)) + " killed");
    workers_.kill(process);
    return true;
}

bool Disturbances::stop_worker() {
    stop(random(kProcesses), uniform(0.02, 1.8));
    return true;
}

void Disturbances::stop(int process, double seconds) {
    const std::string name = "worker " + std::to_string(workers_.id(process));
    note(name + " stopped");
    workers_.stop(process);
    later(seconds, name + " goes on", [this, process] { workers_.go_on(process); });
}

bool Disturbances::end_backend(const std::string& condition, const std::string& what) {
    const std::string backend = choose("leader", condition);
    if (backend.empty()) return false;
    // Noted before it is done, so that whoever sees the error finds the reason.
    const std::uint32_t place = scoreboard_.killed_count.load() % kKilledBackends;
    scoreboard_.killed.at(place).store(std::stoi(backend));
    ++scoreboard_.killed_count;
    scoreboard_.killed_last.store(boot_nanoseconds());
    note(what + " " + backend);
    test::on_node("leader", "select pg_terminate_backend(" + backend + ")");
    return true;
}

bool Disturbances::end_leader_backend() {
    return end_backend("", "leader's backend ended:");
}

bool Disturbances::end_committing_backend() {
    return end_backend(" and state = 'active' and query ~* '^commit'", "leader's backend ended in COMMIT:");
}

bool Disturbances::end_replica_backend() {
    const std::string backend = choose("replica1", "");
    if (backend.empty()) return false;
    note("replica's backend ended: " + backend);
    test::on_node("replica1", "select pg_terminate_backend(" + backend + ")");
    return true;
}

// One backend killed the hard way: the server starts anew from its last restart point, under the same
// postmaster, and what it had replayed since is gone: for a moment, or until replay is not delayed any more.
bool Disturbances::crash_replica() {
    const std::string backend = choose("replica1", "");
    if (backend.empty()) return false;
    if (random(2) == 0) delay_replay_by(2000);
    note("replica's backend killed: " + backend);
    return ::kill(std::stoi(backend), SIGKILL) == 0;
}

// Nobody sees it but a process that begins then: what it finds was sampled before.
bool Disturbances::crash_replica_for_new_worker() {
    delay_replay_by(2000);
    const int begins = random(kProcesses);
    for (int process = 0; process < kProcesses; ++process)
        if (process != begins) stop(process, uniform(0.5, 1.5));
    const bool crashed = crash_replica();
    note("worker " + std::to_string(workers_.id(begins)) + " killed");
    workers_.kill(begins);
    return crashed;
}

bool Disturbances::kill_replica() {
    if (replica_down_) return false;
    note("replica killed");
    test::cluster("kill replica1");
    replica_down_ = true;
    later(uniform(0.0, 1.0), "replica started", [this] {
        replica_down_ = false;
        test::cluster("start replica1");
    });
    return true;
}

bool Disturbances::crash_leader() {
    const std::string backend = choose("leader", "");
    if (backend.empty()) return false;
    note("leader's backend killed: " + backend);
    scoreboard_.leader_away_until.store(std::numeric_limits<std::int64_t>::max());
    const bool crashed = ::kill(std::stoi(backend), SIGKILL) == 0;
    // Answered by a connection made after the crash was noticed: those made before are ended by it.
    (void)test::eventually([] { return !attempt([] { return test::on_node("leader", "select 1"), true; }); },
                           std::chrono::seconds(1));
    (void)test::eventually([] { return attempt([] { return test::on_node("leader", "select 1"), true; }); });
    scoreboard_.leader_away_until.store(boot_nanoseconds());
    note("leader is back");
    return crashed;
}

bool Disturbances::delete_store() {
    note("store deleted");
    if (store_.redis != nullptr) return store_.redis->command({"FLUSHALL"}), true;
    return std::filesystem::remove(store_.directory + "/positions.db");
}

bool Disturbances::delete_state() {
    note("state directory emptied");
    for (const auto& entry : std::filesystem::directory_iterator(store_.directory))
        std::filesystem::remove(entry.path());
    return true;
}

bool Disturbances::damage_store() {
    if (store_.redis != nullptr) {
        note("store killed and started");
        store_.redis->kill();
        store_.redis->start();
        return true;
    }
    const std::string file = store_.directory + "/positions.db";
    const auto size = std::filesystem::file_size(file);
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    if (!stream || size == 0) return false;
    // From a few bytes to a third of the file, or the file cut short.
    if (random(6) == 0) {
        const auto length = static_cast<std::uintmax_t>(random_() % size);
        note("store cut to " + std::to_string(length) + " bytes");
        std::filesystem::resize_file(file, length);
        return true;
    }
    const auto at = static_cast<std::streamoff>(random_() % size);
    const int bytes = random(2) == 0 ? 1 + random(16) : 1 + random(static_cast<int>(size / 3));
    note("store damaged: " + std::to_string(bytes) + " bytes at " + std::to_string(at));
    stream.seekp(at);
    for (int i = 0; i < bytes; ++i) stream.put(static_cast<char>(random_()));
    return true;
}

}  // namespace freshread::consistency
