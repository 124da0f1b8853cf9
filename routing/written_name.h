// A name out of a statement text as the server looks it up: quotes taken off, unquoted letters folded; in
// MariaDB those in quotes, too, since what it does with case is its platform's.
//
// Sources: PostgreSQL documentation, "Lexical Structure" (identifiers; unquoted ones fold to lower case, A to
// Z only: what a server folds beyond that comes out as another name, which no catalog has); MariaDB
// documentation, "Identifier Names", "Identifier Case-sensitivity".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "routing/dialect.h"

namespace freshread {

struct WrittenName {
    std::string schema{};  // empty: not given
    std::string name{};
};

// `schema.name`, `name`, or `database.schema.name`, whose first part is left out. Nothing when it is not such
// a name beyond doubt (comments between its parts, U&"...", longer than the server's identifiers).
[[nodiscard]] std::optional<WrittenName> parse_written_name(std::string_view written,
                                                            Dialect dialect = Dialect::PostgreSql);

}  // namespace freshread
