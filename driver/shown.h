// SHOW freshread.NAME: what the driver tells of itself. The answer is the result of a constant SELECT that is
// sent to a node, so that every ODBC client reads it like any other.
#pragma once

#include <string>
#include <string_view>

namespace freshread {

class Connection;

// The SELECT that answers now. Throws DriverError (42704) for what cannot be asked. `name` in lower case.
[[nodiscard]] std::string select_for(Connection& connection, std::string_view name);

}  // namespace freshread
