#include "routing/character.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

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
                ASSERT_EQ(find_any(begin, end, '\'', '\\', '\0'),
                          portable::find_any(begin, end, '\'', '\\', '\0'))
                    << byte << ' ' << size;
            }
        }
    }
}

}  // namespace
}  // namespace freshread
