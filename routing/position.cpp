#include "routing/position.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace freshread {

namespace {

template <typename Number>
std::optional<Number> parse_hex(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

}  // namespace

bool satisfies(const Position& have, const Position& need) {
    return have.known() && need.known() && have.cluster == need.cluster && have.timeline == need.timeline &&
           have.lsn >= need.lsn;
}

Position higher(const Position& a, const Position& b) {
    if (!a.known()) return b;
    if (!b.known()) return a;
    if (a.cluster != b.cluster) return b;
    if (a.timeline != b.timeline) return a.timeline > b.timeline ? a : b;
    return a.lsn > b.lsn ? a : b;
}

std::optional<std::uint64_t> parse_lsn(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto high = parse_hex<std::uint32_t>(text.substr(0, slash));
    const auto low = parse_hex<std::uint32_t>(text.substr(slash + 1));
    if (!high || !low) return std::nullopt;
    return (static_cast<std::uint64_t>(*high) << 32) | *low;
}

std::string format_lsn(std::uint64_t lsn) {
    std::array<char, 20> text{};
    const int length = std::snprintf(text.data(), text.size(), "%X/%X", static_cast<unsigned>(lsn >> 32),
                                     static_cast<unsigned>(lsn & 0xFFFFFFFFU));
    return {text.data(), static_cast<std::size_t>(length)};
}

std::string shown(const Position& position) {
    return format_lsn(position.lsn) + " on timeline " + std::to_string(position.timeline);
}

std::uint64_t round_down_to_page(std::uint64_t lsn, std::uint32_t page_size) {
    constexpr std::uint64_t kLongestPageHeader = 40;
    const std::uint64_t offset = lsn & (static_cast<std::uint64_t>(page_size) - 1);
    return offset <= kLongestPageHeader ? lsn - offset : lsn;
}

std::optional<std::uint32_t> timeline_of_walfile(std::string_view name) {
    constexpr std::size_t kDigits = 8;
    if (name.size() < kDigits) return std::nullopt;
    return parse_hex<std::uint32_t>(name.substr(0, kDigits));
}

}  // namespace freshread
