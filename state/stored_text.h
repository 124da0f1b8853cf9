// How stores that others share, and other programs read, keep what they keep: as text that is compared as
// text (docs/stores.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "routing/position.h"
#include "state/user_table.h"

namespace freshread {

// 16 hexadecimal digits, lower-case.
[[nodiscard]] std::string to_stored(std::uint64_t number);
// 8 digits of timeline, 16 of LSN. Nothing for another text.
[[nodiscard]] std::string to_stored(const Position& position);
[[nodiscard]] std::optional<Position> position_in(std::string_view stored, std::uint64_t cluster);

// The name of a user in the table with this id: in another table it is another.
[[nodiscard]] std::string name_in_table(const std::string& id, const UserKey& user);

// An id for a table: 32 hexadecimal digits at random.
[[nodiscard]] std::string random_id();

// A number of milliseconds in decimal digits; an unreadable text is the far future.
[[nodiscard]] std::int64_t milliseconds_in(std::string_view text);

}  // namespace freshread
