// Whether one connection should try a replica: after a failure it is avoided, with exponential back-off and
// full jitter, so that neither one connection nor many together hammer a node that just failed.
#pragma once

#include <algorithm>
#include <cstdint>

#include "state/clock.h"

namespace freshread {

class ReplicaHealth {
 public:
    [[nodiscard]] bool in_service(BootTime now) const { return now >= avoided_until_; }
    void succeeded() { failures_ = 0; }
    // `random`: any 64 random bits.
    void failed(BootTime now, std::uint64_t random) {
        constexpr BootTime kShortest = std::chrono::seconds(1);
        constexpr unsigned kMostDoublings = 5;  // 32 s
        const BootTime longest = kShortest * (1U << std::min(failures_, kMostDoublings));
        ++failures_;
        // From half the span upwards: full jitter down to zero would try a dead node again at once.
        const auto half = static_cast<std::uint64_t>(longest.count()) / 2;
        avoided_until_ = now + BootTime(static_cast<BootTime::rep>(half + random % half));
    }

 private:
    BootTime avoided_until_{0};
    unsigned failures_ = 0;
};

}  // namespace freshread
