// What the coordinator and its workers share while a run goes on: a file of atomics that every process maps.
//
// `confirmed` is what makes a read checkable at once: it holds, for every row, the highest value whose write
// returned success. Whoever reads a row loads it before the read begins; a smaller value read afterwards is
// a violation of I1, whoever wrote, in whichever process.
//
// Lock-free, so that a process that is killed at any instruction leaves it whole.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace freshread::consistency {

inline constexpr int kUsers = 4;
inline constexpr int kKeys = 6;
inline constexpr int kProcesses = 4;
inline constexpr int kThreads = 3;
inline constexpr std::size_t kKilledBackends = 4096;
// Whom a thread of a process works for.
[[nodiscard]] constexpr int user_of(int process, int thread) {
    return (process + thread) % kUsers;
}

using Values = std::array<std::array<std::atomic<std::int64_t>, kKeys>, kUsers>;

struct Scoreboard {
    Values issued;     // the highest value that somebody began to write
    Values confirmed;  // the highest value whose write returned success

    std::atomic<bool> stop;
    std::atomic<std::int64_t> started;  // boot time in nanoseconds, as all times here

    // Which errors are the leader's own: its backends that the coordinator ended, noted before they are; and
    // until when the whole leader was away (the maximum while it is).
    std::array<std::atomic<std::int32_t>, kKilledBackends> killed;
    std::atomic<std::uint32_t> killed_count;
    std::atomic<std::int64_t> killed_last;
    std::atomic<std::int64_t> leader_away_until;

    std::atomic<std::int64_t> violations;
    std::atomic<std::int64_t> unexpected_errors;
    std::atomic<std::int64_t> expected_errors;
    std::array<std::atomic<std::int64_t>, 50> unexpected_at;  // when the first of them were seen
    // When each thread last began something, and what.
    struct Heartbeat {
        std::atomic<std::int64_t> at;
        std::atomic<std::int32_t> doing;
    };
    std::array<std::array<Heartbeat, kThreads>, kProcesses> heartbeats;
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

// Raises a maximum.
void raise(std::atomic<std::int64_t>& maximum, std::int64_t value);

// The file at `path`, mapped for the life of the process. `make`: it is created, all zero.
[[nodiscard]] Scoreboard& map_scoreboard(const std::string& path, bool make);

// CLOCK_BOOTTIME in nanoseconds: the same for every process of the host.
[[nodiscard]] std::int64_t boot_nanoseconds();

}  // namespace freshread::consistency
