// SQLBulkOperations: add, and by bookmark update, delete and fetch.
#include <cstring>

#include "application.h"

namespace conformance {

namespace {

struct Rowset {
    SQLCHAR bookmark[3][12];
    SQLLEN bookmark_indicator[3];
    SQLINTEGER id[3];
    SQLLEN id_indicator[3];
    char name[3][20];
    SQLLEN name_indicator[3];
    SQLUSMALLINT status[3];
};

void show(const Rowset& rows) {
    for (int i = 0; i < 3; ++i)
        say("    [%d] status %u bookmark %s (%ld) id %d (%ld) name %.20s (%ld)", i, rows.status[i],
            shown_bytes(rows.bookmark[i], 4).c_str(), rows.bookmark_indicator[i],
            static_cast<int>(rows.id[i]), rows.id_indicator[i], rows.name[i], rows.name_indicator[i]);
}

void bulk_on(const Connection& connection, SQLULEN type, SQLULEN concurrency, SQLULEN use_bookmarks) {
    say("= cursor type %lu, concurrency %lu, bookmarks %lu", type, concurrency, use_bookmarks);
    connection.run_silently("DELETE FROM conformance.target");
    connection.run_silently(
        "INSERT INTO conformance.target (id, name) SELECT i, 'row ' || i FROM generate_series(1, 5) i");
    const Statement statement(connection);
    Rowset rows{};
    CALL(statement, SetStmtAttr, SQL_ATTR_USE_BOOKMARKS, number(static_cast<std::intptr_t>(use_bookmarks)),
         0);
    CALL(statement, SetStmtAttr, SQL_ATTR_CURSOR_TYPE, number(static_cast<std::intptr_t>(type)), 0);
    CALL(statement, SetStmtAttr, SQL_ATTR_CONCURRENCY, number(static_cast<std::intptr_t>(concurrency)), 0);
    CALL(statement, SetStmtAttr, SQL_ATTR_ROW_ARRAY_SIZE, number(3), 0);
    CALL(statement, SetStmtAttr, SQL_ATTR_ROW_STATUS_PTR, rows.status, 0);
    CALL(statement, BindCol, 0, SQL_C_VARBOOKMARK, rows.bookmark, sizeof(rows.bookmark[0]),
         rows.bookmark_indicator);
    CALL(statement, BindCol, 1, SQL_C_SLONG, rows.id, 0, rows.id_indicator);
    CALL(statement, BindCol, 2, SQL_C_CHAR, rows.name, 20, rows.name_indicator);
    CALL(statement, BulkOperations, SQL_ADD);
    statement.execute("SELECT id, name FROM conformance.target ORDER BY id");
    CALL(statement, FetchScroll, SQL_FETCH_NEXT, 0);
    show(rows);
    for (int i = 0; i < 3; ++i) {
        std::strcpy(rows.name[i], "changed");
        rows.name_indicator[i] = SQL_NTS;
    }
    CALL(statement, BulkOperations, SQL_UPDATE_BY_BOOKMARK);
    show(rows);
    CALL(statement, BulkOperations, SQL_FETCH_BY_BOOKMARK);
    show(rows);
    CALL(statement, BulkOperations, SQL_DELETE_BY_BOOKMARK);
    show(rows);
    for (int i = 0; i < 3; ++i) rows.id[i] = 20 + i;
    CALL(statement, BulkOperations, SQL_ADD);
    show(rows);
    CALL(statement, BulkOperations, SQL_ADD);
    CALL(statement, BulkOperations, 4711);
    statement.close();
    const Statement after(connection);
    after.execute("SELECT id, name FROM conformance.target ORDER BY id");
    after.show_rows();
}

}  // namespace

void bulk(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    connection.connect();
    connection.make_schema();
    bulk_on(connection, SQL_CURSOR_KEYSET_DRIVEN, SQL_CONCUR_ROWVER, SQL_UB_VARIABLE);
    bulk_on(connection, SQL_CURSOR_STATIC, SQL_CONCUR_READ_ONLY, SQL_UB_VARIABLE);
    bulk_on(connection, SQL_CURSOR_FORWARD_ONLY, SQL_CONCUR_READ_ONLY, SQL_UB_OFF);
    connection.set(SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_OFF));
    bulk_on(connection, SQL_CURSOR_KEYSET_DRIVEN, SQL_CONCUR_ROWVER, SQL_UB_VARIABLE);
    connection.end(SQL_ROLLBACK);
}

}  // namespace conformance
