// What a node says the settings of the session are, and what brings another node's session to the same: for
// settings that were made where no text tells them (a function, a procedure, a DO block of the application's
// own).
//
// PostgreSQL: everything the session has set, role and login included, but for what concerns transactions and
// for parameters of the application's own making (`my.setting`), which the server does not list. MariaDB and
// MySQL: the variables that what a query answers may hang on, and the default database.
//
// Sources: PostgreSQL documentation, "pg_settings", "System Administration Functions" (set_config); MariaDB
// documentation, "Server System Variables".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routing/dialect.h"

namespace freshread {

using SessionValues = std::map<std::string, std::string>;

// Two columns, name and value, a row for each. Empty: this engine is not asked.
[[nodiscard]] std::string_view session_values_query(Dialect dialect);

// The statements that make `wanted` of a session that has `had`, in their order. Nothing when that cannot be
// said in words.
[[nodiscard]] std::optional<std::vector<std::string>> statements_between(const SessionValues& had,
                                                                         const SessionValues& wanted,
                                                                         Dialect dialect);

}  // namespace freshread
