// SQLGetInfo of every type, SQLGetFunctions, SQLNativeSql.
#include "application.h"

namespace conformance {

namespace {

void information_of(const Connection& connection, SQLUSMALLINT type, std::size_t room) {
    Out value = connection.out(room);
    SQLSMALLINT length = -77;
    const SQLRETURN result =
        connection.wide() ? SQLGetInfoW(connection.handle(), type, value.data(), value.bytes(), &length)
                          : SQLGetInfo(connection.handle(), type, value.data(), value.bytes(), &length);
    connection.did("information " + std::to_string(type) + " room " + std::to_string(room), result);
    if (SQL_SUCCEEDED(result)) say("    %s (%d)", value.shown().c_str(), length);
}

bool is_handle(SQLUSMALLINT type) {
    return (type >= SQL_DRIVER_HDBC && type <= SQL_DRIVER_HSTMT) || type == SQL_DRIVER_HLIB ||
           type == SQL_DRIVER_HDESC;
}

}  // namespace

void information(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    information_of(connection, SQL_DBMS_NAME, 40);
    information_of(connection, SQL_ODBC_VER, 40);
    SQLUSMALLINT supported = 77;
    CALL(connection, GetFunctions, SQL_API_SQLFETCH, &supported);
    connection.connect();
    for (SQLUSMALLINT type = 0; type < 200; ++type)
        if (!is_handle(type)) information_of(connection, type, 3000);
    for (SQLUSMALLINT type = 10000; type < 10030; ++type) information_of(connection, type, 3000);
    for (const SQLUSMALLINT type : std::initializer_list<SQLUSMALLINT>{
             SQL_DBMS_NAME, SQL_DBMS_VER, SQL_KEYWORDS, SQL_IDENTIFIER_QUOTE_CHAR})
        for (const std::size_t room : {6U, 2U, 1U, 0U}) information_of(connection, type, room);
    SQLSMALLINT length = -77;
    TEXT(connection, GetInfo, SQL_DBMS_NAME, nullptr, 0, &length);
    say("    length %d", length);
    SQLCHAR some[8] = {};
    TEXT(connection, GetInfo, SQL_DBMS_NAME, some, -4, &length);
    TEXT(connection, GetInfo, SQL_MAX_COLUMNS_IN_SELECT, nullptr, 0, nullptr);

    say("= functions");
    for (SQLUSMALLINT function = 1; function < 100; ++function) {
        supported = 77;
        const SQLRETURN result = SQLGetFunctions(connection.handle(), function, &supported);
        say("    %u: %s %u", function, name_of_return(result).c_str(), supported);
    }
    for (SQLUSMALLINT function = 1000; function < 1030; ++function) {
        supported = 77;
        const SQLRETURN result = SQLGetFunctions(connection.handle(), function, &supported);
        say("    %u: %s %u", function, name_of_return(result).c_str(), supported);
    }
    SQLUSMALLINT all[100] = {};
    CALL(connection, GetFunctions, SQL_API_ALL_FUNCTIONS, all);
    for (int i = 0; i < 100; ++i) say("    %d %u", i, all[i]);
    SQLUSMALLINT bits[SQL_API_ODBC3_ALL_FUNCTIONS_SIZE] = {};
    CALL(connection, GetFunctions, SQL_API_ODBC3_ALL_FUNCTIONS, bits);
    for (int i = 0; i < SQL_API_ODBC3_ALL_FUNCTIONS_SIZE; ++i)
        if (bits[i] != 0) say("    word %d %04x", i, bits[i]);
    CALL(connection, GetFunctions, 4711, &supported);

    say("= native SQL");
    for (const char* sql :
         {"SELECT {fn UCASE('abc')}", "SELECT 1", "", "SELECT {d '2020-01-01'}, ?", "{call f(?)}"}) {
        for (const std::size_t room : {200U, 5U, 1U, 0U}) {
            Out native = connection.out(room);
            SQLINTEGER native_length = -77;
            TEXT(connection, NativeSql, In(sql), SQL_NTS, native, native.characters(), &native_length);
            say("    %s (%d)", native.shown().c_str(), static_cast<int>(native_length));
        }
    }
    SQLINTEGER native_length = -77;
    TEXT(connection, NativeSql, nullptr, SQL_NTS, nullptr, 0, &native_length);
    TEXT(connection, NativeSql, In("SELECT 1"), -9, nullptr, 0, &native_length);
    TEXT(connection, NativeSql, In("SELECT 1 garbage"), 8, nullptr, 0, &native_length);
    say("    length %d", static_cast<int>(native_length));
}

}  // namespace conformance
