#include "routing/identifier.h"

#include <gtest/gtest.h>

#include <string>

namespace freshread {
namespace {

// Each byte, in each place of words that are compared in pieces of different sizes.
TEST(Identifier, equals_a_word_in_lower_case_but_for_letters_in_upper_case) {
    const std::string lower = "az_09$azm~{`z|a}@qr";
    for (std::size_t size = 1; size <= lower.size(); ++size) {
        const std::string word = lower.substr(0, size);
        EXPECT_TRUE(equals_folded(word, word));
        EXPECT_FALSE(equals_folded(word + "x", word));
        for (std::size_t place = 0; place < size; ++place) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string other = word;
                other[place] = static_cast<char>(byte);
                const char c = word[place];
                const bool same = byte == c || (c >= 'a' && c <= 'z' && byte == c - 'a' + 'A');
                ASSERT_EQ(equals_folded(other, word), same) << word << ' ' << place << ' ' << byte;
            }
        }
    }
    EXPECT_TRUE(equals_folded("", ""));
    static_assert(equals_folded("SELECT", "select") && !equals_folded("SELECX", "select"));
}

}  // namespace
}  // namespace freshread
