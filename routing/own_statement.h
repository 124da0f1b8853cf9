// Freshread's own statements, which no server sees, read from their text:
//
//   SHOW freshread.name      SET freshread.name { = | TO } { 'value' | word | number | DEFAULT }
//   SHOW freshread name      SET @freshread_name = 'value'      RESET freshread.name
//
// with a blank instead of the dot everywhere. Every dialect understands every spelling its lexer can read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "routing/dialect.h"

namespace freshread {

struct OwnStatement {
    enum class Verb : std::uint8_t {
        None,  // not understood
        Show,
        Set,
        SetLocal,
        Reset,
    };
    Verb verb = Verb::None;
    std::string name{};  // folded to lower case
    // Of Set: what stood there, without its quotes; nothing for DEFAULT.
    std::optional<std::string> value{};
};

// A text of kind Freshread. A value whose meaning hangs on settings of the server (a backslash in MariaDB, a
// prefix) is not understood.
[[nodiscard]] OwnStatement read_own_statement(std::string_view text, Dialect dialect);

}  // namespace freshread
