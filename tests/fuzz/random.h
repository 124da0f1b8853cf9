// Random choices that a seed decides alone: the same on every machine and library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>

namespace fuzz {

// SplitMix64.
class Random {
 public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    // For call number `index` of a sequence: independent of what the calls before it chose, so that a
    // sequence from which calls are dropped makes the others as before.
    Random(std::uint64_t seed, std::uint64_t index) : state_(seed * 0x2545F4914F6CDD1DULL + index) { next(); }

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }
    int below(int bound) { return static_cast<int>(next() % static_cast<std::uint64_t>(bound)); }
    int between(int least, int most) { return least + below(most - least + 1); }
    bool percent(int chance) { return below(100) < chance; }
    // Twice in the list: twice as likely.
    template <typename T>
    T pick(std::initializer_list<T> of) {
        return of.begin()[below(static_cast<int>(of.size()))];
    }
    template <typename T, std::size_t N>
    const T& pick(const T (&of)[N]) {
        return of[below(static_cast<int>(N))];
    }

 private:
    std::uint64_t state_;
};

}  // namespace fuzz
