// Values of keywords as people write them. What is not accepted throws DriverError (HY000) with a sentence
// that names the keyword, what was given and what is accepted.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace freshread {

[[noreturn]] void refuse(std::string_view keyword, std::string_view value, std::string_view accepted);

// yes, no and what means the same.
[[nodiscard]] bool read_flag(std::string_view keyword, const std::string& value);

[[nodiscard]] std::chrono::milliseconds read_duration(std::string_view keyword, const std::string& value,
                                                      std::chrono::milliseconds least,
                                                      std::chrono::milliseconds most);

// "50 ms", "1.5s", "2min": a number with ms, s or min. Nothing when it is not a duration.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// As parse_duration reads it.
[[nodiscard]] std::string shown_duration(std::chrono::milliseconds duration);

}  // namespace freshread
