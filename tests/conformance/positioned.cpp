// SQLSetPos and positioned statements: position, refresh, update, delete, add.
#include <cstring>

#include "application.h"

namespace conformance {

namespace {

struct Rowset {
    SQLINTEGER id[3];
    SQLLEN id_indicator[3];
    char name[3][20];
    SQLLEN name_indicator[3];
    SQLUSMALLINT status[3];
};

void show(const Rowset& rows) {
    for (int i = 0; i < 3; ++i)
        say("    [%d] status %u id %d (%ld) name %.20s (%ld)", i, rows.status[i],
            static_cast<int>(rows.id[i]), rows.id_indicator[i], rows.name[i], rows.name_indicator[i]);
}

void positioned_on(const Connection& connection, SQLULEN type, SQLULEN concurrency) {
    say("= cursor type %lu, concurrency %lu", type, concurrency);
    connection.run_silently("DELETE FROM conformance.target");
    connection.run_silently(
        "INSERT INTO conformance.target (id, name) SELECT i, 'row ' || i FROM generate_series(1, 5) i");
    const Statement statement(connection);
    Rowset rows{};
    CALL(statement, SetStmtAttr, SQL_ATTR_CURSOR_TYPE, number(static_cast<std::intptr_t>(type)), 0);
    CALL(statement, SetStmtAttr, SQL_ATTR_CONCURRENCY, number(static_cast<std::intptr_t>(concurrency)), 0);
    CALL(statement, SetStmtAttr, SQL_ATTR_ROW_ARRAY_SIZE, number(3), 0);
    CALL(statement, SetStmtAttr, SQL_ATTR_ROW_STATUS_PTR, rows.status, 0);
    CALL(statement, BindCol, 1, SQL_C_SLONG, rows.id, 0, rows.id_indicator);
    CALL(statement, BindCol, 2, SQL_C_CHAR, rows.name, 20, rows.name_indicator);
    CALL(statement, SetPos, 1, SQL_POSITION, SQL_LOCK_NO_CHANGE);
    statement.execute("SELECT id, name FROM conformance.target ORDER BY id");
    CALL(statement, SetPos, 1, SQL_POSITION, SQL_LOCK_NO_CHANGE);
    CALL(statement, FetchScroll, SQL_FETCH_NEXT, 0);
    show(rows);
    CALL(statement, SetPos, 2, SQL_POSITION, SQL_LOCK_NO_CHANGE);
    CALL(statement, SetPos, 9, SQL_POSITION, SQL_LOCK_NO_CHANGE);
    CALL(statement, SetPos, 1, 4711, SQL_LOCK_NO_CHANGE);
    CALL(statement, SetPos, 1, SQL_POSITION, 4711);
    std::strcpy(rows.name[1], "changed");
    rows.name_indicator[1] = SQL_NTS;
    CALL(statement, SetPos, 2, SQL_UPDATE, SQL_LOCK_NO_CHANGE);
    show(rows);
    CALL(statement, SetPos, 0, SQL_REFRESH, SQL_LOCK_NO_CHANGE);
    show(rows);
    CALL(statement, SetPos, 3, SQL_DELETE, SQL_LOCK_NO_CHANGE);
    show(rows);
    rows.id[0] = 50;
    std::strcpy(rows.name[0], "added");
    rows.id_indicator[0] = 0;
    rows.name_indicator[0] = SQL_NTS;
    CALL(statement, SetPos, 1, SQL_ADD, SQL_LOCK_NO_CHANGE);
    rows.id[0] = 2;
    CALL(statement, SetPos, 1, SQL_UPDATE, SQL_LOCK_NO_CHANGE);
    show(rows);
    SQLLEN count = -77;
    CALL(statement, RowCount, &count);
    say("    row count %ld", count);
    CALL(statement, FetchScroll, SQL_FETCH_FIRST, 0);
    show(rows);
    statement.close();
    const Statement after(connection);
    after.execute("SELECT id, name FROM conformance.target ORDER BY id");
    after.show_rows();
}

}  // namespace

void positioned(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    connection.connect();
    connection.make_schema();
    for (const SQLULEN type :
         std::initializer_list<SQLULEN>{SQL_CURSOR_FORWARD_ONLY, SQL_CURSOR_STATIC, SQL_CURSOR_KEYSET_DRIVEN})
        for (const SQLULEN concurrency : std::initializer_list<SQLULEN>{
                 SQL_CONCUR_READ_ONLY, SQL_CONCUR_ROWVER, SQL_CONCUR_VALUES, SQL_CONCUR_LOCK})
            positioned_on(connection, type, concurrency);
    say("= in a transaction that is rolled back");
    connection.set(SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_OFF));
    positioned_on(connection, SQL_CURSOR_KEYSET_DRIVEN, SQL_CONCUR_ROWVER);
    connection.end(SQL_ROLLBACK);
    connection.set(SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_ON));
    const Statement after(connection);
    after.execute("SELECT count(*) FROM conformance.target");
    after.show_rows();
    say("= by cursor name");
    const Statement reading(connection);
    const Statement writing(connection);
    TEXT(reading, SetCursorName, In("mine"), SQL_NTS);
    CALL(reading, SetStmtAttr, SQL_ATTR_CONCURRENCY, number(SQL_CONCUR_ROWVER), 0);
    CALL(reading, SetStmtAttr, SQL_ATTR_CURSOR_TYPE, number(SQL_CURSOR_KEYSET_DRIVEN), 0);
    reading.execute("SELECT id, name FROM conformance.target ORDER BY id");
    CALL(reading, Fetch);
    writing.execute("UPDATE conformance.target SET name = 'here' WHERE CURRENT OF mine");
}

}  // namespace conformance
