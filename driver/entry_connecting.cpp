// ODBC Programmer's Reference: connecting to a data source, and ending the connection.
#include <array>

#include "driver/connection.h"
#include "driver/encoding.h"
#include "driver/gate.h"

using namespace freshread;

namespace {

template <typename Char>
SQLRETURN connect(SQLHDBC handle, Char* dsn, SQLSMALLINT dsn_length, Char* uid, SQLSMALLINT uid_length,
                  Char* pwd, SQLSMALLINT pwd_length) {
    return gate<Connection>(handle, [&](Connection& connection) {
        KeywordList given{{"DSN", to_utf8(argument_text(dsn, dsn_length))}};
        if (uid && uid_length != 0) given.emplace_back("UID", to_utf8(argument_text(uid, uid_length)));
        if (pwd && pwd_length != 0) given.emplace_back("PWD", to_utf8(argument_text(pwd, pwd_length)));
        std::erase_if(given, [](const auto& keyword) { return keyword.second.empty(); });
        const std::string name = given.empty() ? std::string() : given.front().second;
        return connection.connect(name, given, is_wide<Char>);
    });
}

template <typename Char>
SQLRETURN driver_connect(SQLHDBC handle, Char* in, SQLSMALLINT in_length, Char* out, SQLSMALLINT out_capacity,
                         SQLSMALLINT* out_length, SQLUSMALLINT completion) {
    return gate<Connection>(handle, [&](Connection& connection) {
        if (completion > SQL_DRIVER_COMPLETE_REQUIRED)
            throw DriverError("HY110", "The value of DriverCompletion is not one of ODBC's");
        const KeywordList given = parse_connection_string(to_utf8(argument_text(in, in_length)));
        const std::string* dsn = find_keyword(given, "DSN");
        SQLRETURN result = connection.connect(dsn ? *dsn : std::string(), given, is_wide<Char>);
        if (!SQL_SUCCEEDED(result)) return result;
        SQLINTEGER length = 0;
        if (copy_out(format_connection_string(connection.completed()), out, out_capacity, &length)) {
            connection.diagnostics.post("01004",
                                        "The completed connection string did not fit into the buffer");
            result = SQL_SUCCESS_WITH_INFO;
        }
        if (out_length) *out_length = static_cast<SQLSMALLINT>(length);
        return result;
    });
}

SQLRETURN no_browsing(SQLHDBC handle) {
    return gate<Connection>(handle, [](Connection&) -> SQLRETURN {
        throw DriverError(
            "HYC00",
            "SQLBrowseConnect is not supported: use SQLDriverConnect with a complete connection string");
    });
}

}  // namespace

extern "C" {

SQLRETURN SQL_API SQLConnect(SQLHDBC handle, SQLCHAR* dsn, SQLSMALLINT dsn_length, SQLCHAR* uid,
                             SQLSMALLINT uid_length, SQLCHAR* pwd, SQLSMALLINT pwd_length) {
    return connect(handle, dsn, dsn_length, uid, uid_length, pwd, pwd_length);
}

SQLRETURN SQL_API SQLConnectW(SQLHDBC handle, SQLWCHAR* dsn, SQLSMALLINT dsn_length, SQLWCHAR* uid,
                              SQLSMALLINT uid_length, SQLWCHAR* pwd, SQLSMALLINT pwd_length) {
    return connect(handle, dsn, dsn_length, uid, uid_length, pwd, pwd_length);
}

SQLRETURN SQL_API SQLDriverConnect(SQLHDBC handle, SQLHWND, SQLCHAR* in, SQLSMALLINT in_length, SQLCHAR* out,
                                   SQLSMALLINT out_capacity, SQLSMALLINT* out_length,
                                   SQLUSMALLINT completion) {
    return driver_connect(handle, in, in_length, out, out_capacity, out_length, completion);
}

SQLRETURN SQL_API SQLDriverConnectW(SQLHDBC handle, SQLHWND, SQLWCHAR* in, SQLSMALLINT in_length,
                                    SQLWCHAR* out, SQLSMALLINT out_capacity, SQLSMALLINT* out_length,
                                    SQLUSMALLINT completion) {
    return driver_connect(handle, in, in_length, out, out_capacity, out_length, completion);
}

SQLRETURN SQL_API SQLBrowseConnect(SQLHDBC handle, SQLCHAR*, SQLSMALLINT, SQLCHAR*, SQLSMALLINT,
                                   SQLSMALLINT*) {
    return no_browsing(handle);
}

SQLRETURN SQL_API SQLBrowseConnectW(SQLHDBC handle, SQLWCHAR*, SQLSMALLINT, SQLWCHAR*, SQLSMALLINT,
                                    SQLSMALLINT*) {
    return no_browsing(handle);
}

SQLRETURN SQL_API SQLDisconnect(SQLHDBC handle) {
    return gate<Connection>(handle, [](Connection& connection) { return connection.disconnect(); });
}

}  // extern "C"
