// What `freshread classify` prints of one statement: kind, consequence, tables, functions, hints, parted by
// tabs. The man page (packaging/man/freshread.1) is its contract.
#pragma once

#include <string>

#include "routing/dialect.h"
#include "routing/statement_class.h"

namespace freshread {

// Appends the line, with its newline. Whatever the names hold, it stays one line of five columns.
void append_class_line(const StatementClass& statement, Dialect dialect, std::string& out);

}  // namespace freshread
