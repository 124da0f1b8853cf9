// What is known of statement attributes: which are of the standard, and which of those are numbers.
// Source: ODBC Programmer's Reference, SQLSetStmtAttr.
#pragma once

#include "driver/odbc.h"

namespace freshread {

// A number, as opposed to a pointer that the driver keeps.
[[nodiscard]] constexpr bool is_number(SQLINTEGER attribute) {
    switch (attribute) {
        case SQL_ATTR_ASYNC_ENABLE:
        case SQL_ATTR_CONCURRENCY:
        case SQL_ATTR_CURSOR_SCROLLABLE:
        case SQL_ATTR_CURSOR_SENSITIVITY:
        case SQL_ATTR_CURSOR_TYPE:
        case SQL_ATTR_ENABLE_AUTO_IPD:
        case SQL_ATTR_KEYSET_SIZE:
        case SQL_ATTR_MAX_LENGTH:
        case SQL_ATTR_MAX_ROWS:
        case SQL_ATTR_METADATA_ID:
        case SQL_ATTR_NOSCAN:
        case SQL_ATTR_PARAM_BIND_TYPE:
        case SQL_ATTR_PARAMSET_SIZE:
        case SQL_ATTR_QUERY_TIMEOUT:
        case SQL_ATTR_RETRIEVE_DATA:
        case SQL_ATTR_ROW_ARRAY_SIZE:
        case SQL_ATTR_ROW_BIND_TYPE:
        case SQL_ATTR_SIMULATE_CURSOR:
        case SQL_ATTR_USE_BOOKMARKS:
        case SQL_ROWSET_SIZE:
            return true;
        default:
            return false;
    }
}

[[nodiscard]] constexpr bool is_standard(SQLINTEGER attribute) {
    switch (attribute) {
        case SQL_ATTR_FETCH_BOOKMARK_PTR:
        case SQL_ATTR_PARAM_BIND_OFFSET_PTR:
        case SQL_ATTR_PARAM_OPERATION_PTR:
        case SQL_ATTR_PARAM_STATUS_PTR:
        case SQL_ATTR_PARAMS_PROCESSED_PTR:
        case SQL_ATTR_ROW_BIND_OFFSET_PTR:
        case SQL_ATTR_ROW_OPERATION_PTR:
        case SQL_ATTR_ROW_STATUS_PTR:
        case SQL_ATTR_ROWS_FETCHED_PTR:
            return true;
        default:
            return is_number(attribute);
    }
}

}  // namespace freshread
