// Finds a word in a table of names in one step, mostly: an index of open addressing over the table. The hash
// takes a few characters only, so that a word that is no entry is dismissed in about twenty instructions.
//
// Trivially destructible, so that it may be static in a library whose threads outlive main().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "routing/identifier.h"

namespace freshread {

// The same for a letter in upper and lower case, and in every index.
[[nodiscard]] constexpr std::uint32_t hash_of_name(std::string_view word) {
    if (word.empty()) return 0;
    const auto at = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(word[i])) | 0x20U;
    };
    const std::size_t last = word.size() - 1;
    const std::uint32_t ends =
        (at(0) << 16U) ^ (at(last) << 8U) ^ at(last / 2) ^ (at(last - last / 4) << 12U);
    const std::uint32_t hash = (ends ^ (static_cast<std::uint32_t>(word.size()) << 24U)) * 0x9E3779B1U;
    return hash >> 16U;
}

// REQUIRES: Slots is a power of two and at least twice the table.
template <typename Entry, typename Key, std::size_t Slots>
class NameIndex {
    static_assert((Slots & (Slots - 1)) == 0 && Slots <= 1U << 16U);

 public:
    // The names are in lower case. `table` must outlive the index.
    constexpr NameIndex(std::span<const Entry> table, Key key) : table_(table), key_(key) {
        for (std::size_t i = 0; i < table.size(); ++i) {
            std::size_t slot = hash_of_name(key(table[i])) % Slots;
            while (slots_[slot] != 0) slot = (slot + 1) % Slots;
            slots_[slot] = static_cast<std::uint16_t>(i + 1);
        }
    }

    // The entry that equals `word` folded to lower case, or nothing. `hash`: of the word.
    [[nodiscard]] constexpr const Entry* find_folded(std::string_view word, std::uint32_t hash) const {
        return find(word, hash, [](std::string_view a, std::string_view b) { return equals_folded(a, b); });
    }
    [[nodiscard]] constexpr const Entry* find_folded(std::string_view word) const {
        return find_folded(word, hash_of_name(word));
    }
    // The entry that is `word`.
    [[nodiscard]] constexpr const Entry* find_exact(std::string_view word, std::uint32_t hash) const {
        return find(word, hash, [](std::string_view a, std::string_view b) { return a == b; });
    }
    [[nodiscard]] constexpr const Entry* find_exact(std::string_view word) const {
        return find_exact(word, hash_of_name(word));
    }

 private:
    template <typename Same>
    [[nodiscard]] constexpr const Entry* find(std::string_view word, std::uint32_t hash, Same same) const {
        for (std::size_t slot = hash % Slots; slots_[slot] != 0; slot = (slot + 1) % Slots) {
            const Entry& entry = table_[slots_[slot] - 1U];
            if (same(word, key_(entry))) return &entry;
        }
        return nullptr;
    }

    std::span<const Entry> table_;
    Key key_;
    std::array<std::uint16_t, Slots> slots_{};  // one more than the position; 0: free
};

}  // namespace freshread
