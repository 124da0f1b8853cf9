// Fetching: forward, scrolling in every direction, row arrays by column and by row, row status, bookmarks.
#include "application.h"

namespace conformance {

namespace {

constexpr std::size_t kRows = 4;

struct Rowset {
    SQLINTEGER id[kRows];
    SQLLEN id_indicator[kRows];
    char name[kRows][10];
    SQLLEN name_indicator[kRows];
    double price[kRows];
    SQLLEN price_indicator[kRows];
    SQLUSMALLINT status[kRows];
    SQLULEN fetched;

    void clear() {
        for (std::size_t i = 0; i < kRows; ++i) {
            id[i] = -1;
            id_indicator[i] = name_indicator[i] = price_indicator[i] = -77;
            for (char& c : name[i]) c = '~';
            price[i] = -1;
            status[i] = 77;
        }
        fetched = 77;
    }

    void show() const {
        say("    fetched %lu", fetched);
        for (std::size_t i = 0; i < kRows; ++i)
            say("    [%zu] status %u id %d (%ld) name %s (%ld) price %g (%ld)", i, status[i],
                static_cast<int>(id[i]), id_indicator[i], shown_bytes(name[i], sizeof(name[i])).c_str(),
                name_indicator[i], price[i], price_indicator[i]);
    }
};

void bind(const Statement& statement, Rowset& rows) {
    rows.clear();
    CALL(statement, SetStmtAttr, SQL_ATTR_ROW_STATUS_PTR, rows.status, 0);
    CALL(statement, SetStmtAttr, SQL_ATTR_ROWS_FETCHED_PTR, &rows.fetched, 0);
    CALL(statement, BindCol, 1, SQL_C_SLONG, rows.id, 0, rows.id_indicator);
    CALL(statement, BindCol, 2, SQL_C_CHAR, rows.name, sizeof(rows.name[0]), rows.name_indicator);
    CALL(statement, BindCol, 3, SQL_C_DOUBLE, rows.price, 0, rows.price_indicator);
}

void scroll(const Statement& statement, Rowset& rows) {
    struct Move {
        SQLSMALLINT orientation;
        SQLLEN offset;
    };
    constexpr Move kMoves[] = {{SQL_FETCH_NEXT, 0},
                               {SQL_FETCH_NEXT, 0},
                               {SQL_FETCH_PRIOR, 0},
                               {SQL_FETCH_LAST, 0},
                               {SQL_FETCH_FIRST, 0},
                               {SQL_FETCH_PRIOR, 0},
                               {SQL_FETCH_ABSOLUTE, 5},
                               {SQL_FETCH_RELATIVE, 2},
                               {SQL_FETCH_RELATIVE, -3},
                               {SQL_FETCH_RELATIVE, 0},
                               {SQL_FETCH_ABSOLUTE, -2},
                               {SQL_FETCH_ABSOLUTE, 0},
                               {SQL_FETCH_ABSOLUTE, 99},
                               {SQL_FETCH_NEXT, 0},
                               {SQL_FETCH_ABSOLUTE, -99},
                               {SQL_FETCH_BOOKMARK, 0},
                               {4711, 0},
                               {SQL_FETCH_ABSOLUTE, 11}};
    for (const Move& move : kMoves) {
        rows.clear();
        say("move %d by %ld", move.orientation, move.offset);
        CALL(statement, FetchScroll, move.orientation, move.offset);
        rows.show();
        SQLULEN row = 77;
        SQLGetStmtAttr(statement.handle(), SQL_ATTR_ROW_NUMBER, &row, 0, nullptr);
        say("    row number %lu", row);
    }
}

constexpr const char* kQuery = "SELECT id, name, price, note FROM conformance.item ORDER BY id";

void cursor(const Connection& connection, SQLULEN type, SQLULEN array) {
    say("= cursor type %lu, array of %lu", type, array);
    const Statement statement(connection);
    Rowset rows{};
    CALL(statement, SetStmtAttr, SQL_ATTR_CURSOR_TYPE, number(static_cast<std::intptr_t>(type)), 0);
    CALL(statement, SetStmtAttr, SQL_ATTR_ROW_ARRAY_SIZE, number(static_cast<std::intptr_t>(array)), 0);
    bind(statement, rows);
    statement.execute(kQuery);
    scroll(statement, rows);
    CALL(statement, CloseCursor);
    statement.prepare(kQuery);
    CALL(statement, Execute);
    for (int i = 0; i < 5; ++i) {
        rows.clear();
        CALL(statement, Fetch);
        rows.show();
    }
    CALL(statement, FetchScroll, SQL_FETCH_FIRST, 0);
    statement.close();
    say("= unbound");
    CALL(statement, BindCol, 2, SQL_C_CHAR, nullptr, 0, nullptr);
    CALL(statement, Execute);
    rows.clear();
    CALL(statement, Fetch);
    rows.show();
    CALL(statement, FreeStmt, SQL_UNBIND);
    rows.clear();
    CALL(statement, Fetch);
    rows.show();
}

void by_row(const Connection& connection) {
    say("= by row, with an offset");
    struct Row {
        SQLINTEGER id;
        SQLLEN indicator;
    };
    Row rows[6] = {};
    for (Row& row : rows) row = {-1, -77};
    SQLULEN offset = 0;
    const Statement statement(connection);
    CALL(statement, SetStmtAttr, SQL_ATTR_ROW_BIND_TYPE, number(sizeof(Row)), 0);
    CALL(statement, SetStmtAttr, SQL_ATTR_ROW_BIND_OFFSET_PTR, &offset, 0);
    CALL(statement, SetStmtAttr, SQL_ATTR_ROW_ARRAY_SIZE, number(2), 0);
    CALL(statement, BindCol, 1, SQL_C_SLONG, &rows[0].id, 0, &rows[0].indicator);
    statement.execute(kQuery);
    CALL(statement, Fetch);
    offset = 4 * sizeof(Row);
    CALL(statement, Fetch);
    for (const Row& row : rows) say("    %d (%ld)", static_cast<int>(row.id), row.indicator);
}

void bookmarks(const Connection& connection, SQLSMALLINT c_type) {
    say("= bookmarks of C type %d", c_type);
    const Statement statement(connection);
    CALL(statement, SetStmtAttr, SQL_ATTR_CURSOR_TYPE, number(SQL_CURSOR_STATIC), 0);
    CALL(statement, SetStmtAttr, SQL_ATTR_USE_BOOKMARKS, number(SQL_UB_VARIABLE), 0);
    SQLCHAR bookmark[16] = {};
    SQLLEN bookmark_indicator = -77;
    SQLINTEGER id = -1;
    SQLLEN id_indicator = -77;
    CALL(statement, BindCol, 0, c_type, bookmark, sizeof(bookmark), &bookmark_indicator);
    CALL(statement, BindCol, 1, SQL_C_SLONG, &id, 0, &id_indicator);
    statement.execute(kQuery);
    CALL(statement, FetchScroll, SQL_FETCH_ABSOLUTE, 3);
    say("    id %d bookmark %s (%ld)", static_cast<int>(id), shown_bytes(bookmark, sizeof(bookmark)).c_str(),
        bookmark_indicator);
    SQLCHAR got[16] = {};
    SQLLEN got_indicator = -77;
    CALL(statement, GetData, 0, c_type, got, sizeof(got), &got_indicator);
    say("    got %s (%ld)", shown_bytes(got, sizeof(got)).c_str(), got_indicator);
    SQLCHAR kept[16] = {};
    for (std::size_t i = 0; i < sizeof(kept); ++i) kept[i] = bookmark[i];
    CALL(statement, SetStmtAttr, SQL_ATTR_FETCH_BOOKMARK_PTR, kept, 0);
    CALL(statement, FetchScroll, SQL_FETCH_LAST, 0);
    CALL(statement, FetchScroll, SQL_FETCH_BOOKMARK, 0);
    say("    id %d", static_cast<int>(id));
    CALL(statement, FetchScroll, SQL_FETCH_BOOKMARK, 2);
    say("    id %d", static_cast<int>(id));
}

}  // namespace

void fetching(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    connection.connect();
    connection.make_schema();
    for (const SQLULEN type : std::initializer_list<SQLULEN>{SQL_CURSOR_FORWARD_ONLY, SQL_CURSOR_STATIC,
                                                             SQL_CURSOR_KEYSET_DRIVEN, SQL_CURSOR_DYNAMIC})
        for (const SQLULEN array : std::initializer_list<SQLULEN>{1UL, static_cast<SQLULEN>(kRows)})
            cursor(connection, type, array);
    by_row(connection);
    bookmarks(connection, SQL_C_VARBOOKMARK);
    bookmarks(connection, SQL_C_BOOKMARK);

    say("= values that do not fit their C type");
    const Statement statement(connection);
    SQLSMALLINT small = -1;
    SQLLEN indicator = -77;
    CALL(statement, BindCol, 1, SQL_C_SSHORT, &small, 0, &indicator);
    for (const char* sql :
         {"SELECT 100000", "SELECT 'word'", "SELECT 1.75", "SELECT NULL", "SELECT 7", "SELECT true"}) {
        small = -1;
        indicator = -77;
        statement.execute(sql);
        CALL(statement, Fetch);
        say("    value %d (%ld)", small, indicator);
        statement.close();
    }
    CALL(statement, BindCol, 1, SQL_C_SSHORT, &small, 0, nullptr);
    statement.execute("SELECT NULL");
    CALL(statement, Fetch);
    statement.close();
    CALL(statement, BindCol, 1, 4711, &small, 0, nullptr);
    CALL(statement, BindCol, 1, SQL_C_CHAR, &small, -4, nullptr);
    CALL(statement, BindCol, 9, SQL_C_SSHORT, &small, 0, nullptr);
    statement.execute("SELECT 1");
    CALL(statement, Fetch);
}

}  // namespace conformance
