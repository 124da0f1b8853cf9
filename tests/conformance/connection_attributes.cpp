// Attributes of environments and connections: read, set, set wrong, before and after connecting.
#include "application.h"

namespace conformance {

namespace {

constexpr SQLINTEGER kNumbers[] = {SQL_ATTR_ACCESS_MODE,
                                   SQL_ATTR_AUTOCOMMIT,
                                   SQL_ATTR_CONNECTION_TIMEOUT,
                                   SQL_ATTR_LOGIN_TIMEOUT,
                                   SQL_ATTR_METADATA_ID,
                                   SQL_ATTR_ODBC_CURSORS,
                                   SQL_ATTR_PACKET_SIZE,
                                   SQL_ATTR_QUIET_MODE,
                                   SQL_ATTR_TRACE,
                                   SQL_ATTR_TXN_ISOLATION,
                                   SQL_ATTR_AUTO_IPD,
                                   SQL_ATTR_CONNECTION_DEAD,
                                   SQL_ATTR_TRANSLATE_OPTION,
                                   SQL_ATTR_ASYNC_ENABLE,
                                   SQL_ATTR_QUERY_TIMEOUT,
                                   SQL_ATTR_MAX_ROWS,
                                   SQL_ATTR_CURSOR_TYPE,
                                   SQL_ATTR_CONCURRENCY,
                                   SQL_ATTR_MAX_LENGTH,
                                   SQL_ATTR_NOSCAN,
                                   SQL_ATTR_ROW_BIND_TYPE,
                                   SQL_ATTR_RETRIEVE_DATA,
                                   SQL_ATTR_USE_BOOKMARKS,
                                   SQL_ATTR_KEYSET_SIZE,
                                   SQL_ROWSET_SIZE,
                                   SQL_ATTR_ROW_ARRAY_SIZE,
                                   SQL_ATTR_ENLIST_IN_DTC,
                                   SQL_ATTR_DISCONNECT_BEHAVIOR,
                                   12345,
                                   65536,
                                   65540,
                                   -1,
                                   SQL_ATTR_ASYNC_DBC_FUNCTIONS_ENABLE};

void get_number(const Connection& connection, SQLINTEGER attribute) {
    SQLULEN value = 0x7777777777777777UL;
    SQLINTEGER length = -77;
    const SQLRETURN result =
        connection.wide()
            ? SQLGetConnectAttrW(connection.handle(), attribute, &value, SQL_IS_UINTEGER, &length)
            : SQLGetConnectAttr(connection.handle(), attribute, &value, SQL_IS_UINTEGER, &length);
    connection.did("get connection attribute " + std::to_string(attribute), result);
    if (SQL_SUCCEEDED(result)) say("    value %lx length %d", value, static_cast<int>(length));
}

void get_text(const Connection& connection, SQLINTEGER attribute, std::size_t room) {
    Out value = connection.out(room);
    SQLINTEGER length = -77;
    const SQLRETURN result =
        connection.wide()
            ? SQLGetConnectAttrW(connection.handle(), attribute, value.data(), value.bytes(), &length)
            : SQLGetConnectAttr(connection.handle(), attribute, value.data(), value.bytes(), &length);
    connection.did("get text of connection attribute " + std::to_string(attribute), result);
    say("    value %s length %d", value.shown().c_str(), static_cast<int>(length));
}

void get_all(const Connection& connection) {
    for (const SQLINTEGER attribute : kNumbers) get_number(connection, attribute);
    for (const std::size_t room : {100U, 4U, 1U}) get_text(connection, SQL_ATTR_CURRENT_CATALOG, room);
    get_text(connection, SQL_ATTR_TRANSLATE_LIB, 200);
}

void set_text(const Connection& connection, SQLINTEGER attribute, const std::string& value) {
    In text(value);
    if (connection.wide())
        connection.set(attribute, static_cast<SQLWCHAR*>(text), SQL_NTS);
    else
        connection.set(attribute, static_cast<SQLCHAR*>(text), SQL_NTS);
}

void environment_attributes(const Environment& environment) {
    for (const SQLINTEGER attribute :
         {SQL_ATTR_ODBC_VERSION, SQL_ATTR_CONNECTION_POOLING, SQL_ATTR_CP_MATCH, SQL_ATTR_OUTPUT_NTS, 4711}) {
        SQLINTEGER value = 0x77777777;
        SQLINTEGER length = -77;
        CALL(environment, GetEnvAttr, attribute, &value, SQL_IS_INTEGER, &length);
        say("    attribute %d value %x length %d", static_cast<int>(attribute), static_cast<unsigned>(value),
            static_cast<int>(length));
    }
    CALL(environment, SetEnvAttr, SQL_ATTR_OUTPUT_NTS, number(SQL_FALSE), SQL_IS_INTEGER);
    CALL(environment, SetEnvAttr, SQL_ATTR_ODBC_VERSION, number(17), SQL_IS_INTEGER);
    CALL(environment, SetEnvAttr, 4711, number(1), SQL_IS_INTEGER);
}

}  // namespace

void connection_attributes(const Run& run) {
    const Environment environment(run);
    environment_attributes(environment);
    const Connection connection(environment, run);
    say("= before connecting");
    get_all(connection);
    connection.set(SQL_ATTR_LOGIN_TIMEOUT, number(7));
    connection.set(SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_OFF));
    connection.set(SQL_ATTR_AUTOCOMMIT, number(17));
    connection.set(SQL_ATTR_TXN_ISOLATION, number(SQL_TXN_SERIALIZABLE));
    connection.set(SQL_ATTR_TXN_ISOLATION, number(3));
    connection.set(SQL_ATTR_ACCESS_MODE, number(SQL_MODE_READ_ONLY));
    connection.set(SQL_ATTR_METADATA_ID, number(SQL_TRUE));
    connection.set(SQL_ATTR_PACKET_SIZE, number(8192));
    connection.set(SQL_ATTR_MAX_ROWS, number(3));
    connection.set(SQL_ATTR_QUERY_TIMEOUT, number(4));
    connection.set(12345, number(1));
    connection.set(SQL_ATTR_QUIET_MODE, nullptr, SQL_IS_POINTER);
    set_text(connection, SQL_ATTR_CURRENT_CATALOG, "postgres");
    get_all(connection);

