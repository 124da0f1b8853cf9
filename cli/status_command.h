// `freshread status`: what the account's processes know of a data source's nodes and users, and what they did
// with their statements.
#pragma once

#include <string>

#include "cli/data_source.h"

namespace freshread {

enum class StatusForm : std::uint8_t { Text, Json };

// As it is now. Asks for one sample of each node, unless Monitor=none.
[[nodiscard]] std::string status_of(DataSource& source, StatusForm form);

}  // namespace freshread
