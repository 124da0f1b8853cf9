#include "state/pending_closes.h"

#include <array>
#include <bit>
#include <span>

#include "state/image.h"

namespace freshread {

namespace {

using board_layout::kPendingWords;
using Words = std::array<std::uint64_t, kPendingWords>;

enum Phase : std::uint64_t { Free, Filling, Listed, Closing };
constexpr std::uint64_t kPhases = 4;

enum At : std::size_t { Store, User, UserToo, Writer, Sequence, Instance, After, Pinned, ListedAt, Digest };
static_assert(Digest + 1 == kPendingWords);

Phase phase_of(std::uint64_t state) {
    return static_cast<Phase>(state % kPhases);
}
std::uint64_t in_phase(std::uint64_t state, Phase phase) {
    return state - state % kPhases + phase;
}
std::uint64_t listed_anew(std::uint64_t state) {
    return in_phase(state + kPhases, Filling);
}

// Of what one list of a place wrote there.
std::uint64_t digest(const Words& words, std::uint64_t state) {
    return digest_of(in_phase(state, Listed), std::span(words).first<Digest>());
}

}  // namespace

std::optional<PendingCloses::Place> PendingCloses::list(const PendingClose& close, std::size_t hint) const {
    for (const bool by_force : {false, true}) {
        for (std::size_t step = 0; step < pending_->states.size(); ++step) {
            const std::size_t number = (hint + step) % pending_->states.size();
            const std::uint64_t found = pending_->states.at(number).load();
            if (phase_of(found) != Free) {
                if (!by_force) continue;
                const auto there = read({number, found});
                if (there && close.listed < there->listed + kForgotten) continue;
            }
            if (const auto place = fill(number, found, close)) return place;
        }
    }
    return std::nullopt;
}

std::optional<PendingCloses::Place> PendingCloses::fill(std::size_t number, std::uint64_t found,
                                                        const PendingClose& close) const {
    const std::uint64_t filling = listed_anew(found);
    if (!pending_->states.at(number).compare_exchange_strong(found, filling)) return std::nullopt;
    const auto user = std::bit_cast<std::array<std::uint64_t, 2>>(close.user);
    Words words{close.store,
                user[0],
                user[1],
                close.writer,
                close.sequence,
                static_cast<std::uint64_t>(close.instance),
                close.after,
                word_of(close.pinned_until),
                word_of(close.listed)};
    words[Digest] = digest(words, filling);
    for (std::size_t i = 0; i < words.size(); ++i)
        pending_->words.at(number).at(i).store(words.at(i), std::memory_order_relaxed);
    // Taken away meanwhile: then it is another's.
    std::uint64_t mine = filling;
    const Place place{number, in_phase(filling, Listed)};
    if (!pending_->states.at(number).compare_exchange_strong(mine, place.state)) return std::nullopt;
    return place;
}

std::optional<PendingClose> PendingCloses::read(const Place& place) const {
    Words words{};
    for (std::size_t i = 0; i < words.size(); ++i)
        words.at(i) = pending_->words.at(place.number).at(i).load(std::memory_order_relaxed);
    if (words[Digest] != digest(words, place.state)) return std::nullopt;
    return PendingClose{.store = words[Store],
                        .user = std::bit_cast<UserKey>(std::array{words[User], words[UserToo]}),
                        .writer = words[Writer],
                        .sequence = words[Sequence],
                        .instance = static_cast<std::int64_t>(words[Instance]),
                        .after = words[After],
                        .pinned_until = boot_time_of(words[Pinned]),
                        .listed = boot_time_of(words[ListedAt])};
}

bool PendingCloses::withdraw(const Place& place) const {
    std::uint64_t state = place.state;
    return pending_->states.at(place.number).compare_exchange_strong(state, in_phase(state, Free));
}

void PendingCloses::take(std::uint64_t store, const Sample& leader, const Close& close) const {
    for (std::size_t number = 0; number < pending_->states.size(); ++number) {
        std::uint64_t state = pending_->states.at(number).load();
        if (phase_of(state) != Listed) continue;
        const auto found = read({number, state});
        if (!found || found->store != store || found->instance != leader.instance ||
            found->after >= leader.ticket.number)
            continue;
        std::uint64_t closing = in_phase(state, Closing);
        if (!pending_->states.at(number).compare_exchange_strong(state, closing)) continue;
        const bool closed = close(*found);
        pending_->states.at(number).compare_exchange_strong(closing,
                                                            in_phase(closing, closed ? Free : Listed));
        if (!closed) return;
    }
}

}  // namespace freshread
