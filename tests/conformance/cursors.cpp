// Cursor names, several results, closing, cancelling.
#include <chrono>
#include <thread>

#include "application.h"

namespace conformance {

namespace {

void show_name(const Statement& statement, std::size_t room) {
    Out name = statement.out(room);
    SQLSMALLINT length = -77;
    const SQLRETURN result = statement.wide()
                                 ? SQLGetCursorNameW(statement.handle(), name, name.characters(), &length)
                                 : SQLGetCursorName(statement.handle(), name, name.characters(), &length);
    // A name that the driver made up has the length of a number that counts up.
    const bool made_up = name.shown().find("SQL_CUR") != std::string::npos;
    statement.did("cursor name, room " + std::to_string(room), result);
    if (made_up)
        say("    made up");
    else if (room > 6)
        say("    %s (%d)", name.shown().c_str(), length);
}

void all_results(const Statement& statement) {
    for (int i = 0; i < 8; ++i) {
        SQLLEN rows = -77;
        CALL(statement, RowCount, &rows);
        say("    row count %ld", rows);
        statement.show_rows();
        if (!SQL_SUCCEEDED(CALL(statement, MoreResults))) break;
    }
    statement.close();
}

}  // namespace

void cursors(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    connection.connect();
    connection.make_schema();
    {
        say("= names");
        const Statement statement(connection);
        const Statement other(connection);
        show_name(statement, 40);
        TEXT(statement, SetCursorName, In("my_cursor"), SQL_NTS);
        for (const std::size_t room : {40U, 9U, 4U, 1U, 0U}) show_name(statement, room);
        TEXT(other, SetCursorName, In("my_cursor"), SQL_NTS);
        TEXT(other, SetCursorName, In("SQL_CURmine"), SQL_NTS);
        TEXT(other, SetCursorName, In(""), SQL_NTS);
        TEXT(other, SetCursorName, nullptr, SQL_NTS);
        TEXT(other, SetCursorName, In("x"), -9);
        TEXT(other, SetCursorName, In("abcdef"), 3);
        show_name(other, 40);
        statement.execute("SELECT id FROM conformance.item ORDER BY id");
        show_name(statement, 40);
        TEXT(statement, SetCursorName, In("too_late"), SQL_NTS);
        CALL(statement, Fetch);
        statement.close();
        show_name(statement, 40);
        statement.execute("SELECT 1");
        statement.show_rows();
    }
    {
        say("= several results");
        const Statement statement(connection);
        CALL(statement, MoreResults);
        statement.execute("SELECT 1 AS a; SELECT 2 AS b, 3 AS c");
        all_results(statement);
        statement.execute(
            "INSERT INTO conformance.target VALUES (1, 'x'); SELECT count(*) FROM conformance.target");
        all_results(statement);
        statement.execute("SELECT 1; SELECT 1/0; SELECT 3");
        all_results(statement);
        statement.execute(
            "SELECT 1; UPDATE conformance.target SET name = 'y'; DELETE FROM conformance.target");
        all_results(statement);
        statement.prepare("SELECT 5; SELECT 6");
        CALL(statement, Execute);
        all_results(statement);
    }
    {
        say("= closing");
        const Statement statement(connection);
        CALL(statement, CloseCursor);
        CALL(statement, FreeStmt, SQL_CLOSE);
        statement.execute("SELECT 1");
        statement.execute("SELECT 2");
        CALL(statement, CloseCursor);
        CALL(statement, CloseCursor);
        CALL(statement, Fetch);
        statement.execute("CREATE TABLE conformance.made (i integer)");
        CALL(statement, CloseCursor);
        CALL(statement, FreeStmt, 77);
        CALL(statement, Fetch);
        statement.execute("SELECT id FROM conformance.item ORDER BY id");
        for (int i = 0; i < 15; ++i) CALL(statement, Fetch);
        CALL(statement, MoreResults);
        CALL(statement, Fetch);
    }
    {
        say("= cancelling");
        const Statement statement(connection);
        CALL(statement, Cancel);
        statement.execute("SELECT id FROM conformance.item ORDER BY id");
        CALL(statement, Fetch);
        CALL(statement, Cancel);
        CALL(statement, Fetch);
        statement.close();
        for (const char* sql : {"SELECT pg_sleep(20)", "SELECT count(*) FROM conformance.item, pg_sleep(20)",
                                "DELETE FROM conformance.part WHERE pg_sleep(20) IS NULL"}) {
            std::thread canceller([&] {
                std::this_thread::sleep_for(std::chrono::milliseconds(400));
                SQLCancel(statement.handle());
            });
            statement.execute(sql);
            canceller.join();
        }
        statement.did("SQLCancelHandle", SQLCancelHandle(SQL_HANDLE_STMT, statement.handle()));
        connection.did("SQLCancelHandle", SQLCancelHandle(SQL_HANDLE_DBC, connection.handle()));
        statement.execute("SELECT 'usable'");
        statement.show_rows();
    }
}

}  // namespace conformance
