// How the board lies in memory that several processes share: words of 64 bits, each an atomic of its own, no
// pointers. Everything in it may be written by a process that was stopped at any instruction and resumed
// later, or be damaged: whoever reads checks what it reads, and nothing in it is an address or a length.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace freshread::board_layout {

using Word = std::atomic<std::uint64_t>;
using FutexWord = std::atomic<std::uint32_t>;
static_assert(Word::is_always_lock_free && FutexWord::is_always_lock_free);
static_assert(sizeof(Word) == 8 && sizeof(FutexWord) == 4);

inline constexpr std::uint64_t kMagic = 0x4672'7368'426F'6172;  // "FrshBoar"
inline constexpr std::uint64_t kVersion = 5;
inline constexpr std::size_t kNodes = 32;
inline constexpr std::size_t kAreas = 8;
inline constexpr std::size_t kSampleWords = 12;
inline constexpr std::size_t kProcesses = 256;
inline constexpr std::size_t kCounts = 48;
inline constexpr std::size_t kPendingCloses = 1024;
inline constexpr std::size_t kPendingWords = 10;
inline constexpr std::size_t kUserTables = 16;

// What one incarnation of a node's monitor writes (state/lease.h). The next has the next area: one that was
// stopped and resumed tears nothing.
struct Area {
    Word incarnation;  // written last when the area is begun
    Word heartbeat;    // CLOCK_BOOTTIME in nanoseconds
    // Whose it is.
    Word process;
    Word started;
    Word process_namespace;
    Word store;     // which store of users it feeds
    Word database;  // whose catalog of relations it asks about
    // The sample: odd while it is being written.
    Word sequence;
    std::array<Word, kSampleWords> sample;
};

struct Node {
    Word identity;  // a digest of its address; zero: the place is free
    Word lease;     // the incarnation that counts
    std::array<Area, kAreas> areas;
};

// What one process has counted (state/process_counts.h).
struct Process {
    Word process;  // zero: the place is free
    Word started;
    Word process_namespace;
    std::array<Word, kCounts> counts;
};

// Marks that wait for a sample of the leader (state/pending_closes.h).
struct Pending {
    std::array<Word, kPendingCloses> states;
    std::array<std::array<Word, kPendingWords>, kPendingCloses> words;
};

// Writes that a user table knows nothing of (state/unrecorded_writes.h).
struct UnrecordedOf {
    Word table;  // a digest of which; zero: the place is free
    Word last;   // CLOCK_BOOTTIME in nanoseconds; zero: there is none
};
using Unrecorded = std::array<UnrecordedOf, kUserTables>;

struct Board {
    // Written once, before anybody else finds the board.
    enum Constant : std::size_t { Magic, Version, Size, Identity, Cluster, Boot, Digest, Constants };
    std::array<Word, Constants> constants;

    Word begun;         // the number of the last sample that was begun, on any node
    Word fast_until;    // somebody waits for progress
    Word wanted_until;  // somebody needs samples
    Word catalog_until;
    Word close_wanted;  // a mark waits for the leader's next sample
    FutexWord bell;     // rung to wake monitors
    FutexWord asleep;   // a monitor sleeps for long, and is to be woken
    FutexWord news;     // counts what was published
    FutexWord awaited;  // somebody waits for news
    std::array<Node, kNodes> nodes;
    std::array<Process, kProcesses> processes;
    std::array<Word, kCounts> ended;  // what processes counted that have ended
    Pending pending;
    Unrecorded unrecorded;
};

}  // namespace freshread::board_layout
