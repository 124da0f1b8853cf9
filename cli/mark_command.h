// `freshread mark`: for programs that write past Freshread.
#pragma once

#include <string>

#include "cli/data_source.h"

namespace freshread {

// Everything that was committed before counts as written by the data source's user: their reads see it from
// now on. Throws std::runtime_error when that could not be stored.
[[nodiscard]] std::string mark_user(DataSource& source);

}  // namespace freshread
