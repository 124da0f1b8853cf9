// Catalog functions with names, patterns, nulls, special forms and wrong arguments.
#include "application.h"

namespace conformance {

namespace {

// The rows, with numbers that the server gave away (object identifiers) made equal.
void show_catalog(const Statement& statement, int most = 40) {
    SQLSMALLINT count = 0;
    if (!SQL_SUCCEEDED(CALL(statement, NumResultCols, &count)) || count == 0) return;
    std::string identifiers(static_cast<std::size_t>(count) + 1, ' ');
    std::string head;
    for (SQLUSMALLINT column = 1; static_cast<SQLSMALLINT>(column) <= count; ++column) {
        Out name = statement.out(60);
        SQLSMALLINT length = -1;
        SQLSMALLINT type = -99;
        SQLULEN size = 77;
        if (statement.wide())
            SQLDescribeColW(statement.handle(), column, name, name.characters(), &length, &type, &size,
                            nullptr, nullptr);
        else
            SQLDescribeCol(statement.handle(), column, name, name.characters(), &length, &type, &size,
                           nullptr, nullptr);
        const std::string text = name.text();
        if (text.find("OID") != std::string::npos || text.find("oid") != std::string::npos)
            identifiers[column] = 'o';
        head += " " + text + ":" + std::to_string(type) + "(" + std::to_string(size) + ")";
    }
    say("   %s", head.c_str());
    for (int row = 0; row < most; ++row) {
        const SQLRETURN fetched = SQLFetch(statement.handle());
        if (fetched != SQL_SUCCESS) {
            statement.did("SQLFetch()", fetched);
            return;
        }
        std::string line;
        for (SQLUSMALLINT column = 1; static_cast<SQLSMALLINT>(column) <= count; ++column) {
            Out value(200, statement.wide());
            SQLLEN indicator = -77;
            SQLGetData(statement.handle(), column, statement.wide() ? SQL_C_WCHAR : SQL_C_CHAR, value.data(),
                       value.bytes(), &indicator);
            line += " | " + (indicator == SQL_NULL_DATA   ? std::string("NULL")
                             : identifiers[column] == 'o' ? "<oid:" + value.text() + ">"
                                                          : value.text());
        }
        say("   %s", line.c_str());
    }
}

#define SHOWN(Function, ...)                \
    TEXT(statement, Function, __VA_ARGS__); \
    show_catalog(statement);                \
    SQLFreeStmt(statement.handle(), SQL_CLOSE)

void all(const Statement& statement) {
    In schema("conformance");
    In table("item");
    In percent("%");
    SHOWN(Tables, nullptr, 0, schema, SQL_NTS, nullptr, 0, nullptr, 0);
    SHOWN(Tables, nullptr, 0, schema, SQL_NTS, In("it%"), SQL_NTS, In("TABLE"), SQL_NTS);
    SHOWN(Tables, nullptr, 0, schema, SQL_NTS, In("item garbage"), 4, In("'TABLE','VIEW'"), SQL_NTS);
    SHOWN(Tables, nullptr, 0, schema, SQL_NTS, In("i_em"), SQL_NTS, In("VIEW"), SQL_NTS);
    SHOWN(Tables, In(""), 0, In(""), 0, In(""), 0, percent, SQL_NTS);
    SHOWN(Tables, percent, SQL_NTS, In(""), 0, In(""), 0, In(""), 0);
    SHOWN(Tables, In(""), 0, percent, SQL_NTS, In(""), 0, In(""), 0);
    SHOWN(Tables, nullptr, 0, schema, -9, nullptr, 0, nullptr, 0);
    SHOWN(Tables, In("other_database"), SQL_NTS, schema, SQL_NTS, nullptr, 0, nullptr, 0);
    SHOWN(Columns, nullptr, 0, schema, SQL_NTS, table, SQL_NTS, nullptr, 0);
    SHOWN(Columns, nullptr, 0, schema, SQL_NTS, percent, SQL_NTS, In("na%"), SQL_NTS);
    SHOWN(Columns, nullptr, 0, schema, SQL_NTS, In("ITEM"), SQL_NTS, nullptr, 0);
    SHOWN(Columns, nullptr, 0, schema, SQL_NTS, table, -9, nullptr, 0);
    SHOWN(PrimaryKeys, nullptr, 0, schema, SQL_NTS, table, SQL_NTS);
    SHOWN(PrimaryKeys, nullptr, 0, schema, SQL_NTS, In("part"), SQL_NTS);
    SHOWN(PrimaryKeys, nullptr, 0, schema, SQL_NTS, nullptr, 0);
    SHOWN(ForeignKeys, nullptr, 0, schema, SQL_NTS, table, SQL_NTS, nullptr, 0, nullptr, 0, nullptr, 0);
    SHOWN(ForeignKeys, nullptr, 0, nullptr, 0, nullptr, 0, nullptr, 0, schema, SQL_NTS, In("part"), SQL_NTS);
    SHOWN(ForeignKeys, nullptr, 0, nullptr, 0, nullptr, 0, nullptr, 0, nullptr, 0, nullptr, 0);
    SHOWN(Statistics, nullptr, 0, schema, SQL_NTS, In("part"), SQL_NTS, SQL_INDEX_ALL, SQL_QUICK);
    SHOWN(Statistics, nullptr, 0, schema, SQL_NTS, In("part"), SQL_NTS, SQL_INDEX_UNIQUE, SQL_ENSURE);
    SHOWN(Statistics, nullptr, 0, schema, SQL_NTS, In("part"), SQL_NTS, 99, 99);
    SHOWN(Statistics, nullptr, 0, schema, SQL_NTS, nullptr, 0, SQL_INDEX_ALL, SQL_QUICK);
    SHOWN(SpecialColumns, SQL_BEST_ROWID, nullptr, 0, schema, SQL_NTS, table, SQL_NTS, SQL_SCOPE_SESSION,
          SQL_NULLABLE);
    SHOWN(SpecialColumns, SQL_ROWVER, nullptr, 0, schema, SQL_NTS, table, SQL_NTS, SQL_SCOPE_CURROW,
          SQL_NO_NULLS);
    SHOWN(SpecialColumns, 99, nullptr, 0, schema, SQL_NTS, table, SQL_NTS, SQL_SCOPE_CURROW, SQL_NO_NULLS);
    SHOWN(SpecialColumns, SQL_ROWVER, nullptr, 0, schema, SQL_NTS, nullptr, 0, 99, 99);
    SHOWN(Procedures, nullptr, 0, schema, SQL_NTS, nullptr, 0);
    SHOWN(ProcedureColumns, nullptr, 0, schema, SQL_NTS, percent, SQL_NTS, nullptr, 0);
    SHOWN(TablePrivileges, nullptr, 0, schema, SQL_NTS, table, SQL_NTS);
    SHOWN(ColumnPrivileges, nullptr, 0, schema, SQL_NTS, table, SQL_NTS, In("id"), SQL_NTS);
    for (const SQLSMALLINT type :
         std::initializer_list<SQLSMALLINT>{SQL_ALL_TYPES, SQL_INTEGER, SQL_VARCHAR, SQL_WVARCHAR,
                                            SQL_TYPE_TIMESTAMP, SQL_TIMESTAMP, SQL_GUID, 4711}) {
        say("type %d", type);
        TEXT(statement, GetTypeInfo, type);
        show_catalog(statement, 100);
        SQLFreeStmt(statement.handle(), SQL_CLOSE);
    }
}

#undef SHOWN

}  // namespace

void catalog(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    connection.connect();
    connection.make_schema();
    connection.run_silently(
        "CREATE VIEW conformance.cheap AS SELECT id, name FROM conformance.item WHERE price < 5");
    connection.run_silently(
        "CREATE FUNCTION conformance.twice(i integer) RETURNS integer LANGUAGE sql AS 'SELECT $1 * 2'");
    let_replica_catch_up();
    const Statement statement(connection);
    statement.did("before", SQL_SUCCESS);
    all(statement);
    say("= names are identifiers");
    CALL(statement, SetStmtAttr, SQL_ATTR_METADATA_ID, number(SQL_TRUE), 0);
    all(statement);
    say("= a table just made");
    connection.run_silently("CREATE TABLE conformance.newest (i integer)");
    TEXT(statement, Columns, nullptr, 0, In("conformance"), SQL_NTS, In("newest"), SQL_NTS, nullptr, 0);
    show_catalog(statement);
    say("= while a result is open, and described");
    TEXT(statement, Columns, nullptr, 0, In("conformance"), SQL_NTS, In("newest"), SQL_NTS, nullptr, 0);
    statement.show_columns();
}

}  // namespace conformance
