// SQLExecute behind what replaced the prepared text, and statements that run again behind a catalog function.
#include "application.h"

namespace conformance {

void replaced(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    connection.connect();
    connection.make_schema();
    {
        say("= behind a direct text");
        const Statement statement(connection);
        statement.execute("INSERT INTO conformance.target (id) VALUES (1)");
        statement.close();
        CALL(statement, Execute);
        statement.execute("SELECT name FROM conformance.item WHERE id = 1");
        statement.show_rows();
        statement.close();
        CALL(statement, Execute);
        statement.show_rows();
        statement.close();
        say("= on another node");
        statement.execute("/* freshread replica */ SELECT 2");
        statement.close();
        connection.set(SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_OFF));
        CALL(statement, Execute);
        statement.show_rows();
        connection.end(SQL_ROLLBACK);
        connection.set(SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_ON));
    }
    {
        say("= a direct text behind a prepared one");
        const Statement statement(connection);
        statement.prepare("SELECT 'prepared'");
        CALL(statement, Execute);
        statement.close();
        statement.execute("DELETE FROM conformance.target WHERE id = 2");
        statement.close();
        CALL(statement, Execute);
        SQLSMALLINT columns = -1;
        CALL(statement, NumResultCols, &columns);
        say("    columns %d", columns);
        statement.execute("SELEC wrong");
        CALL(statement, Execute);
    }
    {
        say("= a prepared text behind a direct one");
        const Statement statement(connection);
        statement.execute("SELECT 'direct'");
        statement.close();
        statement.prepare("SELECT 'prepared'");
        CALL(statement, Execute);
        statement.show_rows();
    }
    for (const char* next : {"BEGIN READ ONLY", "COMMIT", "INSERT INTO conformance.target (id) VALUES (2)",
                             "/* freshread replica */ SELECT 1"}) {
        say("= behind a catalog function");
        const Statement statement(connection);
        statement.prepare("SELECT 'prepared'");
        TEXT(statement, GetTypeInfo, SQL_VARCHAR);
        statement.show_rows();
        CALL(statement, CloseCursor);
        CALL(statement, Execute);
        statement.execute(next);
        TEXT(statement, PrimaryKeys, nullptr, 0, In("conformance"), SQL_NTS, In("item"), SQL_NTS);
        CALL(statement, MoreResults);
        statement.execute(next);
    }
    {
        say("= attributes set through the wide function");
        SQLSetConnectAttrW(connection.handle(), SQL_ATTR_LOGIN_TIMEOUT, number(10), SQL_IS_INTEGER);
        SQLCHAR text[20] = {};
        SQLSMALLINT length = -77;
        CALL(connection, GetInfo, SQL_ROW_UPDATES, text, sizeof(text), &length);
        say("    length %d", length);
    }
}

}  // namespace conformance
