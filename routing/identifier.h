// Identifiers and keywords in upper and lower case: comparing them without a copy, and the copy.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

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

[[nodiscard]] constexpr bool equals_folded(std::string_view a, std::string_view lower) {
    if (a.size() != lower.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (fold(a[i]) != lower[i]) return false;
    }
    return true;
}

[[nodiscard]] constexpr bool starts_folded(std::string_view a, std::string_view lower) {
    return a.size() >= lower.size() && compare_folded(a.substr(0, lower.size()), lower) == 0;
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
