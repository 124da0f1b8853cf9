// ODBC Programmer's Reference: preparing statements, parameters, cursor names.
#include "driver/connection.h"
#include "driver/execution.h"
#include "driver/gate.h"
#include "driver/statement.h"
#include "driver/text_call.h"

using namespace freshread;

namespace {

template <typename Char>
SQLRETURN cursor_name(SQLHSTMT handle, Char* name, SQLSMALLINT capacity, SQLSMALLINT* length) {
    return gate<Statement>(handle, [&](Statement& statement) {
        UnderlyingStatement& underlying = statement.active();
        statement.records_of(underlying);
        const DriverLibrary& library = underlying.library();
        const SQLRETURN result = call_for_text<Unit::Characters>(
            library.GetCursorName, library.GetCursorNameW, name, capacity, length,
            [&](auto call, auto* buffer, SQLSMALLINT room, SQLSMALLINT* got) {
                return call(underlying.handle(), buffer, room, got);
            });
        return result == kNoSuchFunction ? statement.no_such_function() : result;
    });
}

template <typename Char>
SQLRETURN native_sql(SQLHDBC handle, Char* in, SQLINTEGER in_length, Char* out, SQLINTEGER capacity,
                     SQLINTEGER* length) {
    return gate<Connection>(handle, [&](Connection& connection) -> SQLRETURN {
        if (!in) throw DriverError("HY009", "The statement text is a null pointer");
        Backend& leader = connection.leader();
        connection.records_of(leader);
        const DriverLibrary& library = leader.library();
        const SQLRETURN result = call_for_text<Unit::Characters>(
            library.NativeSql, library.NativeSqlW, out, capacity, length,
            [&](auto call, auto* buffer, SQLINTEGER room, SQLINTEGER* got) {
                if constexpr (std::is_same_v<decltype(buffer), Char*>) {
                    return call(leader.handle(), in, in_length, buffer, room, got);
                } else {
                    std::string text = to_utf8(argument_text(in, in_length));
                    return call(leader.handle(), reinterpret_cast<SQLCHAR*>(text.data()),
                                static_cast<SQLINTEGER>(text.size()), buffer, room, got);
                }
            });
        if (result == kNoSuchFunction)
            throw DriverError("IM001", "The underlying driver does not support this function");
        return result;
    });
}

}  // namespace

extern "C" {

SQLRETURN SQL_API SQLPrepare(SQLHSTMT handle, SQLCHAR* text, SQLINTEGER length) {
    return gate<Statement>(handle, [&](Statement& statement) { return statement.prepare(text, length); });
}

SQLRETURN SQL_API SQLPrepareW(SQLHSTMT handle, SQLWCHAR* text, SQLINTEGER length) {
    return gate<Statement>(handle, [&](Statement& statement) { return statement.prepare(text, length); });
}

SQLRETURN SQL_API SQLBindParameter(SQLHSTMT handle, SQLUSMALLINT number, SQLSMALLINT io_type,
                                   SQLSMALLINT c_type, SQLSMALLINT sql_type, SQLULEN column_size,
                                   SQLSMALLINT digits, SQLPOINTER buffer, SQLLEN buffer_length,
                                   SQLLEN* indicator) {
    return gate<Statement>(handle, [&](Statement& statement) {
        return statement.bind_parameter(
            {number, io_type, c_type, sql_type, column_size, digits, buffer, buffer_length, indicator});
    });
}

SQLRETURN SQL_API SQLNumParams(SQLHSTMT handle, SQLSMALLINT* count) {
    return gate<Statement>(
        handle, [&](Statement& statement) { return statement.hand_on(&DriverLibrary::NumParams, count); });
}

SQLRETURN SQL_API SQLDescribeParam(SQLHSTMT handle, SQLUSMALLINT number, SQLSMALLINT* type, SQLULEN* size,
                                   SQLSMALLINT* digits, SQLSMALLINT* nullable) {
    return gate<Statement>(handle, [&](Statement& statement) {
        return statement.hand_on(&DriverLibrary::DescribeParam, number, type, size, digits, nullable);
    });
}

SQLRETURN SQL_API SQLSetCursorName(SQLHSTMT handle, SQLCHAR* name, SQLSMALLINT length) {
    return gate<Statement>(handle,
                           [&](Statement& statement) { return statement.set_cursor_name(name, length); });
}

SQLRETURN SQL_API SQLSetCursorNameW(SQLHSTMT handle, SQLWCHAR* name, SQLSMALLINT length) {
    return gate<Statement>(handle,
                           [&](Statement& statement) { return statement.set_cursor_name(name, length); });
}

SQLRETURN SQL_API SQLGetCursorName(SQLHSTMT handle, SQLCHAR* name, SQLSMALLINT capacity,
                                   SQLSMALLINT* length) {
    return cursor_name(handle, name, capacity, length);
}

SQLRETURN SQL_API SQLGetCursorNameW(SQLHSTMT handle, SQLWCHAR* name, SQLSMALLINT capacity,
                                    SQLSMALLINT* length) {
    return cursor_name(handle, name, capacity, length);
}

SQLRETURN SQL_API SQLNativeSql(SQLHDBC handle, SQLCHAR* in, SQLINTEGER in_length, SQLCHAR* out,
                               SQLINTEGER capacity, SQLINTEGER* length) {
    return native_sql(handle, in, in_length, out, capacity, length);
}

SQLRETURN SQL_API SQLNativeSqlW(SQLHDBC handle, SQLWCHAR* in, SQLINTEGER in_length, SQLWCHAR* out,
                                SQLINTEGER capacity, SQLINTEGER* length) {
    return native_sql(handle, in, in_length, out, capacity, length);
}

}  // extern "C"
