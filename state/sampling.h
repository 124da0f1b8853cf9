// How one process comes by samples of nodes: from the board, fed by whoever on the host samples; when nobody
// does and samples are needed, by a monitor of its own. Most processes have none: a second thread makes every
// allocation of an application dearer that had one.
//
// Thread-safe. Not to be used in a forked child.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "state/board.h"
#include "state/monitor.h"

namespace freshread {

class Sampling {
 public:
    struct Options {
        std::string directory{};  // where the board is; private memory when it cannot be used
        std::uint64_t cluster = 0;
        Monitor::Options monitor{};  // nodes: as many as the DSN names, leader first
        bool allowed = true;         // Monitor=none
        // What a monitor of this process feeds, and asks about (state/lease.h).
        std::uint64_t store = 0;
        std::uint64_t database = 0;
    };

    // `before_start`: called once, before the first thread is started. The catalog, if any, outlives this.
    Sampling(Options options, std::function<void()> before_start, Monitor::AfterRound after_round,
             Catalog* catalog);

    // The board as it is now; null with Monitor=none, or without nodes. All of these throw when there is no
    // memory or no thread; calling again tries again.
    [[nodiscard]] std::shared_ptr<const Board> board();
    // Somebody waits for a node to come further. Gives the board.
    std::shared_ptr<const Board> want_progress();
    // Samples are to be taken, as often as when nobody waits.
    std::shared_ptr<const Board> want_samples();
    // False when nobody asks about this database.
    [[nodiscard]] bool want_catalog();
    // Waits for a sample that was begun after the ticket was taken.
    [[nodiscard]] std::optional<Sample> await(NodeId node, SampleTicket after, BootTime deadline);
    // What changes with everything that is published; nodes are sampled fast for the next second.
    [[nodiscard]] std::uint32_t news();
    // Waits until there is other news than `seen`, or the time is over; also for no reason. False: there is
    // no board.
    [[nodiscard]] bool await_news(std::uint32_t seen, BootTime deadline);
    // Who waits looks again.
    void announce();
    // What this process has counted, for others to see. Nobody sees it with Monitor=none.
    void publish(std::span<const std::uint64_t> counts);
    // With or without being started again.
    void stop(bool for_good);

 private:
    void ensure_monitor(const std::shared_ptr<const Board>& board, BootTime now);

    const Options options_;
    const std::function<void()> before_start_;
    const Monitor::AfterRound after_round_;
    Catalog* const catalog_;

    std::mutex board_mutex_{};
    std::shared_ptr<const Board> board_{};
    BootTime board_looked_for_{0};
    ProcessIdentity self_{};

    std::mutex monitor_mutex_{};
    bool started_ = false;
    bool stopped_ = false;
    BootTime monitors_looked_for_{0};
    std::shared_ptr<const Board> monitored_{};  // the monitor's board
    std::unique_ptr<Monitor> monitor_{};
};

}  // namespace freshread
