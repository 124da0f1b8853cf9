// ODBC Programmer's Reference: connecting to a data source, and ending the connection.
#include <array>

#include "driver/connection.h"
#include "driver/encoding.h"
#include "driver/gate.h"
#include "driver/node_source.h"

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

// Gives the string back. `result`, or SQL_SUCCESS_WITH_INFO and 01004 when the buffer of an open connection's
// string is too small.
template <typename Char>
SQLRETURN completed(Connection& connection, const std::string& text, Char* out, SQLSMALLINT capacity,
                    SQLSMALLINT* out_length, SQLRETURN result) {
    SQLINTEGER length = 0;
    const bool cut = copy_out(text, out, capacity, &length);
    if (out_length) *out_length = static_cast<SQLSMALLINT>(length);
    if (!cut) return result;
    connection.diagnostics.post("01004", "The connection string did not fit into the buffer");
    return result == SQL_NEED_DATA ? result : SQLRETURN{SQL_SUCCESS_WITH_INFO};
}

template <typename Char>
SQLRETURN driver_connect(SQLHDBC handle, Char* in, SQLSMALLINT in_length, Char* out, SQLSMALLINT out_capacity,
                         SQLSMALLINT* out_length, SQLUSMALLINT completion) {
    return gate<Connection>(handle, [&](Connection& connection) {
        if (completion > SQL_DRIVER_COMPLETE_REQUIRED)
            throw DriverError("HY110", "The value of DriverCompletion is not one of ODBC's");
        const KeywordList given = parse_connection_string(to_utf8(argument_text(in, in_length)));
        const std::string* dsn = find_keyword(given, "DSN");
        const SQLRETURN result = connection.connect(dsn ? *dsn : std::string(), given, is_wide<Char>);
        if (!SQL_SUCCEEDED(result)) return result;
        return completed(connection, format_connection_string(connection.completed()), out, out_capacity,
                         out_length, result);
    });
}

// The keywords without which a connection cannot be opened, as SQLBrowseConnect names them (ODBC,
// SQLBrowseConnect, "Browse result string"). Empty: there are all.
std::string missing_keywords(const KeywordList& given) {
    const std::string* dsn = find_keyword(given, "DSN");
    const KeywordList section = dsn ? read_dsn_section(*dsn) : KeywordList{};
    if (!find_keyword(given, "Leader") && !find_keyword(section, "Leader"))
        return "LEADER:Leader=?;*REPLICAS:Replicas=?;";
    const Settings settings = read_settings(section, given);
    if (resolve_node(settings.leader, settings).uid.empty()) return "UID:User=?;PWD:Password=?;";
    return {};
}

template <typename Char>
SQLRETURN browse_connect(SQLHDBC handle, Char* in, SQLSMALLINT in_length, Char* out, SQLSMALLINT out_capacity,
                         SQLSMALLINT* out_length) {
    return gate<Connection>(handle, [&](Connection& connection) {
        // What is given later replaces what was given before.
        KeywordList given = parse_connection_string(to_utf8(argument_text(in, in_length)));
        for (auto& keyword : connection.browsed)
            if (!find_keyword(given, keyword.first)) given.push_back(std::move(keyword));
        // An error ends the browsing (ODBC, SQLBrowseConnect).
        connection.browsed.clear();
        std::string text = missing_keywords(given);
        SQLRETURN result = SQL_NEED_DATA;
        if (text.empty()) {
            const std::string* dsn = find_keyword(given, "DSN");
            result = connection.connect(dsn ? *dsn : std::string(), given, is_wide<Char>);
            if (!SQL_SUCCEEDED(result)) return result;
            text = format_connection_string(connection.completed());
        } else {
            connection.browsed = std::move(given);
        }
        return completed(connection, text, out, out_capacity, out_length, result);
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

SQLRETURN SQL_API SQLBrowseConnect(SQLHDBC handle, SQLCHAR* in, SQLSMALLINT in_length, SQLCHAR* out,
                                   SQLSMALLINT out_capacity, SQLSMALLINT* out_length) {
    return browse_connect(handle, in, in_length, out, out_capacity, out_length);
}

SQLRETURN SQL_API SQLBrowseConnectW(SQLHDBC handle, SQLWCHAR* in, SQLSMALLINT in_length, SQLWCHAR* out,
                                    SQLSMALLINT out_capacity, SQLSMALLINT* out_length) {
    return browse_connect(handle, in, in_length, out, out_capacity, out_length);
}

SQLRETURN SQL_API SQLDisconnect(SQLHDBC handle) {
    return gate<Connection>(handle, [](Connection& connection) -> SQLRETURN {
        // Leaving a connection that was only browsed for (ODBC, SQLBrowseConnect).
        if (!connection.connected() && !connection.browsed.empty()) {
            connection.browsed.clear();
            return SQL_SUCCESS;
        }
        return connection.disconnect();
    });
}

}  // extern "C"
