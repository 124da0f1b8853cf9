// Which attributes of connections and environments have a text for a value (ODBC, SQLSetConnectAttr).
#pragma once

#include "driver/odbc.h"

namespace freshread {

[[nodiscard]] constexpr bool is_text_attribute(SQLINTEGER attribute) {
    return attribute == SQL_ATTR_CURRENT_CATALOG || attribute == SQL_ATTR_TRACEFILE ||
           attribute == SQL_ATTR_TRANSLATE_LIB;
}

}  // namespace freshread
