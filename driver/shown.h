// SHOW freshread.NAME: what the driver tells of itself. The answer is the result of a constant SELECT that is
// sent to a node, so that every ODBC client reads it like any other.
#pragma once

#include <string>
#include <string_view>

namespace freshread {

class Connection;

// The SELECT that answers a statement of kind Freshread now. Throws DriverError (HYC00) for what cannot be
// asked or set.
[[nodiscard]] std::string select_for(Connection& connection, std::string_view statement);

}  // namespace freshread
