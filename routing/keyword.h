// The words of SQL that a statement's structure hangs on.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "routing/dialect.h"

namespace freshread {

enum class Word : std::uint8_t {
    None,     // an ordinary identifier
    Syntax,   // part of the grammar, nothing follows from it here
    Operand,  // stands for a value: NULL, TRUE, END ...
    As,
    By,
    Delete,
    Distinct,
    Escape,  // introduces a literal behind an operand: ESCAPE, UESCAPE, TIME ZONE ...
    Execute,
    Exists,  // EXISTS(, ARRAY(
    Fetch,
    Filter,
    For,
    From,
    Group,
    Grouping,  // ROLLUP, CUBE, SETS
    Having,
    Infix,  // an operator behind an operand: ILIKE, IS ...
    Insert,
    Into,
    Join,
    JoinModifier,  // LEFT, NATURAL ...
    Lateral,
    Like,  // an operator, or in a definition the name of a relation follows
    Limit,
    Lock,
    Merge,
    Next,  // NEXT VALUE FOR, PREVIOUS VALUE FOR
    Not,
    On,
    Only,
    OperatorCall,  // OPERATOR(schema.+)
    Order,
    Over,
    Partition,
    Reference,  // in a definition, names a relation: REFERENCES, INHERITS ...
    Replace,
    Returning,
    Rows,
    Select,
    Set,
    SetOperation,  // UNION, EXCEPT, INTERSECT
    SqlCalcFoundRows,
    StraightJoin,
    Table,
    TableSample,
    Update,
    Using,
    Values,
    Varying,
    Where,
    Window,
    With,
};

struct Keyword {
    Word word;      // None: it is none
    bool reserved;  // in this dialect it can name neither a function nor a type nor a column
};

// The keywords, by their first letters and their length: open addressing, with room enough that the first
// look mostly decides. What is asked for consists of letters, digits, _, $ and bytes from 0x80 on.
namespace keywords {

// The first letters as one number, the first of them in its lowest byte; shorter words end in zeros. With
// kFold added letters are in lower case, and of what words are made of, nothing else becomes a letter or what
// _ becomes.
inline constexpr std::size_t kPrefix = sizeof(std::uint64_t);
inline constexpr std::uint64_t kFold = 0x2020202020202020ULL;

inline constexpr std::size_t kDialects = 3;

struct Slot {
    std::uint64_t prefix;  // 0: free
    std::array<Keyword, kDialects> keyword;
    std::uint8_t entry;
    bool goes_on;  // a keyword that belongs here stands in a later slot
};

inline constexpr std::size_t kSlotBits = 10;
extern const std::array<Slot, 1U << kSlotBits> kSlots;

// Which lengths the keywords have that begin with a byte, one bit each: dismisses most names.
extern const std::array<std::uint32_t, 256> kLengths;

// Which bits of the letters are of a word of that size.
inline constexpr std::array<std::uint64_t, kPrefix> kMasks = [] {
    std::array<std::uint64_t, kPrefix> masks{};
    for (std::size_t size = 0; size < kPrefix; ++size) masks.at(size) = (std::uint64_t{1} << (8 * size)) - 1;
    return masks;
}();

// `size`: of the word. REQUIRES: not 0.
[[nodiscard]] constexpr std::uint64_t folded(std::uint64_t letters, std::size_t size) {
    letters |= kFold;
    return size < kPrefix ? letters & kMasks[size] : letters;
}

[[nodiscard]] constexpr std::size_t slot_of(std::uint64_t prefix, std::size_t size) {
    return ((prefix + size) * 0x9E3779B97F4A7C15ULL) >> (64 - kSlotBits);
}

[[nodiscard]] constexpr std::size_t next_slot(std::size_t slot) {
    return (slot + 1) % (1U << kSlotBits);
}

[[nodiscard]] constexpr std::uint64_t letters_of(std::string_view word) {
    std::uint64_t letters = 0;
    for (std::size_t i = 0; i < word.size() && i < kPrefix; ++i) {
        letters |= std::uint64_t{static_cast<unsigned char>(word[i])} << (8 * i);
    }
    return letters;
}

// The same and, perhaps, what stands behind the word: so many bytes may be read. Not folded.
[[nodiscard]] inline std::uint64_t letters_from(std::string_view word, std::size_t readable) {
    if (std::endian::native != std::endian::little || readable < kPrefix) [[unlikely]]
        return letters_of(word);
    std::uint64_t letters = 0;
    std::memcpy(&letters, word.data(), kPrefix);
    return letters;
}

// Behind a first look that did not decide.
[[nodiscard]] Keyword find_on(std::string_view word, std::uint64_t prefix, Dialect dialect);

}  // namespace keywords

// False: the word is no keyword. REQUIRES: not empty.
[[nodiscard]] inline bool may_be_keyword(std::string_view word) {
    return (keywords::kLengths[static_cast<unsigned char>(word.front())] >> (word.size() % 32) & 1U) != 0;
}

// What an unquoted word means that may be one. `readable`: how many bytes may be read from its beginning on.
[[nodiscard]] inline Keyword find_keyword(std::string_view word, std::size_t readable, Dialect dialect) {
    using namespace keywords;
    const std::uint64_t prefix = folded(letters_from(word, readable), word.size());
    const Slot& slot = kSlots[slot_of(prefix, word.size())];
    // The letters of a shorter word tell its size, too.
    if (slot.prefix == prefix && word.size() < kPrefix) return slot.keyword[static_cast<unsigned>(dialect)];
    if (slot.prefix != prefix && !slot.goes_on) return {};
    return find_on(word, prefix, dialect);
}

}  // namespace freshread
