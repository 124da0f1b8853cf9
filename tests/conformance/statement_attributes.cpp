// Attributes of statements: all of the standard, read, set, set wrong, with a cursor and without.
#include "application.h"

namespace conformance {

namespace {

constexpr SQLINTEGER kAttributes[] = {SQL_ATTR_APP_PARAM_DESC,
                                      SQL_ATTR_APP_ROW_DESC,
                                      SQL_ATTR_IMP_PARAM_DESC,
                                      SQL_ATTR_IMP_ROW_DESC,
                                      SQL_ATTR_ASYNC_ENABLE,
                                      SQL_ATTR_CONCURRENCY,
                                      SQL_ATTR_CURSOR_SCROLLABLE,
                                      SQL_ATTR_CURSOR_SENSITIVITY,
                                      SQL_ATTR_CURSOR_TYPE,
                                      SQL_ATTR_ENABLE_AUTO_IPD,
                                      SQL_ATTR_FETCH_BOOKMARK_PTR,
                                      SQL_ATTR_KEYSET_SIZE,
                                      SQL_ATTR_MAX_LENGTH,
                                      SQL_ATTR_MAX_ROWS,
                                      SQL_ATTR_METADATA_ID,
                                      SQL_ATTR_NOSCAN,
                                      SQL_ATTR_PARAM_BIND_OFFSET_PTR,
                                      SQL_ATTR_PARAM_BIND_TYPE,
                                      SQL_ATTR_PARAM_OPERATION_PTR,
                                      SQL_ATTR_PARAM_STATUS_PTR,
                                      SQL_ATTR_PARAMS_PROCESSED_PTR,
                                      SQL_ATTR_PARAMSET_SIZE,
                                      SQL_ATTR_QUERY_TIMEOUT,
                                      SQL_ATTR_RETRIEVE_DATA,
                                      SQL_ATTR_ROW_ARRAY_SIZE,
                                      SQL_ATTR_ROW_BIND_OFFSET_PTR,
                                      SQL_ATTR_ROW_BIND_TYPE,
                                      SQL_ATTR_ROW_NUMBER,
                                      SQL_ATTR_ROW_OPERATION_PTR,
                                      SQL_ATTR_ROW_STATUS_PTR,
                                      SQL_ATTR_ROWS_FETCHED_PTR,
                                      SQL_ATTR_SIMULATE_CURSOR,
                                      SQL_ATTR_USE_BOOKMARKS,
                                      SQL_ROWSET_SIZE,
                                      SQL_GET_BOOKMARK,
                                      SQL_ROW_NUMBER,
                                      SQL_ATTR_AUTOCOMMIT,
                                      SQL_ATTR_TXN_ISOLATION,
                                      4711,
                                      65536,
                                      -5};

bool is_pointer(SQLINTEGER attribute) {
    switch (attribute) {
        case SQL_ATTR_APP_PARAM_DESC:
        case SQL_ATTR_APP_ROW_DESC:
        case SQL_ATTR_IMP_PARAM_DESC:
        case SQL_ATTR_IMP_ROW_DESC:
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
            return false;
    }
}

void get(const Statement& statement, SQLINTEGER attribute) {
    SQLULEN value = 0x7777777777777777UL;
    SQLINTEGER length = -77;
    const SQLRETURN result =
        statement.wide() ? SQLGetStmtAttrW(statement.handle(), attribute, &value, SQL_IS_UINTEGER, &length)
                         : SQLGetStmtAttr(statement.handle(), attribute, &value, SQL_IS_UINTEGER, &length);
    statement.did("get attribute " + std::to_string(attribute), result);
    if (!SQL_SUCCEEDED(result)) return;
    if (is_pointer(attribute))
        say("    %s length %d", value == 0 ? "null" : "a pointer", static_cast<int>(length));
    else
        say("    value %lx length %d", value, static_cast<int>(length));
}

SQLRETURN set(const Statement& statement, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER length = 0) {
    const SQLRETURN result = statement.wide() ? SQLSetStmtAttrW(statement.handle(), attribute, value, length)
                                              : SQLSetStmtAttr(statement.handle(), attribute, value, length);
    return statement.did("set attribute " + std::to_string(attribute), result);
}

void get_all(const Statement& statement) {
    for (const SQLINTEGER attribute : kAttributes) get(statement, attribute);
}

}  // namespace

void statement_attributes(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    connection.connect();
    connection.make_schema();
    {
        say("= fresh");
        const Statement statement(connection);
        get_all(statement);
    }
    for (const SQLINTEGER attribute : kAttributes) {
        const Statement statement(connection);
        if (is_pointer(attribute)) {
            static SQLULEN target[64] = {};
            set(statement, attribute, target, SQL_IS_POINTER);
            get(statement, attribute);
            set(statement, attribute, nullptr, SQL_IS_POINTER);
            get(statement, attribute);
            continue;
        }
        for (const int value : {1, 2, 3, 7, 10, 0, -1, 999}) {
            say("value %d", value);
            set(statement, attribute, number(value));
            get(statement, attribute);
        }
        get(statement, SQL_ATTR_CURSOR_TYPE);
        get(statement, SQL_ATTR_CONCURRENCY);
        get(statement, SQL_ATTR_CURSOR_SCROLLABLE);
        get(statement, SQL_ATTR_CURSOR_SENSITIVITY);
        statement.execute("SELECT id FROM conformance.item WHERE id < 3 ORDER BY id");
    }
    say("= with an open cursor");
    const Statement statement(connection);
    set(statement, SQL_ATTR_CURSOR_TYPE, number(SQL_CURSOR_STATIC));
    statement.execute("SELECT id FROM conformance.item ORDER BY id");
    get_all(statement);
    CALL(statement, Fetch);
    get_all(statement);
    for (const SQLINTEGER attribute : {SQL_ATTR_CONCURRENCY, SQL_ATTR_CURSOR_TYPE, SQL_ATTR_SIMULATE_CURSOR,
                                       SQL_ATTR_USE_BOOKMARKS, SQL_ATTR_CURSOR_SCROLLABLE, SQL_ATTR_MAX_ROWS,
                                       SQL_ATTR_QUERY_TIMEOUT, SQL_ATTR_ROW_ARRAY_SIZE, SQL_ATTR_NOSCAN})
        set(statement, attribute, number(1));
    set(statement, SQL_ATTR_ROW_NUMBER, number(2));
    set(statement, SQL_ATTR_IMP_ROW_DESC, nullptr, SQL_IS_POINTER);
    CALL(statement, FetchScroll, SQL_FETCH_ABSOLUTE, 5);
    get(statement, SQL_ATTR_ROW_NUMBER);
    statement.close();
    say("= max rows and max length");
    set(statement, SQL_ATTR_MAX_ROWS, number(2));
    set(statement, SQL_ATTR_MAX_LENGTH, number(3));
    statement.execute("SELECT id, name FROM conformance.item ORDER BY id");
    statement.show_rows();
    say("= a timeout that strikes");
    set(statement, SQL_ATTR_QUERY_TIMEOUT, number(1));
    statement.close();
    statement.execute("SELECT pg_sleep(3)");
    statement.execute("SELECT count(*) FROM conformance.item, pg_sleep(3)");
    set(statement, SQL_ATTR_QUERY_TIMEOUT, number(0));
    statement.execute("SELECT 'after it'");
    statement.show_rows();
}

}  // namespace conformance
