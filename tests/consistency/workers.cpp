#include "tests/consistency/workers.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <system_error>
#include <thread>
#include <utility>

#include "tests/consistency/history.h"

namespace freshread::consistency {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
// Longer than every statement, every wait for a row and every restart of a server together.
constexpr std::int64_t kHang = 40 * kSecond;

}  // namespace

Workers::Workers(Options options, Scoreboard& scoreboard, std::uint64_t seed)
    : options_(std::move(options)), scoreboard_(scoreboard), random_(seed) {}

Workers::~Workers() {
    for (const Worker& worker : workers_) {
        if (worker.id == 0) continue;
        ::kill(worker.id, SIGKILL);
        ::waitpid(worker.id, nullptr, 0);
    }
}

void Workers::start_all() {
    for (int process = 0; process < kProcesses; ++process) start(process);
}

void Workers::start(int process) {
    const std::string number = std::to_string(process);
    const std::string seed = std::to_string(random_());
    for (auto& heartbeat : scoreboard_.heartbeats.at(static_cast<std::size_t>(process)))
        heartbeat.at.store(0);
    const pid_t coordinator = ::getpid();
    const pid_t id = ::fork();
    if (id < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (id == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != coordinator) ::_exit(127);
        ::execl("/proc/self/exe", "consistency", "--worker", options_.scoreboard.c_str(), number.c_str(),
                seed.c_str(), options_.history.c_str(), options_.connection_string.c_str(),
                options_.tokens.c_str(), nullptr);
        ::_exit(127);
    }
    workers_.at(static_cast<std::size_t>(process)) = {.id = id};
}

void Workers::ended(int process, int status) {
    Worker& worker = workers_.at(static_cast<std::size_t>(process));
    const bool regular = WIFEXITED(status) && WEXITSTATUS(status) == 0 && scoreboard_.stop.load();
    const bool killed = worker.killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    if (!regular && !killed)
        findings_.push_back("worker " + std::to_string(worker.id) +
                            (WIFSIGNALED(status) ? " died of signal " + std::to_string(WTERMSIG(status))
                                                 : " ended with " + std::to_string(WEXITSTATUS(status))));
    worker = {};
}

void Workers::watch() {
    for (int process = 0; process < kProcesses; ++process) {
        Worker& worker = workers_.at(static_cast<std::size_t>(process));
        int status = 0;
        if (worker.id != 0 && ::waitpid(worker.id, &status, WNOHANG) == worker.id) ended(process, status);
        if (worker.id == 0 && !scoreboard_.stop.load()) start(process);
        look_for_hangs(process);
    }
}

void Workers::look_for_hangs(int process) {
    Worker& worker = workers_.at(static_cast<std::size_t>(process));
    if (worker.id == 0 || worker.stopped_at != 0 || worker.hang_told) return;
    for (int thread = 0; thread < kThreads; ++thread) {
        const auto& heartbeat =
            scoreboard_.heartbeats.at(static_cast<std::size_t>(process)).at(static_cast<std::size_t>(thread));
        const std::int64_t at = heartbeat.at.load();
        if (at == 0 || boot_nanoseconds() - std::max(at, worker.resumed_at) < kHang) continue;
        worker.hang_told = true;
        findings_.push_back("worker " + std::to_string(worker.id) + " thread " + std::to_string(thread) +
                            " does not come back from '" +
                            std::string(name_of(static_cast<Activity>(heartbeat.doing.load()))) + "'");
        std::fprintf(stderr, "HANG: %s\n", findings_.back().c_str());
    }
}

void Workers::kill(int process) {
    Worker& worker = workers_.at(static_cast<std::size_t>(process));
    if (worker.id == 0) return;
    worker.killed = true;
    ::kill(worker.id, SIGKILL);
}

void Workers::stop(int process) {
    Worker& worker = workers_.at(static_cast<std::size_t>(process));
    if (worker.id == 0) return;
    worker.stopped_at = boot_nanoseconds();
    ::kill(worker.id, SIGSTOP);
}

void Workers::go_on(int process) {
    Worker& worker = workers_.at(static_cast<std::size_t>(process));
    if (worker.id == 0) return;
    worker.stopped_at = 0;
    worker.resumed_at = boot_nanoseconds();
    ::kill(worker.id, SIGCONT);
}

void Workers::join() {
    const std::int64_t deadline = boot_nanoseconds() + kHang;
    const auto left = [&] {
        return std::any_of(workers_.begin(), workers_.end(),
                           [](const Worker& worker) { return worker.id != 0; });
    };
    while (left() && boot_nanoseconds() < deadline) {
        watch();
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    for (int process = 0; process < kProcesses; ++process)
        if (id(process) != 0) findings_.push_back("worker " + std::to_string(id(process)) + " does not end");
}

}  // namespace freshread::consistency
