// Where words end, of a text that is read from its beginning to its end: which bytes are of words is found
// for 64 of them at once, so that a word of a few letters costs a shift.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "routing/character.h"

namespace freshread {

class WordWindow {
 public:
    static constexpr std::ptrdiff_t kSize = 64;

    WordWindow(const char* text, const char* end) : text_(text), end_(end), begin_(text) {}

    // Behind the bytes of words from there on; `begin` itself when there is none. REQUIRES: not behind the
    // end, nor before what was asked for last.
    [[nodiscard, gnu::always_inline]] const char* behind_word(const char* begin) {
        const auto offset = begin - begin_;
        if (offset >= known_) [[unlikely]]
            return look(begin);
        const std::uint64_t others = others_ >> offset;
        if (others == 0) __builtin_unreachable();
        return begin + static_cast<unsigned>(std::countr_zero(others));
    }

 private:
    // Looks at the bytes from `begin` on. What stands behind the text is of no word.
    [[nodiscard, gnu::noinline]] const char* look(const char* begin) {
        begin_ = begin;
        others_ = ~bytes_of_words(text_, begin, end_);
        known_ = kSize - std::countl_zero(others_);
        if (others_ == 0) [[unlikely]]
            return freshread::behind_word(begin + kSize, end_);
        return begin + std::countr_zero(others_);
    }

    const char* text_;
    const char* end_;
    const char* begin_;  // of the bytes that others_ tells of; at first, of none
    std::uint64_t others_ = 0;
    std::ptrdiff_t known_ = 0;  // how far it is behind the last of them that is of no word
};

}  // namespace freshread
