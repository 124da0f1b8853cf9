// An application of ODBC 2: its functions, which the driver manager maps.
#include "application.h"

namespace conformance {

namespace {

void errors_of(HENV environment, HDBC connection, HSTMT statement, bool wide) {
    for (int i = 0; i < 5; ++i) {
        Out state(6, wide);
        Out text(300, wide);
        SQLINTEGER native = -77;
        SQLSMALLINT length = -77;
        const SQLRETURN result = wide ? SQLErrorW(environment, connection, statement, state, &native, text,
                                                  text.characters(), &length)
                                      : SQLError(environment, connection, statement, state, &native, text,
                                                 text.characters(), &length);
        say("    SQLError %s %s %d %s (%d)", name_of_return(result).c_str(), state.shown().c_str(),
            static_cast<int>(native), text.shown().c_str(), length);
        if (!SQL_SUCCEEDED(result)) return;
    }
}

}  // namespace

void odbc2(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    connection.connect();
    connection.make_schema();
    say("= connection options");
    for (const SQLUSMALLINT option : std::initializer_list<SQLUSMALLINT>{
             SQL_ACCESS_MODE, SQL_AUTOCOMMIT, SQL_LOGIN_TIMEOUT, SQL_TXN_ISOLATION, SQL_QUERY_TIMEOUT,
             SQL_MAX_ROWS, SQL_CURSOR_TYPE, SQL_CONCURRENCY, SQL_ROWSET_SIZE, SQL_BIND_TYPE, SQL_MAX_LENGTH,
             SQL_NOSCAN, SQL_PACKET_SIZE}) {
        SQLULEN value = 0x7777777777777777UL;
        say("option %u", option);
        CALL(connection, GetConnectOption, option, &value);
        say("    value %lx", value);
        CALL(connection, SetConnectOption, option, 1);
        value = 0x7777777777777777UL;
        CALL(connection, GetConnectOption, option, &value);
        say("    value %lx", value);
    }
    CALL(connection, SetConnectOption, SQL_MAX_ROWS, 0);
    CALL(connection, SetConnectOption, SQL_MAX_LENGTH, 0);
    CALL(connection, SetConnectOption, SQL_CONCURRENCY, SQL_CONCUR_READ_ONLY);
    CALL(connection, SetConnectOption, SQL_CURSOR_TYPE, SQL_CURSOR_FORWARD_ONLY);
    CALL(connection, SetConnectOption, SQL_BIND_TYPE, SQL_BIND_BY_COLUMN);
    CALL(connection, SetConnectOption, SQL_ACCESS_MODE, SQL_MODE_READ_WRITE);
    CALL(connection, SetConnectOption, SQL_TXN_ISOLATION, SQL_TXN_READ_COMMITTED);

    HSTMT raw = SQL_NULL_HSTMT;
    connection.did("SQLAllocStmt", SQLAllocStmt(connection.handle(), &raw));
    const Handle statement(SQL_HANDLE_STMT, raw, run);
    say("= statement options");
    for (const SQLUSMALLINT option : std::initializer_list<SQLUSMALLINT>{
             SQL_QUERY_TIMEOUT, SQL_MAX_ROWS, SQL_NOSCAN, SQL_MAX_LENGTH, SQL_ASYNC_ENABLE, SQL_BIND_TYPE,
             SQL_CURSOR_TYPE, SQL_CONCURRENCY, SQL_KEYSET_SIZE, SQL_ROWSET_SIZE, SQL_SIMULATE_CURSOR,
             SQL_RETRIEVE_DATA, SQL_USE_BOOKMARKS, SQL_GET_BOOKMARK, SQL_ROW_NUMBER}) {
        SQLULEN value = 0x7777777777777777UL;
        say("option %u", option);
        CALL(statement, GetStmtOption, option, &value);
        say("    value %lx", value);
        CALL(statement, SetStmtOption, option, 1);
        value = 0x7777777777777777UL;
        CALL(statement, GetStmtOption, option, &value);
        say("    value %lx", value);
    }
    for (const SQLUSMALLINT option : std::initializer_list<SQLUSMALLINT>{
             SQL_MAX_ROWS, SQL_MAX_LENGTH, SQL_BIND_TYPE, SQL_ASYNC_ENABLE, SQL_KEYSET_SIZE})
        CALL(statement, SetStmtOption, option, 0);
    CALL(statement, SetScrollOptions, SQL_CONCUR_READ_ONLY, SQL_SCROLL_STATIC, 3);
    CALL(statement, SetStmtOption, SQL_CURSOR_TYPE, SQL_CURSOR_STATIC);
    CALL(statement, SetStmtOption, SQL_ROWSET_SIZE, 3);
    SQLINTEGER ids[3] = {-1, -1, -1};
    SQLLEN indicators[3] = {-77, -77, -77};
    CALL(statement, BindCol, 1, SQL_C_LONG, ids, 0, indicators);
    TEXT(statement, ExecDirect, In("SELECT id, name, made, seen FROM conformance.item ORDER BY id"), SQL_NTS);
    for (const SQLUSMALLINT field : std::initializer_list<SQLUSMALLINT>{
             SQL_COLUMN_COUNT, SQL_COLUMN_NAME, SQL_COLUMN_TYPE, SQL_COLUMN_LENGTH, SQL_COLUMN_PRECISION,
             SQL_COLUMN_SCALE, SQL_COLUMN_DISPLAY_SIZE, SQL_COLUMN_NULLABLE, SQL_COLUMN_UNSIGNED,
             SQL_COLUMN_MONEY, SQL_COLUMN_UPDATABLE, SQL_COLUMN_AUTO_INCREMENT, SQL_COLUMN_CASE_SENSITIVE,
             SQL_COLUMN_SEARCHABLE, SQL_COLUMN_TYPE_NAME, SQL_COLUMN_TABLE_NAME, SQL_COLUMN_OWNER_NAME,
             SQL_COLUMN_QUALIFIER_NAME, SQL_COLUMN_LABEL}) {
        for (SQLUSMALLINT column = 1; column < 5; ++column) {
            Out text = statement.out(30);
            SQLSMALLINT length = -77;
            SQLLEN value = -77;
            say("column %u field %u", column, field);
            TEXT(statement, ColAttributes, column, field, text.data(), text.bytes(), &length, &value);
            say("    %s (%d) %ld", text.shown().c_str(), length, value);
        }
    }
    for (const SQLUSMALLINT orientation : std::initializer_list<SQLUSMALLINT>{
             SQL_FETCH_NEXT, SQL_FETCH_NEXT, SQL_FETCH_PRIOR, SQL_FETCH_LAST, SQL_FETCH_FIRST,
             SQL_FETCH_ABSOLUTE, SQL_FETCH_RELATIVE, SQL_FETCH_BOOKMARK, 99}) {
        SQLULEN rows = 77;
        SQLUSMALLINT status[3] = {77, 77, 77};
        say("orientation %u", orientation);
        CALL(statement, ExtendedFetch, orientation, 2, &rows, status);
        say("    rows %lu ids %d %d %d status %u %u %u", rows, static_cast<int>(ids[0]),
            static_cast<int>(ids[1]), static_cast<int>(ids[2]), status[0], status[1], status[2]);
    }
    CALL(statement, FreeStmt, SQL_CLOSE);
    SQLULEN rows = 77;
    SQLUSMALLINT status[3] = {77, 77, 77};
    CALL(statement, ExtendedFetch, SQL_FETCH_NEXT, 1, &rows, status);

    say("= parameters");
    SQLINTEGER wanted[2] = {2, 3};
    CALL(statement, SetParam, 1, SQL_C_LONG, SQL_INTEGER, 0, 0, wanted, nullptr);
    SQLULEN processed = 77;
    CALL(statement, ParamOptions, 2, &processed);
    TEXT(statement, ExecDirect, In("INSERT INTO conformance.target (id) VALUES (?)"), SQL_NTS);
    say("    processed %lu", processed);
    CALL(statement, ParamOptions, 1, &processed);
    CALL(statement, FreeStmt, SQL_RESET_PARAMS);

    say("= errors");
    In wrong("SELECT wrong FROM conformance.item");
    const SQLRETURN failed =
        run.wide ? SQLExecDirectW(raw, wrong, SQL_NTS) : SQLExecDirect(raw, wrong, SQL_NTS);
    say("%s", name_of_return(failed).c_str());
    errors_of(SQL_NULL_HENV, SQL_NULL_HDBC, raw, run.wide);
    errors_of(SQL_NULL_HENV, SQL_NULL_HDBC, raw, run.wide);
    errors_of(SQL_NULL_HENV, connection.handle(), SQL_NULL_HSTMT, run.wide);
    errors_of(environment.handle(), SQL_NULL_HDBC, SQL_NULL_HSTMT, run.wide);
    CALL(statement, FreeStmt, SQL_CLOSE);
    CALL(connection, SetConnectOption, SQL_AUTOCOMMIT, SQL_AUTOCOMMIT_OFF);
    TEXT(statement, ExecDirect, In("DELETE FROM conformance.target"), SQL_NTS);
    connection.did("SQLTransact", SQLTransact(environment.handle(), connection.handle(), SQL_ROLLBACK));
    TEXT(statement, ExecDirect, In("SELECT id FROM conformance.target ORDER BY id"), SQL_NTS);
    CALL(statement, Fetch);
    connection.did("SQLTransact", SQLTransact(environment.handle(), SQL_NULL_HDBC, SQL_COMMIT));
    connection.did("SQLFreeStmt drop", SQLFreeStmt(raw, SQL_DROP));
}

}  // namespace conformance
