#include "state/monitor.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "state/node_probe.h"
#include "state/replication_lag.h"
#include "state/signals_blocked.h"

namespace freshread {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Only a name look-up inside libpq can take longer; the thread is then left behind.
constexpr std::chrono::seconds kStopWithin{2};
// How often others' leases are tried, and the board is looked for.
constexpr milliseconds kLookAround{250};
// Who waits longer than this can be woken; below it costs more than it saves.
constexpr milliseconds kShortWait{20};
// How often the leader is sampled for marks that nobody waits for, at most: with 1000 writes in a second that
// is one sample for 80 of them.
constexpr milliseconds kCloseEvery{80};

// What is wanted, which decides how often nodes are sampled.
struct Pace {
    bool progress = false;
    bool close = false;

    friend bool operator==(const Pace&, const Pace&) = default;
};

}  // namespace

// Shared by the monitor and its thread, because the thread may outlive the monitor (kStopWithin). What
// belongs to the monitor's owner, the catalog and the callback, is only touched under `mutex` while not
// `stopping`.
struct Monitor::Loop {
    Loop(Options given, HeldLeases its_leases, AfterRound callback, Catalog* its_catalog)
        : options(std::move(given)),
          leases(std::move(its_leases)),
          board(*leases.board()),
          after_round(std::move(callback)),
          catalog(its_catalog) {
        std::uint32_t seed =
            static_cast<std::uint32_t>(boot_now().count()) ^ static_cast<std::uint32_t>(::getpid());
        for (const ConnectionParameters& node : options.nodes)
            probes.emplace_back(board, node, seed++ * 2654435761U);
    }

    void run() {
        do sample();
        while (may_go_on());
        const std::scoped_lock lock(mutex);
        finished = true;
        ended = true;
        changed.notify_all();
    }

    // Until it has to stop, nobody wants samples, or others hold all leases.
    void sample() {
        std::vector<pollfd> entries(probes.size());
        while (!stopping.load()) {
            const BootTime now = boot_now();
            leases.beat(now);
            if (now >= looked_around + kLookAround) {
                looked_around = now;
                if (!board.at_path() || !board.samples_wanted(now) || !leases.take_free(now)) break;
            }
            const Pace pace = current_pace();
            if (!advance_all(entries, pace)) break;
            wait(entries, pace);
        }
        // Connections go first: who takes the leases next is not to find them on the servers.
        for (NodeProbe& probe : probes) probe.close();
        refresh.reset();
        leases.release_all();
    }

    // Somebody may have wanted samples and seen the lease that was just about to be given back.
    bool may_go_on() {
        const BootTime now = boot_now();
        return !stopping.load() && board.at_path() && board.samples_wanted(now) && leases.take_free(now);
    }

