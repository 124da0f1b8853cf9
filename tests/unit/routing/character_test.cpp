#include "routing/character.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "routing/word_window.h"

namespace freshread {
namespace {

TEST(Character, what_a_word_is_made_of) {
    for (const char c : std::string("azAZ09_$\x80\xFF")) EXPECT_TRUE(is_character(kWord, c)) << c;
    for (const char c : std::string("@[`{/:^~ .-'\0\n", 14)) EXPECT_FALSE(is_character(kWord, c)) << c;
}

// Wherever the byte stands among sixteen, and wherever the text ends: in a buffer of its own, so that
// AddressSanitizer sees a byte read behind it.
TEST(Character, runs_end_at_the_same_byte_however_they_are_looked_for) {
    for (int byte = 0; byte < 256; ++byte) {
        for (std::size_t size = 0; size <= 40; ++size) {
            for (const std::size_t place : {std::size_t{0}, size / 2, size - 1}) {
                std::vector<char> text(size, 'x');
                if (place < size) text[place] = static_cast<char>(byte);
                const char* const begin = text.data();
                const char* const end = begin + size;
                ASSERT_EQ(behind_word(begin, end), portable::behind_word(begin, end)) << byte << ' ' << size;
                ASSERT_EQ(WordWindow(begin, end).behind_word(begin), portable::behind_word(begin, end))
                    << byte << ' ' << size;
                ASSERT_EQ(find_any(begin, end, '\'', '\\', '\0'),
                          portable::find_any(begin, end, '\'', '\\', '\0'))
                    << byte << ' ' << size;
            }
        }
    }
}

// However far the text before it was read when it is asked, and wherever the 64 bytes of a look end.
TEST(Character, words_end_at_the_same_byte_in_a_window_over_the_text) {
    std::string text;
    for (std::size_t size = 0; text.size() < 700; size = (size * 7 + 3) % 83)
        text += std::string(size, 'w') + (size % 3 == 0 ? " " : "'\n.");
    for (std::size_t size = 0; size <= text.size(); ++size) {
        const std::vector<char> copy(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
        const char* const end = copy.data() + size;
        for (const std::ptrdiff_t step : {1, 2, 5, 63, 64, 65}) {
            WordWindow window(copy.data(), end);
            for (const char* at = copy.data();; at += step) {
                ASSERT_EQ(window.behind_word(at), portable::behind_word(at, end)) << size << ' ' << step;
                if (end - at < step) break;
            }
        }
    }
}

}  // namespace
}  // namespace freshread
