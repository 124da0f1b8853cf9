#include "state/image.h"

#include <bit>

namespace freshread {

std::uint64_t digest_of(std::uint64_t seed, std::span<const std::uint64_t> words) {
    // Each step is a bijection of the state for a given word, and of the word for a given state.
    constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15ULL;
    std::uint64_t state = seed ^ kMultiplier;
    for (const std::uint64_t word : words) state = std::rotl((state ^ word) * kMultiplier, 29);
    state ^= words.size();
    state = (state ^ (state >> 32)) * kMultiplier;
    return state ^ (state >> 29);
}

std::uint64_t seed_of(std::initializer_list<std::uint64_t> values) {
    return digest_of(0, std::span(values.begin(), values.size()));
}

std::uint64_t word_of(std::string_view text) {
    std::vector<std::uint64_t> words;
    for (const char character : text) words.push_back(static_cast<unsigned char>(character));
    return digest_of(0, words);
}

void seal(Image& image, std::uint64_t seed) {
    image.at(0) = digest_of(seed, std::span(image).subspan(1));
}

bool intact(std::span<const std::uint64_t> image, std::uint64_t seed) {
    return !image.empty() && image[0] == digest_of(seed, image.subspan(1));
}

}  // namespace freshread
