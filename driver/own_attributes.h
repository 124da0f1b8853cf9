// Freshread's own attributes of a connection, as driver/freshread.h publishes them.
#pragma once

#include "driver/odbc.h"

namespace freshread {

class Connection;

[[nodiscard]] bool is_own_attribute(SQLINTEGER id);
// REQUIRES: is_own_attribute. Before the connection is open, too. Throw DriverError.
SQLRETURN set_own_attribute(Connection& connection, SQLINTEGER id, SQLPOINTER value, SQLINTEGER length);
SQLRETURN get_own_attribute(Connection& connection, SQLINTEGER id, SQLPOINTER value, SQLINTEGER capacity,
                            SQLINTEGER* length);

}  // namespace freshread
