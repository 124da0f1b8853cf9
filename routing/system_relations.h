// Relations of the server itself whose content belongs to one node, not to the database.
//
// Sources: PostgreSQL documentation, "System Views", "The Cumulative Statistics System"; MariaDB
// documentation, "Information Schema", "Performance Schema".
#pragma once

#include <cstdint>

#include "routing/builtin_names.h"

namespace freshread {

enum class SystemRelation : std::uint8_t {
    None,           // a relation like any other
    NodeDependent,  // a view on the state of one server process or machine
    Temporary,      // in pg_temp
};

// MariaDB: a database of the server's own, of which kind_of_relation knows all there is. `schema` is folded.
[[nodiscard]] bool is_system_database(std::string_view schema);

[[nodiscard]] SystemRelation kind_of_relation(const QualifiedName& name, Dialect dialect);

// True: it is one like any other, as the first letter of most says.
[[nodiscard]] inline bool is_plainly_users(const QualifiedName& name, Dialect dialect) {
    if (name.parts > 1) return false;
    if (dialect != Dialect::PostgreSql) return true;  // theirs are in databases of their own
    const char c = name.text.front();
    return c != 'p' && c != 'P' && c != '"' && c != 'u' && c != 'U';  // pg_..., "pg_...", U&"..."
}

}  // namespace freshread
