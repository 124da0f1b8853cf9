#include "driver/text_hash.h"

#include <random>

namespace freshread {

std::uint64_t TextHash::seed_of_process() {
    static const std::uint64_t seed = [] {
        std::random_device random;
        return (std::uint64_t{random()} << 32U) | random();
    }();
    return seed;
}

}  // namespace freshread
