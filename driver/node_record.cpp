#include "driver/node_record.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

namespace freshread {

namespace {

struct Registry {
    std::mutex mutex{};
    std::map<std::string, std::unique_ptr<NodeRecord>> records{};

    // Outlives every exit handler.
    static Registry& instance() {
        static auto* registry = new Registry();
        return *registry;
    }
};

// All records, to be gone through without the lock. Never freed, as they are.
struct Link {
    const NodeRecord* record = nullptr;
    const Link* older = nullptr;
};
std::atomic<const Link*> newest{nullptr};

// How long a node is avoided that has failed so often in a row.
BootTime avoidance(unsigned failures, std::uint64_t random) {
    // Full jitter down to zero would try a dead node again at once.
    constexpr BootTime kLeast = std::chrono::milliseconds(500);
    constexpr BootTime kFirst = std::chrono::seconds(1);
    constexpr unsigned kMostDoublings = 5;  // 32 s
    const BootTime most = kFirst * (1U << std::min(failures, kMostDoublings));
    const auto span = static_cast<std::uint64_t>((most - kLeast).count());
    return kLeast + BootTime(static_cast<BootTime::rep>(random % span));
}

}  // namespace

NodeRecord& NodeRecord::of(const std::string& identity, const std::string& name) {
    Registry& registry = Registry::instance();
    const std::scoped_lock lock(registry.mutex);
    auto& known = registry.records[identity];
    if (!known) {
        known = std::make_unique<NodeRecord>(name);
        newest.store(new Link{known.get(), newest.load()});
    }
    return *known;
}

NodeRecord::Counts NodeRecord::served_by_all() {
    Counts sum{};
    for (const Link* link = newest.load(); link; link = link->older)
        for (std::size_t i = 0; i < kReasons; ++i) sum.at(i) += link->record->counted(static_cast<Reason>(i));
    return sum;
}

bool NodeRecord::may_try(BootTime now, std::uint64_t random) {
    const unsigned failures = failures_.load(std::memory_order_relaxed);
    if (failures == 0) return true;
    BootTime::rep until = avoided_until_.load(std::memory_order_relaxed);
    if (until > now.count()) return false;
    // Whoever puts it off for the others is the one that tries; it has failed until it says otherwise.
    if (!avoided_until_.compare_exchange_strong(until, (now + avoidance(failures, random)).count()))
        return false;
    failures_.fetch_add(1, std::memory_order_relaxed);
    return true;
}

void NodeRecord::succeeded() {
    failures_.store(0, std::memory_order_relaxed);
    avoided_until_.store(0, std::memory_order_relaxed);
}

void NodeRecord::failed(BootTime now, std::uint64_t random) {
    BootTime::rep until = avoided_until_.load(std::memory_order_relaxed);
    // Those that fail together count once, and the one that probed it was counted.
    unsigned failures = failures_.load(std::memory_order_relaxed);
    if (until <= now.count() || failures == 0) failures = failures_.fetch_add(1) + 1;
    const BootTime::rep later = (now + avoidance(failures - 1, random)).count();
    while (until < later && !avoided_until_.compare_exchange_weak(until, later)) {
    }
}

}  // namespace freshread
