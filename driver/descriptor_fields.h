// What is known of descriptor fields, as SQLSetDescField, SQLGetDescField and SQLColAttribute name them.
// Source: ODBC Programmer's Reference, SQLSetDescField, "Comments" (descriptor fields).
#pragma once

#include "driver/odbc.h"

namespace freshread {

// The value is a text, as opposed to a number or a pointer.
[[nodiscard]] constexpr bool is_text_field(SQLSMALLINT field) {
    switch (field) {
        case SQL_DESC_BASE_COLUMN_NAME:
        case SQL_DESC_BASE_TABLE_NAME:
        case SQL_DESC_CATALOG_NAME:
        case SQL_DESC_LABEL:
        case SQL_DESC_LITERAL_PREFIX:
        case SQL_DESC_LITERAL_SUFFIX:
        case SQL_DESC_LOCAL_TYPE_NAME:
        case SQL_DESC_NAME:
        case SQL_DESC_SCHEMA_NAME:
        case SQL_DESC_TABLE_NAME:
        case SQL_DESC_TYPE_NAME:
            return true;
        default:
            return false;
    }
}

}  // namespace freshread
