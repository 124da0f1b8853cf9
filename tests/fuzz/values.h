// Arguments, good and bad, and the values that parameters are filled with.
#pragma once

#include <string>

#include "player.h"

namespace fuzz {

inline constexpr SQLSMALLINT kCTypes[] = {
    SQL_C_CHAR,   SQL_C_CHAR,     SQL_C_WCHAR,     SQL_C_WCHAR,     SQL_C_SLONG,
    SQL_C_SLONG,  SQL_C_SBIGINT,  SQL_C_SHORT,     SQL_C_DOUBLE,    SQL_C_FLOAT,
    SQL_C_BIT,    SQL_C_UTINYINT, SQL_C_TYPE_DATE, SQL_C_NUMERIC,   SQL_C_TYPE_TIMESTAMP,
    SQL_C_BINARY, SQL_C_DEFAULT,  SQL_C_ULONG,     SQL_C_TYPE_TIME, SQL_C_GUID,
    4711};
inline constexpr SQLSMALLINT kSqlTypes[] = {
    SQL_INTEGER,     SQL_INTEGER,        SQL_VARCHAR, SQL_VARCHAR,   SQL_CHAR,          SQL_WVARCHAR,
    SQL_LONGVARCHAR, SQL_NUMERIC,        SQL_DOUBLE,  SQL_VARBINARY, SQL_LONGVARBINARY, SQL_BIT,
    SQL_TYPE_DATE,   SQL_TYPE_TIMESTAMP, SQL_BIGINT,  SQL_SMALLINT,  SQL_GUID,          4711};
// Never so much that four rows leave their slot.
inline constexpr SQLLEN kBufferLengths[] = {40, 40, 400, 512, 8, 2, 1, 0};
inline constexpr SQLULEN kRowWise = 512;
inline constexpr int kMostRows = 4;

// Writes what a parameter of this type may hold, at every place a row of it may be.
void fill_values(Random& random, SQLSMALLINT c_type, SQLLEN stride, unsigned char* slot, SQLLEN* indicators,
                 bool at_execution);

}  // namespace fuzz
