// What goes wrong in a run: at random times, each kind with a mean interval of its own, some undone a little
// later. Runs on the coordinator's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/consistency/history.h"
#include "tests/consistency/scoreboard.h"
#include "tests/consistency/workers.h"
#include "tests/stores/redis_server.h"

namespace freshread::consistency {

class Disturbances {
 public:
    // Where users are kept.
    struct Store {
        std::string directory;
        test::RedisServer* redis = nullptr;  // not in a file
    };
    // Of which kinds, by parts of their names.
    struct Which {
        std::vector<std::string> only{};  // empty: all
        std::string without{};            // empty: none left out
    };
    // `pace`: how many times as often as usual.
    Disturbances(Scoreboard& scoreboard, Workers& workers, Store store, std::uint64_t seed, double pace,
                 const Which& which);

    // Does what is due.
    void advance();
    // Undoes what is not undone yet: the servers run and replay, the workers go on.
    void end();

    [[nodiscard]] const std::vector<Disturbance>& log() const { return log_; }
    [[nodiscard]] const std::map<std::string, int>& counts() const { return counts_; }

 private:
    struct Kind {
        const char* name;
        double interval;              // seconds
        bool (Disturbances::*act)();  // false when there was nothing to do it to
        std::int64_t due = 0;
    };

    bool pause_replay();
    bool delay_replay();
    bool kill_worker();
    bool stop_worker();
    bool end_leader_backend();
    bool end_committing_backend();
    bool end_replica_backend();
    bool crash_replica();
    bool crash_replica_for_new_worker();
    bool kill_replica();
    bool crash_leader();
    bool delete_store();
    bool delete_state();
    bool damage_store();

    void delay_replay_by(int milliseconds);
    void stop(int process, double seconds);
    void later(double seconds, std::string what, std::function<void()> act);
    void note(const std::string& what);
    bool end_backend(const std::string& condition, const std::string& what);
    [[nodiscard]] double exponential(double mean);
    [[nodiscard]] double uniform(double low, double high);
    [[nodiscard]] int random(int below) {
        return static_cast<int>(random_() % static_cast<std::uint64_t>(below));
    }

    struct Undo {
        std::string what;
        std::function<void()> act;
    };

    Scoreboard& scoreboard_;
    Workers& workers_;
    const Store store_;
    std::mt19937_64 random_;
    const double pace_;
    std::vector<Kind> kinds_;
    std::multimap<std::int64_t, Undo> undos_{};
    std::vector<Disturbance> log_{};
    std::map<std::string, int> counts_{};
    bool replica_down_ = false;
};

}  // namespace freshread::consistency
