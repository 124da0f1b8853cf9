// Parameters one by one: every C type, nulls, wrong types, rebinding, procedures, descriptions of parameters.
#include <cstring>

#include "application.h"

namespace conformance {

namespace {

SQLRETURN bind_text(const Statement& statement, SQLUSMALLINT number, Out& buffer, SQLLEN* indicator) {
    return CALL(statement, BindParameter, number, SQL_PARAM_INPUT,
                statement.wide() ? SQL_C_WCHAR : SQL_C_CHAR, SQL_VARCHAR, 40, 0, buffer.data(),
                buffer.bytes(), indicator);
}

void types(const Connection& connection) {
    struct Case {
        SQLSMALLINT c_type;
        SQLSMALLINT sql_type;
        SQLULEN size;
        SQLSMALLINT digits;
        const void* data;
        SQLLEN indicator;
    };
    static const SQLINTEGER whole = -5;
    static const SQLBIGINT large = 1234567890123;
    static const SQLSMALLINT small = 7;
    static const SQLCHAR tiny = 9;
    static const double real = 2.5;
    static const float single = 0.5F;
    static const SQL_DATE_STRUCT date = {2020, 2, 29};
    static const SQL_TIME_STRUCT time = {13, 14, 15};
    static const SQL_TIMESTAMP_STRUCT stamp = {2021, 3, 4, 5, 6, 7, 125000000};
    static const SQL_TIMESTAMP_STRUCT bad_stamp = {2021, 13, 40, 5, 6, 7, 0};
    static const SQL_NUMERIC_STRUCT numeric = {5, 2, 1, {0x39, 0x30}};
    static const SQLCHAR bytes[] = {0, 1, 2, 0xFF};
    static const char text[] = "12.5";
    static const char word[] = "word";
    static const SQLWCHAR wide[] = {'1', '2', '.', '5', 0};
    const Case cases[] = {
        {SQL_C_SLONG, SQL_INTEGER, 0, 0, &whole, 0},
        {SQL_C_ULONG, SQL_INTEGER, 0, 0, &whole, 0},
        {SQL_C_LONG, SQL_VARCHAR, 10, 0, &whole, 0},
        {SQL_C_SBIGINT, SQL_BIGINT, 0, 0, &large, 0},
        {SQL_C_SSHORT, SQL_SMALLINT, 0, 0, &small, 0},
        {SQL_C_UTINYINT, SQL_TINYINT, 0, 0, &tiny, 0},
        {SQL_C_BIT, SQL_BIT, 0, 0, &tiny, 0},
        {SQL_C_DOUBLE, SQL_DOUBLE, 0, 0, &real, 0},
        {SQL_C_FLOAT, SQL_REAL, 0, 0, &single, 0},
        {SQL_C_DOUBLE, SQL_DECIMAL, 10, 2, &real, 0},
        {SQL_C_TYPE_DATE, SQL_TYPE_DATE, 10, 0, &date, 0},
        {SQL_C_TYPE_TIME, SQL_TYPE_TIME, 8, 0, &time, 0},
        {SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, 23, 3, &stamp, 0},
        {SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, 23, 3, &bad_stamp, 0},
        {SQL_C_DATE, SQL_DATE, 10, 0, &date, 0},
        {SQL_C_NUMERIC, SQL_NUMERIC, 5, 2, &numeric, sizeof(numeric)},
        {SQL_C_BINARY, SQL_VARBINARY, 4, 0, bytes, 4},
        {SQL_C_BINARY, SQL_BINARY, 4, 0, bytes, 4},
        {SQL_C_CHAR, SQL_NUMERIC, 5, 2, text, SQL_NTS},
        {SQL_C_CHAR, SQL_VARCHAR, 5, 0, text, 2},
        {SQL_C_CHAR, SQL_INTEGER, 0, 0, word, SQL_NTS},
        {SQL_C_CHAR, SQL_VARCHAR, 0, 0, word, SQL_NTS},
        {SQL_C_CHAR, SQL_LONGVARCHAR, 100, 0, word, SQL_NTS},
        {SQL_C_WCHAR, SQL_WVARCHAR, 5, 0, wide, SQL_NTS},
        {SQL_C_WCHAR, SQL_VARCHAR, 5, 0, wide, 4},
        {SQL_C_DEFAULT, SQL_INTEGER, 0, 0, &whole, 0},
        {SQL_C_CHAR, SQL_VARCHAR, 5, 0, text, SQL_NULL_DATA},
        {SQL_C_CHAR, SQL_VARCHAR, 5, 0, nullptr, SQL_NULL_DATA},
        {SQL_C_CHAR, SQL_GUID, 36, 0, word, SQL_NTS},
        {SQL_C_SLONG, SQL_TYPE_DATE, 10, 0, &whole, 0},
        {4711, SQL_INTEGER, 0, 0, &whole, 0},
        {SQL_C_SLONG, 4711, 0, 0, &whole, 0},
    };
    for (const Case& one : cases) {
        const Statement statement(connection);
        SQLLEN indicator = one.indicator;
        say("= C type %d as %d, indicator %ld", one.c_type, one.sql_type, one.indicator);
        CALL(statement, BindParameter, 1, SQL_PARAM_INPUT, one.c_type, one.sql_type, one.size, one.digits,
             const_cast<void*>(one.data), 8, &indicator);
        statement.execute("SELECT ?, 'x' || ?::text");
        statement.show_columns();
        statement.show_rows();
        statement.close();
        CALL(statement, BindParameter, 2, SQL_PARAM_INPUT, one.c_type, one.sql_type, one.size, one.digits,
             const_cast<void*>(one.data), 8, &indicator);
        statement.execute("SELECT ? AS a, ? AS b");
        statement.show_rows();
    }
}

void prepared(const Connection& connection) {
    const Statement statement(connection);
    statement.prepare("SELECT id, name FROM conformance.item WHERE id > ? AND name LIKE ? ORDER BY id");
    SQLSMALLINT count = -7;
    CALL(statement, NumParams, &count);
    say("    parameters %d", count);
    for (SQLUSMALLINT parameter = 0; parameter < 4; ++parameter) {
        SQLSMALLINT type = -99;
        SQLULEN size = 77;
        SQLSMALLINT digits = -99;
        SQLSMALLINT nullable = -99;
        CALL(statement, DescribeParam, parameter, &type, &size, &digits, &nullable);
        say("    parameter %u type %d size %lu digits %d nullable %d", parameter, type, size, digits,
            nullable);
    }
    CALL(statement, Execute);
    SQLINTEGER id = 8;
    SQLLEN id_indicator = 0;
    Out name = statement.out(40);
    In pattern("item 1%");
    std::memcpy(name.data(),
                statement.wide() ? static_cast<void*>(static_cast<SQLWCHAR*>(pattern))
                                 : static_cast<void*>(static_cast<SQLCHAR*>(pattern)),
                8 * (statement.wide() ? sizeof(SQLWCHAR) : 1));
    SQLLEN name_indicator = SQL_NTS;
    CALL(statement, BindParameter, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &id, 0, &id_indicator);
    CALL(statement, Execute);
    bind_text(statement, 2, name, &name_indicator);
    for (const SQLINTEGER from : {8, 10, 99}) {
        id = from;
        CALL(statement, Execute);
        statement.show_rows();
        statement.close();
    }
    id_indicator = SQL_NULL_DATA;
    CALL(statement, Execute);
    statement.show_rows();
    statement.close();
    say("= reset");
    CALL(statement, FreeStmt, SQL_RESET_PARAMS);
    CALL(statement, Execute);
    CALL(statement, NumParams, &count);
    say("    parameters %d", count);
    say("= bound before prepared");
    id_indicator = 0;
    id = 3;
    CALL(statement, BindParameter, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &id, 0, nullptr);
    statement.prepare("INSERT INTO conformance.target (id, name) VALUES (?, 'inserted')");
    CALL(statement, Execute);
    CALL(statement, Execute);
    id = 4;
    CALL(statement, Execute);
    statement.execute("SELECT id, name FROM conformance.target ORDER BY id");
    statement.show_rows();
    statement.close();
    say("= a write and a read on one statement, with one binding");
    for (id = 5; id < 9; ++id) {
        statement.execute("INSERT INTO conformance.target (id, name) VALUES (?, 'again')");
        statement.execute("SELECT id, name FROM conformance.target WHERE id = ?");
        statement.show_rows();
        statement.close();
    }
}

void arguments(const Connection& connection) {
    const Statement statement(connection);
    SQLINTEGER value = 1;
    CALL(statement, BindParameter, 0, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &value, 0, nullptr);
    CALL(statement, BindParameter, 1, 99, SQL_C_SLONG, SQL_INTEGER, 0, 0, &value, 0, nullptr);
    CALL(statement, BindParameter, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, nullptr, 0, nullptr);
    CALL(statement, BindParameter, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 0, 0, &value, -4, nullptr);
    CALL(statement, NumParams, nullptr);
    SQLSMALLINT count = -1;
    CALL(statement, NumParams, &count);
    CALL(statement, DescribeParam, 1, nullptr, nullptr, nullptr, nullptr);
    statement.execute("SELECT ? + ?");
    CALL(statement, BindParameter, 3, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &value, 0, nullptr);
    statement.execute("SELECT ?");
    statement.execute("SELECT 1");
    statement.show_rows();
    // The other name of SQLBindParameter, and its ODBC 1 form.
    statement.close();
    const Statement older(connection);
    CALL(older, BindParam, 1, SQL_C_SLONG, SQL_INTEGER, 0, 0, &value, nullptr);
    older.execute("SELECT ?");
    older.show_rows();
    older.close();
    CALL(older, SetParam, 1, SQL_C_SLONG, SQL_INTEGER, 0, 0, &value, nullptr);
    older.execute("SELECT ? + 1");
    older.show_rows();
}

void procedures(const Connection& connection) {
    connection.run_silently(
        "CREATE FUNCTION conformance.twice(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1 * 2'");
    connection.run_silently(
        "CREATE FUNCTION conformance.both(a integer, OUT b integer, INOUT c text) LANGUAGE plpgsql AS "
        "'BEGIN b := a + 1; c := c || a; END'");
    connection.run_silently(
        "CREATE PROCEDURE conformance.put(i integer, INOUT o text) LANGUAGE plpgsql AS "
        "'BEGIN INSERT INTO conformance.target (id, name) VALUES (i, o); o := ''put '' || o; END'");
    const Statement statement(connection);
    SQLINTEGER in = 21;
    SQLINTEGER out = -1;
    SQLLEN out_indicator = -77;
    Out text(40, false);
    std::memcpy(text.data(), "text", 5);
    SQLLEN text_indicator = SQL_NTS;
    CALL(statement, BindParameter, 1, SQL_PARAM_OUTPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &out, 0,
         &out_indicator);
    CALL(statement, BindParameter, 2, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &in, 0, nullptr);
    statement.execute("{? = call conformance.twice(?)}");
    say("    out %d indicator %ld", static_cast<int>(out), out_indicator);
    statement.show_rows();
    statement.close();
    CALL(statement, FreeStmt, SQL_RESET_PARAMS);
    out = -1;
    CALL(statement, BindParameter, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &in, 0, nullptr);
    CALL(statement, BindParameter, 2, SQL_PARAM_OUTPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &out, 0,
         &out_indicator);
    CALL(statement, BindParameter, 3, SQL_PARAM_INPUT_OUTPUT, SQL_C_CHAR, SQL_VARCHAR, 40, 0, text.data(), 40,
         &text_indicator);
    statement.execute("{call conformance.both(?, ?, ?)}");
    say("    out %d indicator %ld text %s indicator %ld", static_cast<int>(out), out_indicator,
        text.shown().c_str(), text_indicator);
    statement.close();
    CALL(statement, FreeStmt, SQL_RESET_PARAMS);
    std::memcpy(text.data(), "put", 4);
    text_indicator = SQL_NTS;
    CALL(statement, BindParameter, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &in, 0, nullptr);
    CALL(statement, BindParameter, 2, SQL_PARAM_INPUT_OUTPUT, SQL_C_CHAR, SQL_VARCHAR, 40, 0, text.data(), 40,
         &text_indicator);
    statement.execute("CALL conformance.put(?, ?)");
    say("    text %s indicator %ld", text.shown().c_str(), text_indicator);
    statement.show_rows();
    statement.close();
    CALL(statement, FreeStmt, SQL_RESET_PARAMS);
    statement.execute("SELECT id, name FROM conformance.target WHERE id = 21");
    statement.show_rows();
}

}  // namespace

void parameters(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    connection.connect();
    connection.make_schema();
    types(connection);
    prepared(connection);
    arguments(connection);
    procedures(connection);
}

}  // namespace conformance
