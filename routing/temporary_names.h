// What a DROP or an ALTER ... RENAME does to the names of temporary objects, read from its text after it
// succeeded.
#pragma once

#include <string_view>

#include "routing/dialect.h"
#include "routing/session.h"

namespace freshread {

// A statement of kind Write succeeded while the session has temporary objects. What was dropped inside a
// transaction stays remembered, since the transaction may be rolled back.
void note_temporary_names(Session& session, std::string_view text, Dialect dialect);

}  // namespace freshread
