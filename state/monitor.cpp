#include "state/monitor.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "state/node_probe.h"
#include "state/signals_blocked.h"

namespace freshread {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::chrono::seconds kWantedFor{1};
constexpr std::chrono::seconds kCatalogWantedFor{2};
// Only a name look-up inside libpq can take longer; the thread is then left behind.
constexpr std::chrono::seconds kStopWithin{2};

}  // namespace

// Shared by the monitor and its thread, because the thread may outlive the monitor (kStopWithin). What
// belongs to the monitor's owner, the board and the callback, is only touched under `mutex` while not
// `stopping`.
struct Monitor::Loop {
    Loop(Options given, Board& its_board, AfterRound callback, Catalog* its_catalog)
        : options(std::move(given)),
          board(its_board),
          after_round(std::move(callback)),
          catalog(its_catalog),
          wake_descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (wake_descriptor < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
        std::uint32_t seed =
            static_cast<std::uint32_t>(boot_now().count()) ^ static_cast<std::uint32_t>(::getpid());
        for (const ConnectionParameters& node : options.nodes)
            probes.emplace_back(node, seed++ * 2654435761U);
    }
    ~Loop() { ::close(wake_descriptor); }
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    void run() {
        std::vector<pollfd> entries(probes.size() + 1);
        while (!stopping.load()) {
            const nanoseconds interval = current_interval();
            if (!advance_all(entries, interval)) break;
            wait(entries, interval);
        }
        const std::scoped_lock lock(mutex);
        finished = true;
        changed.notify_all();
    }

    // False when the monitor is being stopped.
    bool advance_all(const std::vector<pollfd>& entries, nanoseconds interval) {
        bool sampled = false;
        for (std::size_t index = 0; index < probes.size(); ++index) {
            const NodeProbe::Outcome outcome = probes[index].advance(entries[index].revents, interval);
            if (outcome == NodeProbe::Outcome::Nothing && !catalog_may_be_asked()) continue;
            const std::scoped_lock lock(mutex);
            if (stopping.load()) return false;
            const auto node = static_cast<NodeId>(index);
            if (outcome == NodeProbe::Outcome::Lost) board.forget(node);
            if (outcome == NodeProbe::Outcome::Sampled) board.publish(node, probes[index].sample());
            sampled = sampled || outcome == NodeProbe::Outcome::Sampled;
            const bool answered = outcome == NodeProbe::Outcome::Answered;
            if (answered || outcome == NodeProbe::Outcome::Lost) take_answer(index, answered);
            ask_about_catalog(index);
        }
        if (!sampled) return true;
        const std::scoped_lock lock(mutex);
        if (stopping.load()) return false;
        if (after_round) after_round(board);
        return true;
    }

    // Begins to ask about the catalog when that is wanted. REQUIRES: the mutex, and not stopping.
    void ask_about_catalog(std::size_t index) {
        const BootTime now = boot_now();
        if (!catalog || refresh || catalog_foreign || now.count() >= catalog_wanted_until.load() ||
            now < catalog_asked + Catalog::kEvery || !probes[index].is_idle_leader())
            return;
        catalog_asked = now;
        refresh.emplace(*catalog);
        asked_probe = index;
        ask_next();
    }

    void ask_next() {
        const std::string* question = refresh->question();
        if (question) refresh->begin();
        if (question && probes[asked_probe].ask_else(*question)) return;
        if (question) refresh->end(false);
        if (refresh->foreign()) catalog_foreign = true;
        refresh.reset();
    }

    // The probe has rows of an answer, or has lost its connection before it had them.
    void take_answer(std::size_t index, bool answered) {
        if (!refresh || index != asked_probe) return;
        if (answered) probes[index].take_rows([this](const auto& row) { refresh->row(row); });
        refresh->end(answered);
        ask_next();
    }

    void wait(std::vector<pollfd>& entries, nanoseconds interval) {
        BootTime wake_at = BootTime::max();
        for (std::size_t index = 0; index < probes.size(); ++index) {
            entries[index] = probes[index].poll_entry();
            wake_at = std::min(wake_at, probes[index].wake_at(interval));
        }
        entries.back() = {wake_descriptor, POLLIN, 0};

        const bool slow = interval == options.slow;
        if (slow) {
            asleep.store(true);
            // Said between the choice of the interval and this store: nobody would wake us.
            if (current_interval() != interval) wake_at = BootTime::min();
        }
        ::poll(entries.data(), entries.size(), timeout_until(wake_at));
        asleep.store(false);
        std::uint64_t count = 0;
        if (entries.back().revents != 0) static_cast<void>(::read(wake_descriptor, &count, sizeof count));
    }

    static int timeout_until(BootTime time) {
        if (time == BootTime::max()) return -1;
        const BootTime now = boot_now();
        if (time <= now) return 0;
        const auto left = std::chrono::ceil<milliseconds>(time - now).count();
        return static_cast<int>(std::min<std::int64_t>(left, std::numeric_limits<int>::max()));
    }

    [[nodiscard]] bool catalog_may_be_asked() const {
        return catalog && !refresh && boot_now().count() < catalog_wanted_until.load();
    }

    [[nodiscard]] nanoseconds current_interval() const {
        return boot_now().count() < wanted_until.load() ? options.fast : options.slow;
    }

    void wake() const {
        constexpr std::uint64_t kOne = 1;
        static_cast<void>(::write(wake_descriptor, &kOne, sizeof kOne));
    }

    const Options options;
    Board& board;
    const AfterRound after_round;
    Catalog* const catalog;
    const int wake_descriptor;
    std::deque<NodeProbe> probes;  // the thread's own

    // Of the thread: the questions about the catalog.
    std::optional<CatalogRefresh> refresh;
    std::size_t asked_probe = 0;
    BootTime catalog_asked{BootTime::min() / 2};

    std::atomic<std::int64_t> wanted_until{0};
    std::atomic<std::int64_t> catalog_wanted_until{0};
    std::atomic<bool> catalog_foreign{false};
    std::atomic<bool> asleep{false};  // for long: want_progress has to wake it
    std::atomic<bool> stopping{false};

    std::mutex mutex;
    std::condition_variable changed;
    bool finished = false;  // guarded by mutex
    std::thread thread;     // the monitor's own
};

Monitor::Monitor(Options options, Board& board, AfterRound after_round, Catalog* catalog)
    : loop_(std::make_shared<Loop>(std::move(options), board, std::move(after_round), catalog)) {
    const SignalsBlocked blocked;
    loop_->thread = std::thread([loop = loop_] {
        pthread_setname_np(pthread_self(), "freshread-mon");
        loop->run();
    });
}

Monitor::~Monitor() {
    {
        // Under the lock: a callback that runs has ended, and none begins.
        const std::scoped_lock lock(loop_->mutex);
        loop_->stopping.store(true);
    }
    loop_->wake();
    std::unique_lock lock(loop_->mutex);
    const bool finished = loop_->changed.wait_for(lock, kStopWithin, [this] { return loop_->finished; });
    lock.unlock();
    if (finished) {
        loop_->thread.join();
    } else {
        loop_->thread.detach();
    }
}

void Monitor::want_progress() {
    loop_->wanted_until.store((boot_now() + kWantedFor).count());
    if (loop_->asleep.load()) loop_->wake();
}

bool Monitor::want_catalog() {
    if (loop_->catalog_foreign.load()) return false;
    loop_->catalog_wanted_until.store((boot_now() + kCatalogWantedFor).count());
    if (loop_->asleep.load()) loop_->wake();
    return true;
}

}  // namespace freshread
