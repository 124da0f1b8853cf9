#include "driver/setting_value.h"

#include <charconv>
#include <cmath>

#include "driver/connection_string.h"
#include "driver/diagnostics.h"

namespace freshread {

namespace {

using Milliseconds = std::chrono::milliseconds;

}  // namespace

void refuse(std::string_view keyword, std::string_view value, std::string_view accepted) {
    throw DriverError("HY000", "The keyword '" + std::string(keyword) + "' has the value '" +
                                   std::string(value) + "'; accepted: " + std::string(accepted));
}

bool read_flag(std::string_view keyword, const std::string& value) {
    for (const std::string_view yes : {"yes", "true", "on", "1"})
        if (equal_ignoring_case(value, yes)) return true;
    for (const std::string_view no : {"no", "false", "off", "0"})
        if (equal_ignoring_case(value, no)) return false;
    refuse(keyword, value, "yes, no");
}

Milliseconds read_duration(std::string_view keyword, const std::string& value, Milliseconds least,
                           Milliseconds most, std::string_view words) {
    const auto duration = parse_duration(value);
    if (!duration || *duration < least || *duration > most)
        refuse(keyword, value,
               std::string(words) + (words.empty() ? "" : ", or ") +
                   "a duration with its unit (ms, s, min) from " + std::to_string(least.count()) + " ms to " +
                   std::to_string(most.count()) + " ms");
    return *duration;
}

std::optional<Milliseconds> parse_duration(std::string_view text) {
    text = trimmed(text);
    const auto unit_at = text.find_first_not_of("0123456789.");
    if (unit_at == std::string_view::npos || unit_at == 0) return std::nullopt;
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + unit_at, number);
    if (error != std::errc{} || end != text.data() + unit_at) return std::nullopt;
    const auto unit = trimmed(text.substr(unit_at));
    double factor = 0;
    if (equal_ignoring_case(unit, "ms")) factor = 1;
    if (equal_ignoring_case(unit, "s")) factor = 1'000;
    if (equal_ignoring_case(unit, "min")) factor = 60'000;
    constexpr double kLongest = 1e12;
    if (factor == 0 || number * factor > kLongest) return std::nullopt;
    return Milliseconds{std::llround(number * factor)};
}

std::string shown_duration(Milliseconds duration) {
    const auto count = duration.count();
    return count % 1'000 == 0 ? std::to_string(count / 1'000) + " s" : std::to_string(count) + " ms";
}

}  // namespace freshread
