#include "cli/monitor_command.h"

#include <csignal>
#include <ctime>
#include <memory>
#include <stdexcept>

#include "cli/data_source.h"

namespace freshread {

namespace {

// Blocked before any thread is started, and taken one by one.
sigset_t ending_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
    return signals;
}

}  // namespace

void sample_until_told(const std::string& data_source) {
    const sigset_t signals = ending_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    DataSource source(data_source);
    const std::shared_ptr<Knowledge> knowledge = source.connection().knowledge();
    if (!knowledge || !source.connection().settings().monitor || !source.connection().has_positions())
        throw std::runtime_error(
            "nothing can be sampled: the store is not available, the engine has no positions, or "
            "Monitor=none");
    // What it samples through is its own.
    source.close();
    // Often enough to take over from a process that ends.
    constexpr timespec kEvery{0, 250'000'000};
    do knowledge->want_samples();
    while (sigtimedwait(&signals, nullptr, &kEvery) < 0);
}

}  // namespace freshread
