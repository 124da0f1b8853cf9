// Names that WITH gives in a statement of its own.
#pragma once

#include "routing/dialect.h"
#include "routing/statement_class.h"
#include "routing/written_name.h"

namespace freshread {

// Where no relation has the name, it is one of those.
[[nodiscard]] bool names_cte(const StatementClass& is, const WrittenName& name, Dialect dialect);

}  // namespace freshread
