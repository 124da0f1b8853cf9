// The worker processes of a run, as the coordinator starts, disturbs and watches them. Each is this program
// again, started anew by fork and exec.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/consistency/scoreboard.h"

namespace freshread::consistency {

class Workers {
 public:
    struct Options {
        std::string scoreboard{};
        std::string history{};
        std::string connection_string{};
        std::string tokens{};  // as Application's
    };
    Workers(Options options, Scoreboard& scoreboard, std::uint64_t seed);
    ~Workers();  // ends those that are left
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    void start_all();
    // Starts those anew that were killed; notes those that ended by themselves and threads that do not come
    // back from a call.
    void watch();
    void kill(int process);
    void stop(int process);
    void go_on(int process);
    // Waits until all have ended, after the scoreboard said stop. Notes those that do not.
    void join();

    // What workers did that no application should: crashes, hangs.
    [[nodiscard]] const std::vector<std::string>& findings() const { return findings_; }
    [[nodiscard]] pid_t id(int process) const { return workers_.at(static_cast<std::size_t>(process)).id; }

 private:
    struct Worker {
        pid_t id = 0;
        bool killed = false;
        std::int64_t stopped_at = 0;  // 0: it runs
        std::int64_t resumed_at = 0;
        bool hang_told = false;
    };
    void start(int process);
    void ended(int process, int status);
    void look_for_hangs(int process);

    Options options_;
    Scoreboard& scoreboard_;
    std::mt19937_64 random_;
    std::array<Worker, kProcesses> workers_{};
    std::vector<std::string> findings_{};
};

}  // namespace freshread::consistency
