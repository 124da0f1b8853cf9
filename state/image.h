// How parts of the user table lie in a file: rows of 64-bit words in the byte order of the host (the file
// never leaves it), the first of which is a digest of the others. The digest is seeded with what the row is
// and whose it is, so that a row is believed only in its own place of its own table, and the absence of an
// entry can be verified.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace freshread {

using Image = std::vector<std::uint64_t>;

// Damage is noticed always when it is within one word, else but for one case in 2^64. No defence against
// forgery: who can write the file is the account itself.
[[nodiscard]] std::uint64_t digest_of(std::uint64_t seed, std::span<const std::uint64_t> words);

// A seed from several values.
[[nodiscard]] std::uint64_t seed_of(std::initializer_list<std::uint64_t> values);

[[nodiscard]] std::uint64_t word_of(std::string_view text);

// Writes the digest into the first word.
void seal(Image& image, std::uint64_t seed);
[[nodiscard]] bool intact(std::span<const std::uint64_t> image, std::uint64_t seed);

}  // namespace freshread
