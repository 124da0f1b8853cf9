// Functions called when they must not be, and handles that are none.
#include "application.h"

namespace conformance {

namespace {

void every_call(const Statement& statement) {
    SQLSMALLINT small = -77;
    SQLLEN length = -77;
    SQLULEN size = 77;
    SQLINTEGER value = -77;
    SQLPOINTER token = nullptr;
    Out text = statement.out(40);
    CALL(statement, Fetch);
    CALL(statement, FetchScroll, SQL_FETCH_NEXT, 0);
    CALL(statement, GetData, 1, SQL_C_SLONG, &value, 0, &length);
    CALL(statement, NumResultCols, &small);
    CALL(statement, RowCount, &length);
    CALL(statement, MoreResults);
    CALL(statement, NumParams, &small);
    CALL(statement, DescribeParam, 1, &small, &size, &small, &small);
    TEXT(statement, DescribeCol, 1, text, text.characters(), &small, &small, &size, &small, &small);
    TEXT(statement, ColAttribute, 1, SQL_DESC_NAME, text.data(), text.bytes(), &small, &length);
    CALL(statement, SetPos, 1, SQL_POSITION, SQL_LOCK_NO_CHANGE);
    CALL(statement, BulkOperations, SQL_ADD);
    CALL(statement, ParamData, &token);
    CALL(statement, PutData, &value, 4);
    CALL(statement, CloseCursor);
    CALL(statement, Cancel);
    CALL(statement, FreeStmt, SQL_UNBIND);
    CALL(statement, FreeStmt, SQL_RESET_PARAMS);
    CALL(statement, FreeStmt, SQL_CLOSE);
    CALL(statement, FreeStmt, 99);
}

}  // namespace

void sequences(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    SQLHSTMT early = SQL_NULL_HSTMT;
    connection.did("statement before connecting",
                   SQLAllocHandle(SQL_HANDLE_STMT, connection.handle(), &early));
    connection.did("commit before connecting", SQLEndTran(SQL_HANDLE_DBC, connection.handle(), SQL_COMMIT));
    CALL(connection, Disconnect);
    connection.connect();
    connection.make_schema();
    {
        say("= allocated");
        const Statement statement(connection);
        every_call(statement);
        CALL(statement, Execute);
    }
    {
        say("= prepared");
        const Statement statement(connection);
        statement.prepare("SELECT id FROM conformance.item WHERE id = 1");
        every_call(statement);
        CALL(statement, Execute);
        statement.show_rows();
    }
    {
        say("= prepared badly");
        const Statement statement(connection);
        statement.prepare("SELECT wrong FROM nowhere");
        every_call(statement);
        CALL(statement, Execute);
        every_call(statement);
    }
    {
        say("= executed");
        const Statement statement(connection);
        statement.execute("SELECT id FROM conformance.item WHERE id = 1");
        every_call(statement);
        statement.execute("SELECT id FROM conformance.item WHERE id = 1");
        TEXT(statement, Prepare, In("SELECT 1"), SQL_NTS);
        CALL(statement, Execute);
        TEXT(statement, Tables, nullptr, 0, nullptr, 0, nullptr, 0, nullptr, 0);
        TEXT(statement, GetTypeInfo, SQL_INTEGER);
        statement.close();
    }
    {
        say("= executed without a result");
        const Statement statement(connection);
        statement.execute("DELETE FROM conformance.target");
        every_call(statement);
        say("= failed");
        statement.execute("SELECT wrong");
        every_call(statement);
    }
    say("= handles that are none");
    say("%d %d %d", SQLFetch(nullptr), SQLDisconnect(nullptr), SQLFreeHandle(SQL_HANDLE_STMT, nullptr));
    SQLHANDLE made = SQL_NULL_HANDLE;
    connection.did("allocate what does not exist", SQLAllocHandle(99, connection.handle(), &made));
    connection.did("allocate to nowhere", SQLAllocHandle(SQL_HANDLE_STMT, connection.handle(), nullptr));
    connection.did("free while connected", SQLFreeHandle(SQL_HANDLE_DBC, connection.handle()));
    environment.did("free while in use", SQLFreeHandle(SQL_HANDLE_ENV, environment.handle()));
    const Statement still(connection);
    still.execute("SELECT 'still there'");
    still.show_rows();
}

}  // namespace conformance
