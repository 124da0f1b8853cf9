// Fetching, getting data, describing results, positioned operations.
#include "player.h"
#include "values.h"

namespace fuzz::moves {

using conformance::name_of_return;
using conformance::Out;
using conformance::say;
using conformance::shown_bytes;

void fetch(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    player.did(statement, "SQLFetch", SQLFetch(statement.handle));
}

void fetch_scroll(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    const auto direction = random.pick<SQLSMALLINT>({SQL_FETCH_NEXT, SQL_FETCH_NEXT, SQL_FETCH_FIRST,
                                                     SQL_FETCH_LAST, SQL_FETCH_PRIOR, SQL_FETCH_ABSOLUTE,
                                                     SQL_FETCH_RELATIVE, SQL_FETCH_BOOKMARK, 99});
    const auto offset = random.pick<SQLLEN>({1, 2, 3, 0, -1, -2, 100});
    player.did(statement, "SQLFetchScroll " + std::to_string(direction) + " " + std::to_string(offset),
               SQLFetchScroll(statement.handle, direction, offset));
}

void extended_fetch(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    const auto direction = random.pick<SQLUSMALLINT>({SQL_FETCH_NEXT, SQL_FETCH_FIRST, SQL_FETCH_ABSOLUTE});
    // When it fails, psqlodbc gives what was on the stack.
    SQLULEN rows = 77;
    auto* status = static_cast<SQLUSMALLINT*>(player.memory.array(statement.number, 0));
    const SQLRETURN result = player.did(statement, "SQLExtendedFetch " + std::to_string(direction),
                                        SQLExtendedFetch(statement.handle, direction, 1, &rows, status));
    if (SQL_SUCCEEDED(result)) say("    %lu rows", rows);
}

void fetch_everything(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    SQLSMALLINT columns = -1;
    player.did(statement, "SQLNumResultCols", SQLNumResultCols(statement.handle, &columns));
    say("    %d", columns);
    constexpr int kMost = 20;
    for (int row = 0; row < kMost; ++row) {
        const SQLRETURN result = SQLFetch(statement.handle);
        if (result != SQL_SUCCESS) player.did(statement, "SQLFetch of all", result);
        if (!SQL_SUCCEEDED(result)) return;
        std::string line = "    ";
        for (int column = 1; column <= columns; ++column) {
            unsigned char text[200] = {};
            SQLLEN length = -77;
            const SQLRETURN got = SQLGetData(statement.handle, static_cast<SQLUSMALLINT>(column), SQL_C_CHAR,
                                             text, sizeof(text), &length);
            line += got == SQL_SUCCESS ? "" : name_of_return(got) + " ";
            line += reinterpret_cast<char*>(text) + (" (" + std::to_string(length)) + ") | ";
        }
        say("%s", line.c_str());
    }
    player.memory.show_changes();
}

void get_data(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    const auto column = static_cast<SQLUSMALLINT>(random.pick({1, 1, 2, 2, 3, 4, 0, 9, 65535}));
    const SQLSMALLINT type = random.percent(50)
                                 ? random.pick<SQLSMALLINT>({SQL_C_CHAR, SQL_C_WCHAR, SQL_C_BINARY})
                                 : random.pick(kCTypes);
    const auto length = random.pick<SQLLEN>({40, 40, 7, 400, 4000, 2, 1, 0, -1});
    unsigned char* buffer = random.percent(3) ? nullptr : player.memory.slot(statement.number, kPieces);
    const int pieces = random.pick({1, 1, 2, 3});
    for (int piece = 0; piece < pieces; ++piece) {
        SQLLEN indicator = -77;
        SQLLEN* indicated = random.percent(5) ? nullptr : &indicator;
        const SQLRETURN result =
            player.did(statement,
                       "SQLGetData " + std::to_string(column) + " type " + std::to_string(type) + " " +
                           std::to_string(length) + (buffer ? "" : " no buffer"),
                       SQLGetData(statement.handle, column, type, buffer, length, indicated));
        say("    indicator %ld", indicator);
        if (!SQL_SUCCEEDED(result)) return;
    }
}

void describe_result(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    SQLLEN rows = -77;
    player.did(statement, "SQLRowCount", SQLRowCount(statement.handle, &rows));
    SQLSMALLINT columns = -77;
    player.did(statement, "SQLNumResultCols", SQLNumResultCols(statement.handle, &columns));
    say("    rows %ld columns %d", rows, columns);
    if (random.percent(40)) return;
    const bool wide = player.wide(random);
    const auto column = static_cast<SQLUSMALLINT>(random.pick({1, 1, 2, 3, 0, 20}));
    Out name(player.room(wide, random.pick<std::size_t>({40, 40, 3, 1, 0})), wide);
    SQLSMALLINT length = -77;
    SQLSMALLINT type = -77;
    SQLULEN size = 77;
    SQLSMALLINT digits = -77;
    SQLSMALLINT nullable = -77;
    player.did(statement, "SQLDescribeCol " + std::to_string(column),
               EITHER(wide, DescribeCol, statement.handle, column, name, name.characters(), &length, &type,
                      &size, &digits, &nullable));
    say("    %s (%d) type %d size %lu digits %d nullable %d", name.shown().c_str(), length, type, size,
        digits, nullable);
}

void column_attribute(Player& player, Random& random) {
    static constexpr SQLUSMALLINT kFields[] = {SQL_DESC_AUTO_UNIQUE_VALUE,
                                               SQL_DESC_BASE_COLUMN_NAME,
                                               SQL_DESC_BASE_TABLE_NAME,
                                               SQL_DESC_CASE_SENSITIVE,
                                               SQL_DESC_CATALOG_NAME,
                                               SQL_DESC_CONCISE_TYPE,
                                               SQL_DESC_COUNT,
                                               SQL_DESC_DISPLAY_SIZE,
                                               SQL_DESC_FIXED_PREC_SCALE,
                                               SQL_DESC_LABEL,
                                               SQL_DESC_LENGTH,
                                               SQL_DESC_LITERAL_PREFIX,
                                               SQL_DESC_LITERAL_SUFFIX,
                                               SQL_DESC_LOCAL_TYPE_NAME,
                                               SQL_DESC_NAME,
                                               SQL_DESC_NULLABLE,
                                               SQL_DESC_NUM_PREC_RADIX,
                                               SQL_DESC_OCTET_LENGTH,
                                               SQL_DESC_PRECISION,
                                               SQL_DESC_SCALE,
                                               SQL_DESC_SCHEMA_NAME,
                                               SQL_DESC_SEARCHABLE,
                                               SQL_DESC_TABLE_NAME,
                                               SQL_DESC_TYPE,
                                               SQL_DESC_TYPE_NAME,
                                               SQL_DESC_UNNAMED,
                                               SQL_DESC_UNSIGNED,
                                               SQL_DESC_UPDATABLE,
                                               SQL_COLUMN_LENGTH,
                                               SQL_COLUMN_PRECISION,
                                               SQL_COLUMN_SCALE,
                                               SQL_COLUMN_NAME,
                                               SQL_COLUMN_COUNT,
                                               1212,
                                               4711};
    const StatementHandle& statement = player.statement(random);
    const bool wide = player.wide(random);
    const auto column = static_cast<SQLUSMALLINT>(random.pick({1, 1, 2, 3, 0, 20}));
    const SQLUSMALLINT field = random.pick(kFields);
    Out text(player.room(wide, random.pick<std::size_t>({40, 40, 3, 1, 0})), wide);
    SQLSMALLINT length = -77;
    SQLLEN value = -77;
    player.did(statement, "SQLColAttribute " + std::to_string(column) + " field " + std::to_string(field),
               EITHER(wide, ColAttribute, statement.handle, column, field, text.data(), text.bytes(), &length,
                      &value));
    say("    %s (%d) %ld", text.shown().c_str(), length, value);
}

void set_position(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    const auto row = static_cast<SQLSETPOSIROW>(random.pick({1, 1, 2, 0, 9}));
    const auto operation = random.pick<SQLUSMALLINT>(
        {SQL_POSITION, SQL_POSITION, SQL_REFRESH, SQL_UPDATE, SQL_DELETE, SQL_ADD, 99});
    const auto lock =
        random.pick<SQLUSMALLINT>({SQL_LOCK_NO_CHANGE, SQL_LOCK_NO_CHANGE, SQL_LOCK_EXCLUSIVE, 99});
    player.did(
        statement,
        "SQLSetPos " + std::to_string(row) + " " + std::to_string(operation) + " " + std::to_string(lock),
        SQLSetPos(statement.handle, row, operation, lock));
}

void bulk(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    const auto operation = random.pick<SQLSMALLINT>(
        {SQL_ADD, SQL_ADD, SQL_UPDATE_BY_BOOKMARK, SQL_DELETE_BY_BOOKMARK, SQL_FETCH_BY_BOOKMARK, 99});
    player.did(statement, "SQLBulkOperations " + std::to_string(operation),
               SQLBulkOperations(statement.handle, operation));
}

}  // namespace fuzz::moves
