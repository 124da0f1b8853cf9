// Which process of this host: its number alone would be another's one day.
#pragma once

#include <cstdint>

namespace freshread {

struct ProcessIdentity {
    std::uint64_t process = 0;
    std::uint64_t started = 0;        // in clock ticks since boot
    std::uint64_t pid_namespace = 0;  // in which the number means something

    friend bool operator==(const ProcessIdentity&, const ProcessIdentity&) = default;
};

// This process as it is now: a forked child is another.
[[nodiscard]] ProcessIdentity this_process();

// False when it has certainly ended. One in another namespace cannot be told, and lives.
[[nodiscard]] bool may_live(const ProcessIdentity& process);

}  // namespace freshread
