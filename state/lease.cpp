#include "state/lease.h"

#include <algorithm>

namespace freshread {

namespace {

using board_layout::Area;

// The word: the number of the incarnation, and when it took the lease, in milliseconds since boot (34 years
// of them); zero when it was given back.
constexpr unsigned kTimeBits = 40;
constexpr std::uint64_t kTimeMask = (std::uint64_t{1} << kTimeBits) - 1;
constexpr std::uint64_t kNumbers = std::uint64_t{1} << (64 - kTimeBits);

// How far a time may lie ahead of ours, which was read earlier, perhaps long ago on a busy machine. What is
// further away is damage.
constexpr BootTime kAhead = std::chrono::minutes(1);

Lease::Incarnation number_of(std::uint64_t word) {
    return word >> kTimeBits;
}
BootTime taken_at(std::uint64_t word) {
    return std::chrono::milliseconds(word & kTimeMask);
}
std::uint64_t word_of_lease(Lease::Incarnation number, BootTime now) {
    const auto time =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    return (number % kNumbers) << kTimeBits | std::clamp<std::uint64_t>(time, 1, kTimeMask);
}

bool recent(BootTime time, BootTime now) {
    return time <= now + kAhead && now < time + Lease::kLife;
}

Holder holder_in(const Area& area) {
    return {{area.process.load(), area.started.load(), area.process_namespace.load()},
            area.store.load(),
            area.database.load()};
}

}  // namespace

bool Lease::live(BootTime now, const Lives& lives) const {
    const std::uint64_t word = node_->lease.load();
    if ((word & kTimeMask) == 0) return false;
    const Incarnation number = number_of(word);
    const Area& its = area(number);
    // It has taken the lease and not yet said who it is.
    if (its.incarnation.load() != number) return recent(taken_at(word), now);
    return recent(BootTime(static_cast<BootTime::rep>(its.heartbeat.load())), now) &&
           lives(holder_in(its).process);
}

std::optional<Lease::Incarnation> Lease::take(BootTime now, const Holder& holder, const Lives& lives) const {
    std::uint64_t word = node_->lease.load();
    if (live(now, lives)) return std::nullopt;
    const Incarnation mine = (number_of(word) + 1) % kNumbers;
    if (!node_->lease.compare_exchange_strong(word, word_of_lease(mine, now))) return std::nullopt;
    Area& area_of_mine = area(mine);
    area_of_mine.incarnation.store(~std::uint64_t{0});
    area_of_mine.heartbeat.store(word_of(now));
    area_of_mine.process.store(holder.process.process);
    area_of_mine.started.store(holder.process.started);
    area_of_mine.process_namespace.store(holder.process.pid_namespace);
    area_of_mine.store.store(holder.store);
    area_of_mine.database.store(holder.database);
    area_of_mine.incarnation.store(mine);
    return mine;
}

bool Lease::beat(Incarnation mine, BootTime now) const {
    const std::uint64_t word = node_->lease.load();
    if (number_of(word) != mine || (word & kTimeMask) == 0) return false;
    area(mine).heartbeat.store(word_of(now));
    return true;
}

void Lease::release(Incarnation mine) const {
    std::uint64_t word = node_->lease.load();
    if (number_of(word) == mine) node_->lease.compare_exchange_strong(word, mine << kTimeBits);
}

Lease::Incarnation Lease::current() const {
    return number_of(node_->lease.load());
}

std::optional<Holder> Lease::holder() const {
    const std::uint64_t word = node_->lease.load();
    const Incarnation number = number_of(word);
    const Area& its = area(number);
    if ((word & kTimeMask) == 0 || its.incarnation.load() != number) return std::nullopt;
    return holder_in(its);
}

}  // namespace freshread
