// Whose table the tests are about, and where its leader stands.
#pragma once

#include <cstdint>

#include "routing/position.h"
#include "state/user_key.h"

namespace freshread {

inline constexpr std::uint64_t kCluster = 0xF000'0000'0000'0042U;  // above 2^63, as real ones are
inline constexpr UserKey kAlice = {1, 2, 3};
inline constexpr UserKey kBob = {1, 2, 4};

inline Position at(std::uint64_t lsn, std::uint32_t timeline = 1) {
    return {kCluster, timeline, lsn};
}

}  // namespace freshread
