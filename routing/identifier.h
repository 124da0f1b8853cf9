// Identifiers and keywords in upper and lower case: comparing them without a copy, and the copy.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace freshread {

[[nodiscard]] constexpr char fold(char c) {
    const bool upper = static_cast<unsigned char>(c - 'A') < 26;
    return static_cast<char>(c + (upper ? 'a' - 'A' : 0));
}

[[nodiscard]] inline std::string folded(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), fold);
    return out;
}

// Order of `a`, folded to lower case, against `lower`, which is in lower case: negative, zero or positive.
[[nodiscard]] constexpr int compare_folded(std::string_view a, std::string_view lower) {
    const auto shared = std::min(a.size(), lower.size());
    for (std::size_t i = 0; i < shared; ++i) {
        const auto x = static_cast<unsigned char>(fold(a[i]));
        const auto y = static_cast<unsigned char>(lower[i]);
        if (x != y) return x < y ? -1 : 1;
    }
    if (a.size() == lower.size()) return 0;
    return a.size() < lower.size() ? -1 : 1;
}

namespace folding {

// A machine word of letters, as they stand in memory.
template <typename Word>
[[nodiscard]] inline Word letters_at(const char* at) {
    Word letters = 0;
    std::memcpy(&letters, at, sizeof letters);
    return letters;
}

// The same byte by byte, but for letters in upper case on the left. `lower` is in lower case.
template <typename Word>
[[nodiscard]] constexpr bool same(Word letters, Word lower) {
    const auto differ = static_cast<Word>(letters ^ lower);
    if (differ == 0) return true;
    constexpr auto kEach = static_cast<Word>(static_cast<Word>(~Word{0}) / 0xFFU);
    // From `a` on, and from behind `z` on, the top bit is set.
    const auto low = static_cast<Word>(lower & static_cast<Word>(kEach * 0x7FU));
    const auto from_a = static_cast<Word>(low + static_cast<Word>(kEach * (0x80U - 'a')));
    const auto behind_z = static_cast<Word>(low + static_cast<Word>(kEach * (0x7FU - 'z')));
    const auto letter = static_cast<Word>(from_a & ~behind_z & ~lower & static_cast<Word>(kEach * 0x80U));
    return static_cast<Word>(differ & ~static_cast<Word>(letter >> 2U)) == 0;
}

// Of `size` bytes each, two words that may overlap.
template <typename Word>
[[nodiscard]] inline bool same_ends(const char* a, const char* lower, std::size_t size) {
    const std::size_t second = size - sizeof(Word);
    return same(letters_at<Word>(a), letters_at<Word>(lower)) &&
           same(letters_at<Word>(a + second), letters_at<Word>(lower + second));
}

[[nodiscard]] inline bool equal(const char* a, const char* lower, std::size_t size) {
    while (size > 2 * sizeof(std::uint64_t)) {
        if (!same(letters_at<std::uint64_t>(a), letters_at<std::uint64_t>(lower))) return false;
        a += sizeof(std::uint64_t);
        lower += sizeof(std::uint64_t);
        size -= sizeof(std::uint64_t);
    }
    if (size >= sizeof(std::uint64_t)) return same_ends<std::uint64_t>(a, lower, size);
    if (size >= sizeof(std::uint32_t)) return same_ends<std::uint32_t>(a, lower, size);
    if (size >= sizeof(std::uint16_t)) return same_ends<std::uint16_t>(a, lower, size);
    return size == 0 || fold(*a) == *lower;
}

}  // namespace folding

[[nodiscard]] constexpr bool equals_folded(std::string_view a, std::string_view lower) {
    if (a.size() != lower.size()) return false;
    // Most differ in the first letter already.
    if (!a.empty() && ((a.front() ^ lower.front()) & ~('a' - 'A')) != 0) return false;
    if (!std::is_constant_evaluated()) return folding::equal(a.data(), lower.data(), a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (fold(a[i]) != lower[i]) return false;
    }
    return true;
}

[[nodiscard]] constexpr bool starts_folded(std::string_view a, std::string_view lower) {
    return a.size() >= lower.size() && equals_folded(a.substr(0, lower.size()), lower);
}

// The entry of a table sorted by `key` that equals `word` folded to lower case, or nothing.
template <typename Entry, typename Key>
[[nodiscard]] constexpr const Entry* find_folded(std::span<const Entry> table, std::string_view word,
                                                 Key key) {
    const auto found = std::partition_point(
        table.begin(), table.end(), [&](const Entry& entry) { return compare_folded(word, key(entry)) > 0; });
    if (found == table.end() || compare_folded(word, key(*found)) != 0) return nullptr;
    return &*found;
}

}  // namespace freshread
