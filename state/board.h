// The board: what the account's processes on this host know of the nodes of one cluster. One process samples
// a node and writes; all read, at the cost of a few loads. Nodes are told apart by their addresses, so that
// data sources of different logins, databases and replicas share what they have in common.
//
//     want_progress(), want_samples() --> a monitor, wherever it runs, is woken
//     a monitor: begin_sample, query, publish --> those who wait are woken
//
// Thread-safe, over processes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "routing/position.h"
#include "state/board_memory.h"
#include "state/clock.h"
#include "state/lease.h"
#include "state/monitored_nodes.h"
#include "state/pending_closes.h"
#include "state/process_counts.h"
#include "state/sample.h"
#include "state/unrecorded_writes.h"

namespace freshread {

class Board {
 public:
    // How long it is sampled fast, and at all, after somebody said so last.
    static constexpr BootTime kFastFor = std::chrono::seconds(1);
    static constexpr BootTime kSampledFor = std::chrono::seconds(10);
    static constexpr BootTime kCatalogFor = std::chrono::seconds(2);

    // `nodes`: by NodeId, as this process names them. Nodes that find no place on the board are never
    // sampled.
    Board(std::shared_ptr<BoardMemory> memory, std::span<const ConnectionParameters> nodes);

    [[nodiscard]] std::size_t nodes() const { return places_.size(); }
    [[nodiscard]] bool at_path() const { return memory_->at_path(); }

    // --- for whoever reads
    // The last sample of the node; nothing when there is none, or the node could not be asked.
    [[nodiscard]] std::optional<Sample> sample(NodeId node) const;
    // There was no way to ask it when that was tried last.
    [[nodiscard]] bool lost(NodeId node) const;
    // What is sampled after this has a higher number.
    [[nodiscard]] SampleTicket ticket() const { return {memory_->identity(), layout().begun.load()}; }
    // Until something was published, or the time is over; also for no reason.
    [[nodiscard]] std::uint32_t news() const { return layout().news.load(); }
    void await_news(std::uint32_t seen, BootTime most) const;
    // As if something was published: something else than samples has changed for those who wait.
    void announce() const;

    // --- what is wanted
    void want_progress(BootTime now) const;
    void want_samples(BootTime now) const;
    void want_catalog(BootTime now) const;
    // Something was listed in pending(): the leader is to be sampled once more.
    void want_close(BootTime now) const;
    [[nodiscard]] bool progress_wanted(BootTime now) const;
    [[nodiscard]] bool samples_wanted(BootTime now) const;
    [[nodiscard]] bool catalog_wanted(BootTime now) const;
    [[nodiscard]] bool close_wanted() const { return layout().close_wanted.load() != 0; }
    [[nodiscard]] PendingCloses pending() const { return PendingCloses(layout().pending); }
    [[nodiscard]] UnrecordedWrites unrecorded() const { return UnrecordedWrites(layout().unrecorded); }

    // --- what processes count; one thread of a process at a time
    void publish(const ProcessIdentity& process, std::span<const std::uint64_t> counts) const {
        publish_counts(layout(), process, counts);
    }
    [[nodiscard]] CountsOfProcesses counts() const { return read_counts(layout()); }

    // --- for a monitor
    [[nodiscard]] std::optional<Lease> lease(NodeId node) const;
    // Before a query is sent: its number.
    [[nodiscard]] std::uint64_t begin_sample() const { return layout().begun.fetch_add(1) + 1; }
    // Before the number of a sample of the leader is taken: what was wanted until now is answered by it.
    void forget_close_wanted() const { layout().close_wanted.store(0); }
    void publish(NodeId node, Lease::Incarnation incarnation, const std::optional<Sample>& sample) const;
    // Sleeps until the bell is rung or the time is over. `seen`: the bell, looked at before deciding to
    // sleep.
    [[nodiscard]] std::uint32_t bell() const;
    void sleep(std::uint32_t seen, BootTime most) const;
    // Wakes all monitors of the board.
    void ring() const;

 private:
    [[nodiscard]] board_layout::Board& layout() const { return memory_->layout(); }
    [[nodiscard]] board_layout::Node* place(NodeId node) const {
        return node < places_.size() ? places_[node] : nullptr;
    }
    void wake_sleepers() const;

    std::shared_ptr<BoardMemory> memory_;
    std::vector<board_layout::Node*> places_{};
};

}  // namespace freshread
