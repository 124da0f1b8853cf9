// Random bits that spread sessions over replicas and tries over time; nothing depends on their quality.
#pragma once

#include <cstdint>

namespace freshread {

// SplitMix64.
inline std::uint64_t next_random(std::uint64_t& state) {
    std::uint64_t z = (state += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

}  // namespace freshread
