// Attributes of connections and environments that have a text for a value (ODBC, SQLSetConnectAttr).
#pragma once

#include <string>

#include "driver/encoding.h"
#include "driver/odbc.h"

namespace freshread {

[[nodiscard]] constexpr bool is_text_attribute(SQLINTEGER attribute) {
    return attribute == SQL_ATTR_CURRENT_CATALOG || attribute == SQL_ATTR_TRACEFILE ||
           attribute == SQL_ATTR_TRANSLATE_LIB;
}

// In UTF-8. The length of a value is in bytes, of a wide one, too, or SQL_NTS.
template <typename Char>
[[nodiscard]] std::string attribute_text(SQLPOINTER value, SQLINTEGER bytes) {
    const auto characters = bytes == SQL_NTS ? bytes : bytes / static_cast<SQLINTEGER>(sizeof(Char));
    return to_utf8(argument_text(static_cast<const Char*>(value), characters));
}

}  // namespace freshread
