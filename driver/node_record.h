// What this process has seen of one node: whether it is worth trying, and what it served. All connections of
// the process that name the node alike share one record.
//
// A replica that failed is avoided for a while, twice as long with each failure in a row, with a random share
// so that many processes do not come back at once. Afterwards one connection of the process tries it: whoever
// asks `may_try` first; the others go on avoiding it until that one is back.
//
//   +---------+ failed                          +---------+   the time is over, may_try    +--------+
//   | healthy | ------------------------------> | avoided | -----------------------------> | probed |
//   +---------+ <---------------------------+   +---------+ <----------------------------- +--------+
//                succeeded                   \        failed, or nothing came of it             |
//                                             +-------------------------------------------------+
//
// Thread-safe. No lock but in `of`, so that a process that forks leaves none taken. Never freed:
// what counts outlives the connections.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "driver/comparison.h"
#include "driver/rate_limit.h"
#include "routing/reason.h"
#include "state/clock.h"

namespace freshread {

class NodeRecord {
 public:
    // `identity`: tells nodes apart, without secrets. `name`: as messages call it.
    [[nodiscard]] static NodeRecord& of(const std::string& identity, const std::string& name);

    // What all nodes of the process served, by reason.
    using Counts = std::array<std::uint64_t, kReasons>;
    [[nodiscard]] static Counts served_by_all();

    explicit NodeRecord(std::string name) : name_(std::move(name)) {}
    [[nodiscard]] const std::string& name() const { return name_; }

    // --- health. `random`: any 64 random bits.
    [[nodiscard]] bool avoided(BootTime now) const {
        return now.count() < avoided_until_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] bool failing() const { return failures_.load(std::memory_order_relaxed) != 0; }
    // True for everybody while the node is healthy; afterwards, once the time is over, for one.
    [[nodiscard]] bool may_try(BootTime now, std::uint64_t random);
    void succeeded();
    void failed(BootTime now, std::uint64_t random);

    // --- LeaderBudget: reads that are the leader's only because replicas may be behind.
    [[nodiscard]] bool within_budget(std::uint32_t per_second, BootTime now) {
        return extra_reads_.take(per_second, now);
    }

    // --- Shadow=: reads that it would have served.
    void count_shadowed() { shadowed_.fetch_add(1, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t shadowed() const { return shadowed_.load(std::memory_order_relaxed); }

    // --- Shadow=compare: what became of those.
    void count(Comparison comparison) {
        comparisons_[index_of(comparison)].fetch_add(1, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t counted(Comparison comparison) const {
        return comparisons_[index_of(comparison)].load(std::memory_order_relaxed);
    }

    // --- what it served, by the reason why it was this node.
    void count(Reason reason) { served_[index_of(reason)].fetch_add(1, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t counted(Reason reason) const {
        return served_[index_of(reason)].load(std::memory_order_relaxed);
    }

 private:
    template <typename Enumeration>
    [[nodiscard]] static std::size_t index_of(Enumeration value) {
        return static_cast<std::size_t>(value);
    }

    std::string name_;
    std::atomic<BootTime::rep> avoided_until_{0};
    std::atomic<unsigned> failures_{0};  // in a row
    RateLimit extra_reads_{};
    std::array<std::atomic<std::uint64_t>, kReasons> served_{};
    std::atomic<std::uint64_t> shadowed_{0};
    std::array<std::atomic<std::uint64_t>, kComparisons> comparisons_{};
};

}  // namespace freshread
