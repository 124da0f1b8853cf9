// What a byte may be part of in SQL, and runs of bytes, found sixteen at a time where the processor can.
//
// Nothing here reads behind `end`.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace freshread {

// Combined: a digit is of a tag and of a word, too.
enum CharacterUse : std::uint8_t {
    kSpace = 1,
    kDigit = 2,
    kStartsWord = 4,
    kTag = 8,  // of a dollar quote
    kWord = 16,
    kOperator = 32,
    kLetsSignEnd = 64,  // an operator of PostgreSQL with one of these may end in + or -: `a<-1` is `a < -1`
    kPrefixes = 128,    // may stand before the quote of a literal: E'...', U&"..."
};

inline constexpr std::array<std::uint8_t, 256> kCharacterUses = [] {
    std::array<std::uint8_t, 256> uses{};
    for (std::size_t c = 0; c < uses.size(); ++c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        const bool digit = c >= '0' && c <= '9';
        uses.at(c) = static_cast<std::uint8_t>((letter ? kStartsWord | kTag | kWord : 0) |
                                               (digit ? kDigit | kTag | kWord : 0) | (c == '$' ? kWord : 0));
    }
    for (const char c : std::string_view("eEbBxXnNuU")) uses.at(static_cast<unsigned char>(c)) |= kPrefixes;
    for (const char c : {' ', '\t', '\n', '\r', '\f', '\v'}) uses.at(static_cast<unsigned char>(c)) = kSpace;
    for (const char c : std::string_view("+-*/<>=")) uses.at(static_cast<unsigned char>(c)) = kOperator;
    for (const char c : std::string_view("~!@#^&|`?%"))
        uses.at(static_cast<unsigned char>(c)) = kOperator | kLetsSignEnd;
    return uses;
}();

[[nodiscard]] inline std::uint8_t uses_of(char c) {
    return kCharacterUses[static_cast<unsigned char>(c)];
}

[[nodiscard]] inline bool is_character(std::uint8_t uses, char c) {
    return (uses_of(c) & uses) != 0;
}

[[nodiscard]] inline const char* behind_all(std::uint8_t uses, const char* at, const char* end) {
    while (at != end && is_character(uses, *at)) ++at;
    return at;
}

namespace portable {

[[nodiscard]] inline const char* behind_word(const char* at, const char* end) {
    return behind_all(kWord, at, end);
}

template <typename... Stops>
[[nodiscard]] const char* find_any(const char* at, const char* end, Stops... stops) {
    while (at != end && ((*at != stops) && ...)) ++at;
    return at;
}

[[nodiscard]] inline std::uint64_t bytes_of_words(const char* /*text*/, const char* at, const char* end) {
    std::uint64_t found = 0;
    for (unsigned bit = 0; bit < 64 && at != end; ++bit, ++at)
        found |= std::uint64_t{is_character(kWord, *at)} << bit;
    return found;
}

}  // namespace portable

#ifdef __SSE2__

namespace sse2 {

[[nodiscard]] inline __m128i load(const char* at) {
    return _mm_loadu_si128(static_cast<const __m128i*>(static_cast<const void*>(at)));
}

// Bytes from `first` to `last`, each as 0xFF.
[[nodiscard]] inline __m128i in_range(__m128i bytes, char first, char last) {
    // `last` becomes the greatest of all, and so do all from `first` on greater than what is before it.
    const __m128i moved = _mm_add_epi8(bytes, _mm_set1_epi8(static_cast<char>(127 - last)));
    return _mm_cmpgt_epi8(moved, _mm_set1_epi8(static_cast<char>(126 - (last - first))));
}

// Which of 16 bytes words have, the first of them in the lowest bit.
[[nodiscard]] inline unsigned bytes_of_words(__m128i bytes) {
    const __m128i letters = in_range(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 'z');
    const __m128i digits = in_range(bytes, '0', '9');
    const __m128i others =
        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('_')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('$')));
    // The top bit of each counts, which the bytes from 0x80 on have themselves.
    return static_cast<unsigned>(
        _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(letters, digits), _mm_or_si128(others, bytes))));
}

[[nodiscard]] inline const char* behind_word(const char* at, const char* end) {
    while (end - at >= 16) {
        const unsigned found = bytes_of_words(load(at)) ^ 0xFFFFU;
        if (found != 0) return at + std::countr_zero(found);
        at += 16;
    }
    return portable::behind_word(at, end);
}

[[nodiscard]] inline std::uint64_t bytes_of_words(const char* text, const char* at, const char* end) {
    if (end - at >= 64) [[likely]] {
        const std::uint64_t low = bytes_of_words(load(at)) | bytes_of_words(load(at + 16)) << 16U;
        const std::uint64_t high = bytes_of_words(load(at + 32)) | bytes_of_words(load(at + 48)) << 16U;
        return low | high << 32U;
    }
    std::uint64_t found = 0;
    for (unsigned bit = 0; bit < 64; bit += 16, at += 16) {
        if (end - at < 16) {
            if (end - text < 16) return portable::bytes_of_words(text, at, end);
            const auto before = 16 - (end - at);  // bytes of the last 16 that were looked at already
            return before == 16 ? found
                                : found | std::uint64_t{bytes_of_words(load(end - 16)) >> before} << bit;
        }
        found |= std::uint64_t{bytes_of_words(load(at))} << bit;
    }
    return found;
}

template <typename... Stops>
[[nodiscard]] const char* find_any(const char* at, const char* end, Stops... stops) {
    while (end - at >= 16) {
        const __m128i bytes = load(at);
        __m128i stop = _mm_setzero_si128();
        ((stop = _mm_or_si128(stop, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(stops)))), ...);
        const auto found = static_cast<unsigned>(_mm_movemask_epi8(stop));
        if (found != 0) return at + std::countr_zero(found);
        at += 16;
    }
    return portable::find_any(at, end, stops...);
}

}  // namespace sse2

namespace fastest = sse2;
#else
namespace fastest = portable;
#endif

// The first byte from `at` on that no word has, or `end`.
[[nodiscard]] inline const char* behind_word(const char* at, const char* end) {
    return fastest::behind_word(at, end);
}

// Which of the 64 bytes from `at` on words have, the first of them in the lowest bit; those behind the end
// have none. `text`: where what may be read begins.
[[nodiscard]] inline std::uint64_t bytes_of_words(const char* text, const char* at, const char* end) {
    return fastest::bytes_of_words(text, at, end);
}

// The first of these characters from `at` on, or `end`.
template <typename... Stops>
[[nodiscard]] const char* find_any(const char* at, const char* end, Stops... stops) {
    return fastest::find_any(at, end, stops...);
}

}  // namespace freshread
