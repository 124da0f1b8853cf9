// Diagnostics: records and fields, ANSI and wide, again and again, in order, in buffers that are too small.
#include "application.h"

namespace conformance {

namespace {

constexpr SQLSMALLINT kFields[] = {SQL_DIAG_CURSOR_ROW_COUNT,
                                   SQL_DIAG_DYNAMIC_FUNCTION,
                                   SQL_DIAG_DYNAMIC_FUNCTION_CODE,
                                   SQL_DIAG_NUMBER,
                                   SQL_DIAG_RETURNCODE,
                                   SQL_DIAG_ROW_COUNT,
                                   SQL_DIAG_CLASS_ORIGIN,
                                   SQL_DIAG_COLUMN_NUMBER,
                                   SQL_DIAG_CONNECTION_NAME,
                                   SQL_DIAG_MESSAGE_TEXT,
                                   SQL_DIAG_NATIVE,
                                   SQL_DIAG_ROW_NUMBER,
                                   SQL_DIAG_SERVER_NAME,
                                   SQL_DIAG_SQLSTATE,
                                   SQL_DIAG_SUBCLASS_ORIGIN,
                                   4711};

void field(SQLSMALLINT type, const Handle& handle, SQLSMALLINT record, SQLSMALLINT id, std::size_t room,
           bool wide) {
    Out value(room, wide);
    SQLSMALLINT length = -77;
    const SQLRETURN result =
        wide ? SQLGetDiagFieldW(type, handle.handle(), record, id, value.data(), value.bytes(), &length)
             : SQLGetDiagField(type, handle.handle(), record, id, value.data(), value.bytes(), &length);
    say("    %s field %d of record %d, %s room %zu: %s (%d)", name_of_return(result).c_str(), id, record,
        wide ? "wide" : "ANSI", room, value.shown().c_str(), length);
}

void record(SQLSMALLINT type, const Handle& handle, SQLSMALLINT number, std::size_t room, bool wide) {
    Out state(6, wide);
    Out text(room, wide);
    SQLINTEGER native = -77;
    SQLSMALLINT length = -77;
    const SQLRETURN result =
        wide ? SQLGetDiagRecW(type, handle.handle(), number, state, &native, text, text.characters(), &length)
             : SQLGetDiagRec(type, handle.handle(), number, state, &native, text, text.characters(), &length);
    say("    %s record %d, %s room %zu: %s %d %s (%d)", name_of_return(result).c_str(), number,
        wide ? "wide" : "ANSI", room, state.shown().c_str(), static_cast<int>(native), text.shown().c_str(),
        length);
}

void everything(SQLSMALLINT type, const Handle& handle) {
    for (int again = 0; again < 2; ++again) {
        for (const bool wide : {handle.wide(), !handle.wide()}) {
            for (SQLSMALLINT number = -1; number <= 3; ++number)
                for (const std::size_t room : {300U, 20U, 1U, 0U}) record(type, handle, number, room, wide);
            for (SQLSMALLINT number = 0; number <= 3; ++number)
                for (const SQLSMALLINT id : kFields) field(type, handle, number, id, 300, wide);
            for (const SQLSMALLINT id : std::initializer_list<SQLSMALLINT>{
                     SQL_DIAG_MESSAGE_TEXT, SQL_DIAG_SQLSTATE, SQL_DIAG_CLASS_ORIGIN})
                for (const std::size_t room : {4U, 2U}) field(type, handle, 1, id, room, wide);
        }
    }
    const SQLRETURN negative =
        SQLGetDiagRec(type, handle.handle(), 1, nullptr, nullptr, nullptr, -1, nullptr);
    const SQLRETURN nothing = SQLGetDiagRec(type, handle.handle(), 1, nullptr, nullptr, nullptr, 0, nullptr);
    say("    %s %s", name_of_return(negative).c_str(), name_of_return(nothing).c_str());
}

// Makes the call without reading the records after it.
SQLRETURN quietly(const char* what, SQLRETURN result) {
    say("%s %s", name_of_return(result).c_str(), what);
    return result;
}

SQLRETURN execute_quietly(const Statement& statement, const char* sql) {
    In text(sql);
    return quietly(sql, statement.wide() ? SQLExecDirectW(statement.handle(), text, SQL_NTS)
                                         : SQLExecDirect(statement.handle(), text, SQL_NTS));
}

}  // namespace

void diagnostics(const Run& run) {
    const Environment environment(run);
    everything(SQL_HANDLE_ENV, environment);
    quietly("set", SQLSetEnvAttr(environment.handle(), SQL_ATTR_ODBC_VERSION, number(17), SQL_IS_INTEGER));
    everything(SQL_HANDLE_ENV, environment);
    const Connection connection(environment, run);
    everything(SQL_HANDLE_DBC, connection);
    connection.connect();
    // Of ODBC 3.80 the driver manager's warning is left behind, psqlodbc being older.
    if (run.version != SQL_OV_ODBC3_80) everything(SQL_HANDLE_DBC, connection);
    connection.make_schema();
    quietly("set", SQLSetConnectAttr(connection.handle(), 12345, number(1), SQL_IS_INTEGER));
    everything(SQL_HANDLE_DBC, connection);
    SQLUINTEGER value = 0;
    quietly("get", SQLGetConnectAttr(connection.handle(), 12345, &value, SQL_IS_INTEGER, nullptr));
    everything(SQL_HANDLE_DBC, connection);

    const Statement statement(connection);
    everything(SQL_HANDLE_STMT, statement);
    for (const char* sql :
         {"SELECT * FROM conformance.nothing", "SELECT 1/0", "SELECT 1",
          "INSERT INTO conformance.target VALUES (1, 'a')", "INSERT INTO conformance.target VALUES (1, 'a')",
          "DO $$ BEGIN RAISE WARNING 'first'; RAISE WARNING 'second'; END $$", "SELECT caf\xc3\xa9",
          "SELECT 'a_very_long_text_' || repeat('x', 100) || (1/0)"}) {
        execute_quietly(statement, sql);
        everything(SQL_HANDLE_STMT, statement);
        SQLFreeStmt(statement.handle(), SQL_CLOSE);
    }
    say("= of a prepared statement, of a fetch, of other calls");
    statement.prepare("SELECT id, name FROM conformance.item ORDER BY id");
    CALL(statement, Execute);
    char small[3] = "";
    SQLLEN indicator = 0;
    SQLBindCol(statement.handle(), 2, SQL_C_CHAR, small, 3, &indicator);
    quietly("fetch", SQLFetch(statement.handle()));
    everything(SQL_HANDLE_STMT, statement);
    quietly("get data", SQLGetData(statement.handle(), 77, SQL_C_CHAR, small, 3, &indicator));
    everything(SQL_HANDLE_STMT, statement);
    quietly("attribute", SQLSetStmtAttr(statement.handle(), 4711, nullptr, 0));
    everything(SQL_HANDLE_STMT, statement);
    quietly("cursor type",
            SQLSetStmtAttr(statement.handle(), SQL_ATTR_CURSOR_TYPE, number(SQL_CURSOR_STATIC), 0));
    everything(SQL_HANDLE_STMT, statement);
    SQLFreeStmt(statement.handle(), SQL_CLOSE);
    quietly("dynamic",
            SQLSetStmtAttr(statement.handle(), SQL_ATTR_CURSOR_TYPE, number(SQL_CURSOR_DYNAMIC), 0));
    everything(SQL_HANDLE_STMT, statement);
    quietly("fetch nothing", SQLFetch(statement.handle()));
    everything(SQL_HANDLE_STMT, statement);
    quietly("execute", SQLExecute(statement.handle()));
    everything(SQL_HANDLE_STMT, statement);

    say("= of descriptors");
    const SQLHDESC handle = statement.descriptor(SQL_ATTR_APP_ROW_DESC);
    const Handle descriptor(SQL_HANDLE_DESC, handle, run);
    quietly("field", SQLSetDescField(handle, 1, 4711, number(1), SQL_IS_SMALLINT));
    everything(SQL_HANDLE_DESC, descriptor);
    quietly("record", SQLSetDescField(handle, -1, SQL_DESC_TYPE, number(1), SQL_IS_SMALLINT));
    everything(SQL_HANDLE_DESC, descriptor);

    say("= a failed transaction");
    connection.set(SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_OFF));
    execute_quietly(statement, "SELECT 1/0");
    everything(SQL_HANDLE_STMT, statement);
    execute_quietly(statement, "SELECT 1");
    everything(SQL_HANDLE_STMT, statement);
    quietly("commit", SQLEndTran(SQL_HANDLE_DBC, connection.handle(), SQL_COMMIT));
    everything(SQL_HANDLE_DBC, connection);
    quietly("end", SQLEndTran(SQL_HANDLE_DBC, connection.handle(), 99));
    everything(SQL_HANDLE_DBC, connection);
    say("%s", name_of_return(SQLGetDiagRec(99, connection.handle(), 1, nullptr, nullptr, nullptr, 0, nullptr))
                  .c_str());
    connection.end(SQL_ROLLBACK);
}

}  // namespace conformance
