// A hash of texts for tables in memory: all of the text counts, two lanes of sixteen bytes side by side. The
// seed is the process's own, so that nobody outside can choose texts that collide.
//
// Not to be stored or sent: it is another one in every process and on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace freshread {

class TextHash {
 public:
    using is_transparent = void;

    TextHash() : seed_(seed_of_process()) {}
    explicit TextHash(std::uint64_t seed) : seed_(seed) {}

    [[nodiscard]] std::size_t operator()(std::string_view text) const {
        const char* at = text.data();
        std::size_t left = text.size();
        std::uint64_t one = seed_ ^ (left * kSecond);
        std::uint64_t other = seed_;
        if (left > kStep) {
            const char* const last = at + left - kStep;
            do {
                one = folded(word(at) ^ kFirst, word(at + 8) ^ one);
                other = folded(word(at + 16) ^ kSecond, word(at + 24) ^ other);
                at += kStep;
            } while (at < last);
            // The last words, some of them a second time.
            at = last;
            left = kStep;
        }
        if (left > kStep / 2) {
            other = folded(word(at) ^ kSecond, word(at + 8) ^ other);
            at += left - kStep / 2;
            left = kStep / 2;
        }
        std::uint64_t low = 0;
        std::uint64_t high = 0;
        if (left >= 8) {
            low = word(at);
            high = word(at + left - 8);
        } else if (left > 0) {
            for (std::size_t i = 0; i < left; ++i) low = (low << 8U) | static_cast<unsigned char>(at[i]);
        }
        return folded(low ^ kFirst ^ other, high ^ one);
    }

 private:
    static constexpr std::size_t kStep = 32;
    // Odd, and half of the bits set.
    static constexpr std::uint64_t kFirst = 0x9E3779B97F4A7C15ULL;
    static constexpr std::uint64_t kSecond = 0xD1B54A32D192ED03ULL;

    [[nodiscard]] static std::uint64_t seed_of_process();

    [[nodiscard]] static std::uint64_t word(const char* at) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof word);
        return word;
    }

    // The two halves of the product: each bit of it hangs on many of both.
    [[nodiscard]] static std::uint64_t folded(std::uint64_t a, std::uint64_t b) {
        __extension__ using Wide = unsigned __int128;
        const Wide product = static_cast<Wide>(a) * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
    }

    std::uint64_t seed_;
};

}  // namespace freshread
