#include "state/sample_area.h"

#include <array>
#include <span>

#include "state/image.h"

namespace freshread {

namespace {

using board_layout::Area;
using board_layout::kSampleWords;
using Words = std::array<std::uint64_t, kSampleWords>;

constexpr int kMostTries = 8;
constexpr std::uint64_t kSampleDigest = 0x656C706D6173;

enum Word : std::size_t {
    Kind,  // what is known, and the node's role
    Number,
    Begun,
    Cluster,
    Timeline,
    Lsn,
    Instance,
    Lag,
    Whose,
    Digest,
};
enum KindOfSample : std::uint64_t { None, Leader, Replica };

std::uint64_t digest(const Words& words) {
    return digest_of(kSampleDigest, std::span(words).first<Digest>());
}

template <typename Number>
std::uint64_t word(Number number) {
    return static_cast<std::uint64_t>(number);
}
}  // namespace

void publish_sample(Area& area, Lease::Incarnation incarnation, const std::optional<Sample>& sample) {
    Words words{};
    words[Whose] = incarnation;
    if (sample) {
        words[Kind] = sample->in_recovery ? Replica : Leader;
        words[Number] = sample->ticket.number;
        words[Begun] = word(sample->begun.count());
        words[Cluster] = sample->position.cluster;
        words[Timeline] = sample->position.timeline;
        words[Lsn] = sample->position.lsn;
        words[Instance] = word(sample->instance);
        words[Lag] = word(sample->lag.count());
    }
    words[Digest] = digest(words);

    // Made odd and even, not counted up: what another left behind does not matter.
    const std::uint64_t odd = area.sequence.load(std::memory_order_relaxed) | 1U;
    area.sequence.store(odd, std::memory_order_relaxed);
    // Released, each: who reads a word of it also sees the odd number, or a later one.
    for (std::size_t i = 0; i < words.size(); ++i) area.sample[i].store(words[i], std::memory_order_release);
    area.sequence.store(odd + 1, std::memory_order_release);
}

std::optional<Sample> read_sample(const Area& area, Lease::Incarnation incarnation) {
    for (int tries = 0; tries < kMostTries; ++tries) {
        const std::uint64_t before = area.sequence.load(std::memory_order_acquire);
        if (before % 2 != 0) continue;
        Words words{};
        for (std::size_t i = 0; i < words.size(); ++i)
            words[i] = area.sample[i].load(std::memory_order_acquire);
        if (area.sequence.load(std::memory_order_relaxed) != before) continue;
        if (words[Whose] != incarnation || words[Digest] != digest(words)) return std::nullopt;
        if (words[Kind] != Leader && words[Kind] != Replica) return std::nullopt;
        Sample sample;
        sample.begun = boot_time_of(words[Begun]);
        sample.in_recovery = words[Kind] == Replica;
        sample.position = {words[Cluster], static_cast<std::uint32_t>(words[Timeline]), words[Lsn]};
        sample.instance = static_cast<std::int64_t>(words[Instance]);
        sample.ticket.number = words[Number];
        sample.lag = boot_time_of(words[Lag]);
        return sample;
    }
    return std::nullopt;
}

}  // namespace freshread
