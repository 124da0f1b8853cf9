// Which attributes of a connection its replicas are given.
#pragma once

#include "driver/odbc.h"

namespace freshread {

// What a replica's connection never gets: it is always in autocommit, and its transactions are not the
// application's.
[[nodiscard]] constexpr bool stays_on_leader(SQLINTEGER attribute) {
    return attribute == SQL_ATTR_AUTOCOMMIT || attribute == SQL_ATTR_TXN_ISOLATION ||
           attribute == SQL_ATTR_ACCESS_MODE;
}

}  // namespace freshread
