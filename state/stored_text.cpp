#include "state/stored_text.h"

#include <array>
#include <charconv>

#include <sys/random.h>

#include "state/user_key.h"

namespace freshread {

namespace {

constexpr std::size_t kTimelineDigits = 8;
constexpr std::size_t kNumberDigits = 16;
constexpr const char* kDigits = "0123456789abcdef";

std::string hexadecimal(std::uint64_t number, std::size_t digits) {
    std::string text(digits, '0');
    for (auto digit = text.rbegin(); digit != text.rend(); ++digit, number >>= 4U)
        *digit = kDigits[number & 15U];
    return text;
}

template <typename Number>
bool read(std::string_view text, Number& number, int base) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string to_stored(std::uint64_t number) {
    return hexadecimal(number, kNumberDigits);
}

std::string to_stored(const Position& position) {
    return hexadecimal(position.timeline, kTimelineDigits) + hexadecimal(position.lsn, kNumberDigits);
}

std::optional<Position> position_in(std::string_view stored, std::uint64_t cluster) {
    Position position{cluster, 0, 0};
    if (stored.size() != kTimelineDigits + kNumberDigits ||
        !read(stored.substr(0, kTimelineDigits), position.timeline, 16) ||
        !read(stored.substr(kTimelineDigits), position.lsn, 16))
        return std::nullopt;
    return position;
}

std::string name_in_table(const std::string& id, const UserKey& user) {
    const UserKey named = user_key(id, {reinterpret_cast<const char*>(user.data()), user.size()});
    std::string text;
    for (const std::uint8_t byte : named) {
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 15U];
    }
    return text;
}

std::string random_id() {
    std::array<std::uint64_t, 2> words{};
    if (::getrandom(words.data(), sizeof words, 0) != static_cast<ssize_t>(sizeof words))
        throw StoreUnavailable("getrandom(2) failed");
    return to_stored(words[0]) + to_stored(words[1]);
}

std::int64_t milliseconds_in(std::string_view text) {
    std::int64_t time = 0;
    return read(text, time, 10) ? time : INT64_MAX;
}

}  // namespace freshread
