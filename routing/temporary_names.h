// What DROP, ALTER ... RENAME and CREATE VIEW do to the names of temporary objects, read from their text
// after they succeeded. A view over a temporary object is temporary without saying so (PostgreSQL
// documentation, CREATE VIEW).
#pragma once

#include <string_view>

#include "routing/dialect.h"
#include "routing/session.h"

namespace freshread {

// A statement that defines something succeeded while the session has temporary objects. What was dropped
// inside a transaction stays remembered, since the transaction may be rolled back.
void note_temporary_names(Session& session, std::string_view text, Dialect dialect);

}  // namespace freshread
