#include "driver/text_hash.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

namespace freshread {
namespace {

constexpr std::uint64_t kSeed = 0x6A09E667F3BCC908ULL;

// In a buffer of its own, so that AddressSanitizer sees a byte read behind it.
std::size_t hash(const std::string& text, std::uint64_t seed = kSeed) {
    const std::vector<char> bytes(text.begin(), text.end());
    return TextHash(seed)({bytes.data(), bytes.size()});
}

TEST(TextHash, every_byte_and_the_length_count) {
    std::set<std::size_t> seen;
    std::size_t texts = 0;
    for (std::size_t size = 0; size <= 140; ++size) {
        std::string text(size, 'x');
        EXPECT_EQ(hash(text), hash(text));
        seen.insert(hash(text));
        ++texts;
        for (char& c : text) {
            c = 'y';
            seen.insert(hash(text));
            ++texts;
            c = 'x';
        }
    }
    EXPECT_EQ(seen.size(), texts);
}

TEST(TextHash, another_seed_is_another_hash) {
    for (const std::size_t size : {1U, 8U, 20U, 200U})
        EXPECT_NE(hash(std::string(size, 'x')), hash(std::string(size, 'x'), kSeed + 1));
}

// Of 4096 texts on 256 places each gets 16; what chance leaves stays below 40 with room to spare.
TEST(TextHash, texts_that_differ_little_spread) {
    for (const std::string_view end : {"", " order by created_at, last_name limit 10"}) {
        std::array<int, 256> places{};
        for (int i = 0; i < 4096; ++i) {
            ++places[hash("select name from customers where id = " + std::to_string(i) + std::string(end)) %
                     256];
        }
        for (const int count : places) EXPECT_LT(count, 45);
    }
}

}  // namespace
}  // namespace freshread