    // False when the monitor is being stopped.
    bool advance_all(const std::vector<pollfd>& entries, const Pace& pace) {
        bool sampled = false;
        for (std::size_t index = 0; index < probes.size(); ++index) {
            const auto node = static_cast<NodeId>(index);
            const auto incarnation = leases.of(node);
            if (!incarnation) {
                if (index == asked_probe) refresh.reset();
                probes[index].close();
                continue;
            }
            const NodeProbe::Outcome outcome =
                probes[index].advance(entries[index].revents, interval_of(probes[index], pace));
            if (outcome == NodeProbe::Outcome::Lost) board.publish(node, *incarnation, std::nullopt);
            if (outcome == NodeProbe::Outcome::Sampled) {
                board.publish(node, *incarnation, with_lag(probes[index].sample()));
                sampled = true;
            }
            if (outcome == NodeProbe::Outcome::Nothing && !catalog_may_be_asked()) continue;
            const std::scoped_lock lock(mutex);
            if (stopping.load()) return false;
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

    Sample with_lag(Sample sample) {
        if (!sample.in_recovery) lag.leader_was(sample.position, sample.begun);
        // Another process may sample the leader.
        if (!leases.of(kLeader))
            if (const auto leader = board.sample(kLeader); leader && !leader->in_recovery)
                lag.leader_was(leader->position, leader->begun);
        if (!sample.in_recovery) return sample;
        sample.lag = lag.of(sample.position, sample.begun);
        sample.caught_up = lag.caught_up(sample.position);
        return sample;
    }

    // Begins to ask about the catalog when that is wanted. REQUIRES: the mutex, and not stopping.
    void ask_about_catalog(std::size_t index) {
        const BootTime now = boot_now();
        if (!catalog || refresh || catalog_foreign || !board.catalog_wanted(now) ||
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
        if (refresh->foreign()) {
            catalog_foreign = true;
            leases.give_up_database();
        }
        refresh.reset();
    }

    // The probe has rows of an answer, or has lost its connection before it had them.
    void take_answer(std::size_t index, bool answered) {
        if (!refresh || index != asked_probe) return;
        if (answered) probes[index].take_rows([this](const auto& row) { refresh->row(row); });
        refresh->end(answered);
        ask_next();
    }

    // Until something arrives or is due. What is in flight is polled, and then looked after more often than a
    // bell could ring.
    void wait(std::vector<pollfd>& entries, const Pace& pace) {
        const BootTime now = boot_now();
        BootTime wake_at = now + Lease::kBeat;
        bool in_flight = false;
        for (std::size_t index = 0; index < probes.size(); ++index) {
            entries[index] = {-1, 0, 0};
            if (!leases.of(static_cast<NodeId>(index))) continue;
            entries[index] = probes[index].poll_entry();
            wake_at = std::min(wake_at, probes[index].wake_at(interval_of(probes[index], pace)));
            in_flight = in_flight || probes[index].in_flight();
        }
        nanoseconds left = std::max<nanoseconds>(wake_at - now, nanoseconds(0));
        if (in_flight) left = std::min<nanoseconds>(left, kShortWait);
        if (left > kShortWait) {
            const std::uint32_t bell = board.bell();
            // Said before: nobody would wake us.
            if (!stopping.load() && current_pace() == pace) board.sleep(bell, left);
            left = nanoseconds(0);
        }
        ::poll(entries.data(), entries.size(),
               static_cast<int>(std::chrono::ceil<milliseconds>(left).count()));
    }

    [[nodiscard]] bool catalog_may_be_asked() const {
        return catalog && !refresh && board.catalog_wanted(boot_now());
    }

    [[nodiscard]] Pace current_pace() const {
        return {board.progress_wanted(boot_now()), board.close_wanted()};
    }
    [[nodiscard]] nanoseconds interval_of(const NodeProbe& probe, const Pace& pace) const {
        if (pace.progress) return options.fast;
        if (pace.close && probe.is_leader())
            return std::clamp<nanoseconds>(kCloseEvery, options.fast, options.slow);
        return options.slow;
    }

    const Options options;
    // The thread's own.
    HeldLeases leases;
    const Board& board;
    const AfterRound after_round;
    Catalog* const catalog;
    std::deque<NodeProbe> probes;
    ReplicationLag lag;
    BootTime looked_around{0};

    // Of the thread: the questions about the catalog.
    std::optional<CatalogRefresh> refresh;
    std::size_t asked_probe = 0;
    BootTime catalog_asked{BootTime::min() / 2};
    bool catalog_foreign = false;

    std::atomic<bool> stopping{false};
    std::atomic<bool> ended{false};

    std::mutex mutex;
    std::condition_variable changed;
    bool finished = false;  // guarded by mutex
    std::thread thread;     // the monitor's own
};

Monitor::Monitor(Options options, HeldLeases leases, AfterRound after_round, Catalog* catalog)
    : loop_(std::make_shared<Loop>(std::move(options), std::move(leases), std::move(after_round), catalog)) {
    const SignalsBlocked blocked;
    try {
        loop_->thread = std::thread([loop = loop_] {
            pthread_setname_np(pthread_self(), "freshread-mon");
            loop->run();
        });
    } catch (...) {
        loop_->leases.release_all();
        throw;
    }
}

Monitor::~Monitor() {
    {
        // Under the lock: a callback that runs has ended, and none begins.
        const std::scoped_lock lock(loop_->mutex);
        loop_->stopping.store(true);
    }
    loop_->board.ring();
    std::unique_lock lock(loop_->mutex);
    const bool finished = loop_->changed.wait_for(lock, kStopWithin, [this] { return loop_->finished; });
    lock.unlock();
    if (finished) {
        loop_->thread.join();
    } else {
        loop_->thread.detach();
    }
}

bool Monitor::ended() const {
    return loop_->ended.load();
}

}  // namespace freshread
