// `freshread explain`: what would become of a statement now, and why. The statement is not run.
#pragma once

#include <string>

#include "cli/data_source.h"

namespace freshread {

// The answer, lines of "word: value". A new session with the data source's settings is assumed. Replicas are
// opened and asked as for a read.
[[nodiscard]] std::string explain_statement(DataSource& source, const std::string& text);

}  // namespace freshread
