// Data at execution, in pieces and wrong.
#include <cstring>

#include "application.h"

namespace conformance {

namespace {

void put_all(const Statement& statement, SQLRETURN begun) {
    SQLRETURN result = begun;
    for (int i = 0; i < 10 && result == SQL_NEED_DATA; ++i) {
        SQLPOINTER token = nullptr;
        result = CALL(statement, ParamData, &token);
        if (result != SQL_NEED_DATA) break;
        say("    wants %ld", static_cast<long>(reinterpret_cast<std::intptr_t>(token)));
        char first[] = "first piece, ";
        char second[] = "second piece";
        CALL(statement, PutData, first, SQL_NTS);
        CALL(statement, PutData, second, 6);
    }
}

}  // namespace

void data_at_execution(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    connection.connect();
    connection.make_schema();
    const Statement statement(connection);
    SQLINTEGER id = 1;
    SQLLEN at_execution = SQL_DATA_AT_EXEC;
    SQLLEN with_length = SQL_LEN_DATA_AT_EXEC(19);
    CALL(statement, BindParameter, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &id, 0, nullptr);
    CALL(statement, BindParameter, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_LONGVARCHAR, 0, 0, number(22), 0,
         &at_execution);
    CALL(statement, BindParameter, 3, SQL_PARAM_INPUT, SQL_C_BINARY, SQL_LONGVARBINARY, 0, 0, number(33), 0,
         &with_length);
    const char* insert = "INSERT INTO conformance.target (id, big, raw) VALUES (?, ?, ?)";
    put_all(statement, statement.execute(insert));
    SQLLEN rows = -77;
    CALL(statement, RowCount, &rows);
    say("    row count %ld", rows);
    id = 2;
    statement.prepare(insert);
    put_all(statement, CALL(statement, Execute));
    say("= nulls and nothing");
    id = 3;
    if (CALL(statement, Execute) == SQL_NEED_DATA) {
        SQLPOINTER token = nullptr;
        CALL(statement, ParamData, &token);
        CALL(statement, PutData, nullptr, SQL_NULL_DATA);
        CALL(statement, ParamData, &token);
        CALL(statement, PutData, nullptr, 0);
        CALL(statement, ParamData, &token);
    }
    say("= out of order");
    id = 4;
    CALL(statement, PutData, &id, 4);
    SQLPOINTER token = nullptr;
    CALL(statement, ParamData, &token);
    if (CALL(statement, Execute) == SQL_NEED_DATA) {
        char piece[] = "x";
        CALL(statement, PutData, piece, 1);
        CALL(statement, Execute);
        CALL(statement, Fetch);
        CALL(statement, ParamData, &token);
        CALL(statement, PutData, piece, -17);
        CALL(statement, PutData, nullptr, 5);
        SQLSMALLINT columns = -7;
        CALL(statement, NumResultCols, &columns);
        CALL(statement, Cancel);
        CALL(statement, ParamData, &token);
    }
    id = 5;
    put_all(statement, CALL(statement, Execute));
    CALL(statement, FreeStmt, SQL_RESET_PARAMS);
    statement.execute("SELECT id, big, raw FROM conformance.target ORDER BY id");
    statement.show_rows();
    statement.close();
    say("= in a read");
    CALL(statement, BindParameter, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 40, 0, number(11), 0,
         &at_execution);
    put_all(statement, statement.execute("SELECT id, ? FROM conformance.item WHERE id < 3 ORDER BY id"));
    statement.show_rows();
    statement.close();
    statement.prepare("SELECT id, ? FROM conformance.item WHERE id < 3 ORDER BY id");
    put_all(statement, CALL(statement, Execute));
    statement.show_rows();
    statement.close();
    say("= abandoned");
    CALL(statement, Execute);
    CALL(statement, FreeStmt, SQL_CLOSE);
    CALL(statement, Cancel);
    CALL(statement, FreeStmt, SQL_RESET_PARAMS);
    statement.execute("SELECT 'usable'");
    statement.show_rows();
}

}  // namespace conformance
