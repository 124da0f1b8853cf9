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

}  // namespace freshread
