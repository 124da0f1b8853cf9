// Autocommit, the end of transactions on connections and environments, what it does to cursors.
#include "application.h"

namespace conformance {

namespace {

void show_target(const Connection& connection) {
    const Statement statement(connection);
    statement.execute("SELECT id, name FROM conformance.target ORDER BY id");
    statement.show_rows();
}

void autocommit(const Connection& connection) {
    SQLUINTEGER value = 77;
    CALL(connection, GetConnectAttr, SQL_ATTR_AUTOCOMMIT, &value, SQL_IS_UINTEGER, nullptr);
    say("    autocommit %u", static_cast<unsigned>(value));
}

}  // namespace

void transactions(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    const Connection other(environment, run);
    connection.connect();
    connection.make_schema();
    const Statement statement(connection);
    autocommit(connection);
    connection.end(SQL_COMMIT);
    connection.end(SQL_ROLLBACK);
    statement.execute("INSERT INTO conformance.target VALUES (1, 'automatic')");
    show_target(connection);
    say("= manual");
    connection.set(SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_OFF));
    autocommit(connection);
    statement.execute("SELECT count(*) FROM conformance.target");
    statement.show_rows();
    statement.close();
    statement.execute("INSERT INTO conformance.target VALUES (2, 'rolled back')");
    show_target(connection);
    connection.end(SQL_ROLLBACK);
    show_target(connection);
    statement.execute("INSERT INTO conformance.target VALUES (3, 'committed')");
    connection.end(SQL_COMMIT);
    connection.end(SQL_COMMIT);
    show_target(connection);
    statement.execute("INSERT INTO conformance.target VALUES (3, 'twice')");
    statement.execute("SELECT 1");
    connection.end(SQL_COMMIT);
    show_target(connection);
    say("= committed by switching on");
    statement.execute("INSERT INTO conformance.target VALUES (4, 'switched')");
    connection.set(SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_ON));
    autocommit(connection);
    show_target(connection);
    say("= cursors over the end");
    connection.set(SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_OFF));
    for (const SQLULEN type : std::initializer_list<SQLULEN>{SQL_CURSOR_FORWARD_ONLY, SQL_CURSOR_STATIC}) {
        for (const SQLSMALLINT completion : std::initializer_list<SQLSMALLINT>{SQL_COMMIT, SQL_ROLLBACK}) {
            const Statement reading(connection);
            CALL(reading, SetStmtAttr, SQL_ATTR_CURSOR_TYPE, number(static_cast<std::intptr_t>(type)), 0);
            reading.prepare("SELECT id FROM conformance.item ORDER BY id");
            CALL(reading, Execute);
            CALL(reading, Fetch);
            connection.end(completion);
            CALL(reading, Fetch);
            reading.close();
            CALL(reading, Execute);
            CALL(reading, Fetch);
        }
    }
    connection.end(SQL_ROLLBACK);
    say("= by statements");
    connection.set(SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_ON));
    for (const char* sql : {"BEGIN", "INSERT INTO conformance.target VALUES (5, 'begun')", "ROLLBACK",
                            "COMMIT", "BEGIN", "SELECT count(*) FROM conformance.target", "SAVEPOINT a",
                            "INSERT INTO conformance.target VALUES (1, 'again')", "ROLLBACK TO a",
                            "INSERT INTO conformance.target VALUES (6, 'saved')", "RELEASE a", "COMMIT",
                            "START TRANSACTION READ ONLY", "SELECT count(*) FROM conformance.target",
                            "INSERT INTO conformance.target VALUES (7, 'refused')", "ROLLBACK",
                            "BEGIN; INSERT INTO conformance.target VALUES (8, 'all'); COMMIT",
                            "SET TRANSACTION READ ONLY", "PREPARE TRANSACTION 'x'"}) {
        statement.execute(sql);
        statement.show_rows();
        statement.close();
        autocommit(connection);
    }
    show_target(connection);
    say("= on the environment");
    environment.did("commit", SQLEndTran(SQL_HANDLE_ENV, environment.handle(), SQL_COMMIT));
    other.connect();
    environment.did("commit", SQLEndTran(SQL_HANDLE_ENV, environment.handle(), SQL_COMMIT));
    environment.did("rollback", SQLEndTran(SQL_HANDLE_ENV, environment.handle(), SQL_ROLLBACK));
    connection.set(SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_OFF));
    other.set(SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_OFF));
    statement.execute("INSERT INTO conformance.target VALUES (10, 'one')");
    {
        const Statement elsewhere(other);
        elsewhere.execute("INSERT INTO conformance.target VALUES (11, 'other')");
    }
    environment.did("commit", SQLEndTran(SQL_HANDLE_ENV, environment.handle(), SQL_COMMIT));
    show_target(connection);
    show_target(other);
    environment.did("rollback", SQLEndTran(SQL_HANDLE_ENV, environment.handle(), SQL_ROLLBACK));
    say("= wrong arguments");
    environment.did("99", SQLEndTran(SQL_HANDLE_ENV, environment.handle(), 99));
    connection.did("99", SQLEndTran(SQL_HANDLE_DBC, connection.handle(), 99));
    connection.did("of type 99", SQLEndTran(99, connection.handle(), SQL_COMMIT));
    statement.did("of a statement", SQLEndTran(SQL_HANDLE_STMT, statement.handle(), SQL_COMMIT));
    say("= isolation");
    connection.set(SQL_ATTR_TXN_ISOLATION, number(SQL_TXN_REPEATABLE_READ));
    statement.execute("SHOW transaction_isolation");
    statement.show_rows();
    connection.set(SQL_ATTR_TXN_ISOLATION, number(SQL_TXN_SERIALIZABLE));
    statement.close();
    connection.end(SQL_COMMIT);
    connection.set(SQL_ATTR_TXN_ISOLATION, number(SQL_TXN_SERIALIZABLE));
    statement.execute("SHOW transaction_isolation");
    statement.show_rows();
    connection.end(SQL_COMMIT);
}

}  // namespace conformance