    say("= connected with them");
    connection.connect();
    environment_attributes(environment);
    get_all(connection);
    connection.set(SQL_ATTR_TXN_ISOLATION, number(SQL_TXN_READ_COMMITTED));
    connection.set(SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_ON));
    connection.set(SQL_ATTR_MAX_ROWS, number(0));

    say("= set while connected");
    for (const SQLINTEGER attribute : kNumbers) {
        if (attribute == SQL_ATTR_TRACE) continue;
        for (const int value : {1, 0, 2, 99}) {
            say("value %d", value);
            connection.set(attribute, number(value));
            get_number(connection, attribute);
        }
    }
    connection.set(SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_ON));
    connection.set(SQL_ATTR_TXN_ISOLATION, number(SQL_TXN_READ_COMMITTED));
    connection.set(SQL_ATTR_ACCESS_MODE, number(SQL_MODE_READ_WRITE));
    set_text(connection, SQL_ATTR_CURRENT_CATALOG, "postgres");
    set_text(connection, SQL_ATTR_CURRENT_CATALOG, "not_there");
    set_text(connection, SQL_ATTR_TRANSLATE_LIB, "not_there");
    get_all(connection);

    say("= defaults of statements");
    connection.make_schema();
    connection.set(SQL_ATTR_MAX_ROWS, number(3));
    const Statement statement(connection);
    SQLULEN rows = 77;
    CALL(statement, GetStmtAttr, SQL_ATTR_MAX_ROWS, &rows, 0, nullptr);
    say("    max rows %lu", rows);
    statement.execute("SELECT id FROM conformance.item ORDER BY id");
    statement.show_rows();
    CALL(connection, Disconnect);
    say("= disconnected");
    get_all(connection);
}

}  // namespace conformance
