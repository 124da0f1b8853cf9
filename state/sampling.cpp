#include "state/sampling.h"

#include <algorithm>
#include <utility>

#include "state/state_directory.h"
#include "state/user_table.h"

namespace freshread {

namespace {

// For how long nobody may notice that the monitor has ended.
constexpr BootTime kUnnoticed = std::chrono::milliseconds(100);

}  // namespace

Sampling::Sampling(Options options, std::function<void()> before_start, Monitor::AfterRound after_round,
                   Catalog* catalog)
    : options_(std::move(options)),
      before_start_(std::move(before_start)),
      after_round_(std::move(after_round)),
      catalog_(catalog) {}

std::shared_ptr<const Board> Sampling::board() {
    constexpr std::chrono::milliseconds kLookAgain{250};
    if (!options_.allowed || options_.monitor.nodes.empty()) return nullptr;
    const std::scoped_lock lock(board_mutex_);
    const BootTime now = boot_now();
    if (board_ && now < board_looked_for_ + kLookAgain) return board_;
    board_looked_for_ = now;
    if (board_ && board_->at_path()) return board_;
    std::shared_ptr<BoardMemory> memory;
    try {
        prepare_state_directory(options_.directory);
        memory = BoardMemory::shared(options_.directory, options_.cluster);
    } catch (const StoreUnavailable&) {
        memory.reset();
    }
    if (!memory) memory = BoardMemory::own(options_.cluster);
    board_ = std::make_shared<const Board>(std::move(memory), options_.monitor.nodes);
    return board_;
}

std::shared_ptr<const Board> Sampling::want_progress() {
    auto current = board();
    if (!current) return nullptr;
    const BootTime now = boot_now();
    current->want_progress(now);
    ensure_monitor(current, now);
    return current;
}

std::shared_ptr<const Board> Sampling::want_samples() {
    auto current = board();
    if (!current) return nullptr;
    const BootTime now = boot_now();
    // Before a monitor is started, which would find that nobody wants anything.
    current->want_samples(now);
    ensure_monitor(current, now);
    return current;
}

bool Sampling::want_catalog() {
    const auto current = want_samples();
    if (!current) return false;
    const auto lease = current->lease(kLeader);
    const auto holder = lease ? lease->holder() : std::nullopt;
    if (!holder || holder->database != options_.database) return false;
    current->want_catalog(boot_now());
    return true;
}

std::optional<Sample> Sampling::await(NodeId node, SampleTicket after, BootTime deadline) {
    for (;;) {
        const auto current = want_progress();
        if (!current) return std::nullopt;
        const std::uint32_t news = current->news();
        // What is sampled from now on is after a ticket of another board, too.
        if (after.board != current->ticket().board) after = current->ticket();
        const auto sample = current->sample(node);
        if (sample && sample->after(after)) return sample;
        const BootTime now = boot_now();
        if (now >= deadline) return std::nullopt;
        current->await_news(news, std::min(deadline - now, kUnnoticed));
    }
}

std::uint32_t Sampling::news() {
    const auto current = want_progress();
    return current ? current->news() : 0;
}

bool Sampling::await_news(std::uint32_t seen, BootTime deadline) {
    const auto current = want_progress();
    const BootTime now = boot_now();
    if (current && now < deadline) current->await_news(seen, std::min(deadline - now, kUnnoticed));
    return current != nullptr;
}

void Sampling::announce() {
    if (const auto current = board()) current->announce();
}

void Sampling::publish(std::span<const std::uint64_t> counts) {
    const auto current = board();
    if (!current) return;
    const std::scoped_lock lock(board_mutex_);
    if (self_.process == 0) self_ = this_process();
    current->publish(self_, counts);
}

void Sampling::stop(bool for_good) {
    std::unique_ptr<Monitor> ending;
    const std::scoped_lock lock(monitor_mutex_);
    stopped_ = stopped_ || for_good;
    ending = std::move(monitor_);
}

void Sampling::ensure_monitor(const std::shared_ptr<const Board>& board, BootTime now) {
    // A process has to be asked after for every lease.
    constexpr std::chrono::milliseconds kLookAgain{20};
    const std::scoped_lock lock(monitor_mutex_);
    if (stopped_) return;
    if (monitor_ && !monitor_->ended() && monitored_ == board) return;
    if (now < monitors_looked_for_ + kLookAgain) return;
    monitors_looked_for_ = now;
    monitor_.reset();
    HeldLeases leases(board, {this_process(), options_.store, options_.database});
    if (!leases.take_free(now)) return;
    if (!std::exchange(started_, true) && before_start_) before_start_();
    monitored_ = board;
    monitor_ = std::make_unique<Monitor>(options_.monitor, std::move(leases), after_round_, catalog_);
}

}  // namespace freshread
