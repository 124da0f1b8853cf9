// Values of keywords as people write them. What is not accepted throws DriverError (HY000) with a sentence
// that names the keyword, what was given and what is accepted.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "driver/connection_string.h"

namespace freshread {

[[noreturn]] void refuse(std::string_view keyword, std::string_view value, std::string_view accepted);

// What the names of a value stand for, in any case.
template <typename Value, std::size_t kCount>
using ValueNames = std::array<std::pair<std::string_view, Value>, kCount>;

template <typename Value, std::size_t kCount>
[[nodiscard]] std::optional<Value> one_of(const ValueNames<Value, kCount>& names, std::string_view value) {
    for (const auto& [name, meant] : names)
        if (equal_ignoring_case(value, name)) return meant;
    return std::nullopt;
}
template <typename Value, std::size_t kCount>
[[nodiscard]] Value read_one_of(const ValueNames<Value, kCount>& names, std::string_view keyword,
                                const std::string& value) {
    if (const auto meant = one_of(names, value)) return *meant;
    std::string accepted;
    for (const auto& [name, meant] : names) accepted.append(accepted.empty() ? "" : ", ").append(name);
    refuse(keyword, value, accepted);
}
// REQUIRES: it has one.
template <typename Value, std::size_t kCount>
[[nodiscard]] std::string name_in(const ValueNames<Value, kCount>& names, Value value) {
    for (const auto& [name, meant] : names)
        if (meant == value) return std::string(name);
    return {};
}

// yes, no and what means the same.
[[nodiscard]] bool read_flag(std::string_view keyword, const std::string& value);

// `words`: what the caller accepts instead, for the sentence.
[[nodiscard]] std::chrono::milliseconds read_duration(std::string_view keyword, const std::string& value,
                                                      std::chrono::milliseconds least,
                                                      std::chrono::milliseconds most,
                                                      std::string_view words = {});

// "50 ms", "1.5s", "2min": a number with ms, s or min. Nothing when it is not a duration.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// As parse_duration reads it.
[[nodiscard]] std::string shown_duration(std::chrono::milliseconds duration);

}  // namespace freshread
