// SQLGetData: every C type, in pieces, buffers too small, columns out of order.
#include "application.h"

namespace conformance {

namespace {

void in_pieces(const Statement& statement, SQLUSMALLINT column, SQLSMALLINT c_type, std::size_t room) {
    say("= column %u as %d in pieces of %zu", column, c_type, room);
    for (int i = 0; i < 12; ++i) {
        Out piece(room, false);
        SQLLEN indicator = -77;
        const SQLRETURN result =
            CALL(statement, GetData, column, c_type, piece.data(), static_cast<SQLLEN>(room), &indicator);
        say("    %s (%ld)", piece.shown().c_str(), indicator);
        if (result != SQL_SUCCESS_WITH_INFO) break;
    }
}

constexpr const char* kQuery =
    "SELECT id, name, price, weight, made, seen, ok, raw, note, 'caf\xc3\xa9 au lait'::text, "
    "'13:14:15'::time, "
    "'1 day'::interval, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, ''::text, NULL::text, "
    "12345678901::bigint "
    "FROM conformance.item WHERE id = 7";

}  // namespace

void getting_data(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    connection.connect();
    connection.make_schema();
    const Statement statement(connection);
    constexpr SQLUSMALLINT kColumns = 16;
    for (const SQLSMALLINT c_type : std::initializer_list<SQLSMALLINT>{SQL_C_CHAR,
                                                                       SQL_C_WCHAR,
                                                                       SQL_C_BINARY,
                                                                       SQL_C_SLONG,
                                                                       SQL_C_ULONG,
                                                                       SQL_C_SSHORT,
                                                                       SQL_C_STINYINT,
                                                                       SQL_C_SBIGINT,
                                                                       SQL_C_UBIGINT,
                                                                       SQL_C_BIT,
                                                                       SQL_C_DOUBLE,
                                                                       SQL_C_FLOAT,
                                                                       SQL_C_NUMERIC,
                                                                       SQL_C_TYPE_DATE,
                                                                       SQL_C_TYPE_TIME,
                                                                       SQL_C_TYPE_TIMESTAMP,
                                                                       SQL_C_DATE,
                                                                       SQL_C_TIMESTAMP,
                                                                       SQL_C_GUID,
                                                                       SQL_C_INTERVAL_DAY,
                                                                       SQL_C_DEFAULT,
                                                                       SQL_ARD_TYPE,
                                                                       4711}) {
        statement.execute(kQuery);
        CALL(statement, Fetch);
        for (SQLUSMALLINT column = 1; column <= kColumns; ++column) {
            Out value(64, false);
            SQLLEN indicator = -77;
            say("column %u as %d", column, c_type);
            CALL(statement, GetData, column, c_type, value.data(), 64, &indicator);
            say("    %s (%ld)", value.shown().c_str(), indicator);
        }
        statement.close();
    }
    for (const SQLSMALLINT c_type :
         std::initializer_list<SQLSMALLINT>{SQL_C_CHAR, SQL_C_WCHAR, SQL_C_BINARY}) {
        for (const std::size_t room : {1U, 2U, 3U, 4U, 7U, 10U}) {
            statement.execute(kQuery);
            CALL(statement, Fetch);
            for (const SQLUSMALLINT column : std::initializer_list<SQLUSMALLINT>{2, 8, 9, 10, 14, 15})
                in_pieces(statement, column, c_type, room);
            statement.close();
        }
    }
    say("= out of order, twice, changing the type between pieces");
    statement.execute(kQuery);
    Out value(20, false);
    SQLLEN indicator = -77;
    CALL(statement, GetData, 1, SQL_C_CHAR, value.data(), 20, &indicator);
    CALL(statement, Fetch);
    for (const SQLUSMALLINT column : std::initializer_list<SQLUSMALLINT>{9, 2, 9, 2, 2, 0, 99}) {
        value.refill();
        CALL(statement, GetData, column, SQL_C_CHAR, value.data(), 5, &indicator);
        say("    column %u %s (%ld)", column, value.shown().c_str(), indicator);
    }
    CALL(statement, GetData, 9, SQL_C_WCHAR, value.data(), 6, &indicator);
    say("    %s (%ld)", value.shown().c_str(), indicator);
    CALL(statement, GetData, 9, SQL_C_BINARY, value.data(), 6, &indicator);
    CALL(statement, GetData, 1, SQL_C_SLONG, nullptr, 4, &indicator);
    CALL(statement, GetData, 1, SQL_C_CHAR, value.data(), -4, &indicator);
    CALL(statement, GetData, 2, SQL_C_CHAR, value.data(), 0, &indicator);
    CALL(statement, GetData, 15, SQL_C_CHAR, value.data(), 20, nullptr);
    CALL(statement, GetData, 1, SQL_C_SLONG, value.data(), 4, nullptr);
    CALL(statement, Fetch);
    CALL(statement, GetData, 1, SQL_C_CHAR, value.data(), 20, &indicator);
    statement.close();
    CALL(statement, GetData, 1, SQL_C_CHAR, value.data(), 20, &indicator);
    say("= on a bound column and of a row array");
    SQLINTEGER ids[3] = {};
    CALL(statement, SetStmtAttr, SQL_ATTR_ROW_ARRAY_SIZE, number(3), 0);
    CALL(statement, SetStmtAttr, SQL_ATTR_CURSOR_TYPE, number(SQL_CURSOR_STATIC), 0);
    CALL(statement, BindCol, 1, SQL_C_SLONG, ids, 0, nullptr);
    statement.execute("SELECT id, name FROM conformance.item ORDER BY id");
    CALL(statement, FetchScroll, SQL_FETCH_NEXT, 0);
    CALL(statement, GetData, 1, SQL_C_CHAR, value.data(), 20, &indicator);
    value.refill();
    CALL(statement, GetData, 2, SQL_C_CHAR, value.data(), 20, &indicator);
    say("    %s (%ld)", value.shown().c_str(), indicator);
    CALL(statement, SetPos, 3, SQL_POSITION, SQL_LOCK_NO_CHANGE);
    value.refill();
    CALL(statement, GetData, 2, SQL_C_CHAR, value.data(), 20, &indicator);
    say("    %s (%ld)", value.shown().c_str(), indicator);
}

}  // namespace conformance
