// Ending a connection with everything still open, and using the same handle for the next one.
#include "application.h"

namespace conformance {

namespace {

// What a new connection on the same handle finds: nothing of the one before.
void use_again(const Connection& connection) {
    say("= again on the same handle");
    connection.connect();
    SQLUINTEGER autocommit = 77;
    CALL(connection, GetConnectAttr, SQL_ATTR_AUTOCOMMIT, &autocommit, 0, nullptr);
    say("    autocommit %u", autocommit);
    const Statement statement(connection);
    statement.execute("SELECT current_setting('search_path'), count(*) FROM conformance.item");
    statement.show_rows();
    statement.execute("SELECT count(*) FROM gone");
    statement.execute("INSERT INTO conformance.target (id, name) VALUES (70, 'again')");
    statement.execute("DELETE FROM conformance.target WHERE id = 70");
}

// Ends the connection; when that is refused, the transaction first. Its statements are gone with it.
void end(const Connection& connection, std::initializer_list<Statement*> statements) {
    if (!SQL_SUCCEEDED(CALL(connection, Disconnect))) {
        connection.end(SQL_ROLLBACK);
        CALL(connection, Disconnect);
    }
    for (Statement* statement : statements) statement->gone();
}

}  // namespace

void disconnecting(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    connection.connect();
    connection.make_schema();
    {
        say("= open results, one half read, on whatever node, and a statement that is only prepared");
        Statement half(connection);
        half.execute("SELECT id FROM conformance.item ORDER BY id");
        CALL(half, Fetch);
        Statement unread(connection);
        unread.execute("/* freshread leader */ SELECT id FROM conformance.item ORDER BY id");
        Statement prepared(connection);
        prepared.prepare("SELECT name FROM conformance.item WHERE id = ?");
        Statement catalog(connection);
        TEXT(catalog, Tables, nullptr, 0, In("conformance"), SQL_NTS, nullptr, 0, nullptr, 0);
        end(connection, {&half, &unread, &prepared, &catalog});
    }
    use_again(connection);
    {
        say("= data still to come");
        Statement statement(connection);
        SQLLEN at_execution = SQL_DATA_AT_EXEC;
        CALL(statement, BindParameter, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_LONGVARCHAR, 0, 0, number(1), 0,
             &at_execution);
        statement.execute("INSERT INTO conformance.target (id, big) VALUES (71, ?)");
        CALL(connection, Disconnect);
        CALL(statement, Cancel);
        end(connection, {&statement});
    }
    use_again(connection);
    {
        say("= a transaction begun by text");
        Statement statement(connection);
        statement.execute("BEGIN");
        statement.execute("CREATE TEMPORARY TABLE gone (i integer)");
        statement.execute("INSERT INTO conformance.target (id, name) VALUES (72, 'never')");
        statement.close();
        end(connection, {&statement});
    }
    use_again(connection);
    {
        say("= a transaction of autocommit off, and a setting");
        Statement statement(connection);
        statement.execute("SET search_path = conformance");
        connection.set(SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_OFF));
        statement.execute("INSERT INTO conformance.target (id, name) VALUES (73, 'never')");
        end(connection, {&statement});
    }
    use_again(connection);
    {
        say("= a descriptor of its own, and a transaction that failed");
        SQLHDESC descriptor = SQL_NULL_HDESC;
        connection.did("SQLAllocHandle(SQL_HANDLE_DESC)",
                       SQLAllocHandle(SQL_HANDLE_DESC, connection.handle(), &descriptor));
        Statement statement(connection);
        CALL(statement, SetStmtAttr, SQL_ATTR_APP_ROW_DESC, descriptor, SQL_IS_POINTER);
        connection.set(SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_ON));
        statement.execute("BEGIN");
        statement.execute("SELECT no_such_column");
        end(connection, {&statement});
    }
    use_again(connection);
    {
        const Statement statement(connection);
        statement.execute("SELECT count(*) FROM conformance.target WHERE id BETWEEN 70 AND 79");
        statement.show_rows();
    }
    say("= freeing what is still in use");
    connection.did("SQLFreeHandle(SQL_HANDLE_DBC)", SQLFreeHandle(SQL_HANDLE_DBC, connection.handle()));
    environment.did("SQLFreeHandle(SQL_HANDLE_ENV)", SQLFreeHandle(SQL_HANDLE_ENV, environment.handle()));
    CALL(connection, Disconnect);
    CALL(connection, Disconnect);
    environment.did("SQLFreeHandle(SQL_HANDLE_ENV)", SQLFreeHandle(SQL_HANDLE_ENV, environment.handle()));
}

}  // namespace conformance
