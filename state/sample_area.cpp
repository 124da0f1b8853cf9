#include "state/sample_area.h"

#include <array>
#include <span>

#include "state/image.h"

namespace freshread {

namespace {

using board_layout::Area;
using board_layout::kSampleWords;
using SampleWords = std::array<std::uint64_t, kSampleWords>;

constexpr int kMostTries = 8;
constexpr std::uint64_t kSampleDigest = 0x656C706D6173;

struct Word {
    enum : std::size_t {
        Kind,  // what is known, and the node's role
        Number,
        Begun,
        Cluster,
        Timeline,
        Lsn,
        Instance,
        Lag,
        CaughtUp,
        Whose,
        Digest,
    };
};
enum KindOfSample : std::uint64_t { None, Leader, Replica };

std::uint64_t digest(const SampleWords& words) {
    return digest_of(kSampleDigest, std::span(words).first<Word::Digest>());
}

// Whole, and of this incarnation.
std::optional<SampleWords> read_words(const Area& area, Lease::Incarnation incarnation) {
    for (int tries = 0; tries < kMostTries; ++tries) {
        const std::uint64_t before = area.sequence.load(std::memory_order_acquire);
        if (before % 2 != 0) continue;
        SampleWords words{};
        for (std::size_t i = 0; i < words.size(); ++i)
            words[i] = area.sample[i].load(std::memory_order_acquire);
        if (area.sequence.load(std::memory_order_relaxed) != before) continue;
        if (words[Word::Whose] != incarnation || words[Word::Digest] != digest(words)) return std::nullopt;
        return words;
    }
    return std::nullopt;
}

}  // namespace

void publish_sample(Area& area, Lease::Incarnation incarnation, const std::optional<Sample>& sample) {
    SampleWords words{};
    words[Word::Whose] = incarnation;
    if (sample) {
        words[Word::Kind] = sample->in_recovery ? Replica : Leader;
        words[Word::Number] = sample->ticket.number;
        words[Word::Begun] = word_of(sample->begun);
        words[Word::Cluster] = sample->position.cluster;
        words[Word::Timeline] = sample->position.timeline;
        words[Word::Lsn] = sample->position.lsn;
        words[Word::Instance] = static_cast<std::uint64_t>(sample->instance);
        words[Word::Lag] = word_of(sample->lag);
        words[Word::CaughtUp] = word_of(sample->caught_up);
    }
    words[Word::Digest] = digest(words);

    // Made odd and even, not counted up: what another left behind does not matter.
    const std::uint64_t odd = area.sequence.load(std::memory_order_relaxed) | 1U;
    area.sequence.store(odd, std::memory_order_relaxed);
    // Released, each: who reads a word of it also sees the odd number, or a later one.
    for (std::size_t i = 0; i < words.size(); ++i) area.sample[i].store(words[i], std::memory_order_release);
    area.sequence.store(odd + 1, std::memory_order_release);
}

bool says_lost(const Area& area, Lease::Incarnation incarnation) {
    const auto words = read_words(area, incarnation);
    return words && (*words)[Word::Kind] == None;
}

std::optional<Sample> read_sample(const Area& area, Lease::Incarnation incarnation) {
    const auto read = read_words(area, incarnation);
    if (!read) return std::nullopt;
    const SampleWords& words = *read;
    if (words[Word::Kind] != Leader && words[Word::Kind] != Replica) return std::nullopt;
    Sample sample;
    sample.begun = boot_time_of(words[Word::Begun]);
    sample.in_recovery = words[Word::Kind] == Replica;
    sample.position = {words[Word::Cluster], static_cast<std::uint32_t>(words[Word::Timeline]),
                       words[Word::Lsn]};
    sample.instance = static_cast<std::int64_t>(words[Word::Instance]);
    sample.ticket.number = words[Word::Number];
    sample.lag = boot_time_of(words[Word::Lag]);
    sample.caught_up = boot_time_of(words[Word::CaughtUp]);
    return sample;
}

}  // namespace freshread
