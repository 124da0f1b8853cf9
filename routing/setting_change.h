// What a statement of kind SessionState does to the session's settings, read from its text after it
// succeeded: what it has to be told apart by, so that a later one takes its place when it is replayed.
//
// Source: PostgreSQL documentation, "SET", "RESET", "DISCARD".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "routing/dialect.h"

namespace freshread {

struct SettingChange {
    enum class Kind : std::uint8_t {
        Assign,            // SET, RESET of `names`
        ResetAll,          // RESET ALL
        DiscardAll,        // the session is as new
        DiscardTemporary,  // DISCARD TEMP
        Nothing,           // nothing that another node would have to know: DISCARD PLANS, CLOSE
    };
    Kind kind = Kind::Assign;
    // Folded, each setting by one name however it is spelt (SET TIME ZONE is "timezone"). Empty: not known.
    std::vector<std::string> names{};
    // Sent to another node the text says the same there: no parameter marker, no backslash whose meaning is a
    // setting itself.
    bool repeatable = true;
};

[[nodiscard]] SettingChange read_setting_change(std::string_view text, Dialect dialect);

// What a statement does to savepoints.
struct SavepointChange {
    enum class Kind : std::uint8_t { None, Set, Release, RollbackTo };
    Kind kind = Kind::None;
    std::string name{};
};

[[nodiscard]] SavepointChange read_savepoint_change(std::string_view text, Dialect dialect);

}  // namespace freshread
