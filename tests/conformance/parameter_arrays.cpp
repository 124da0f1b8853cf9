// Arrays of parameters: by column, by row, with offsets, with rows left out and rows that fail.
#include <cstring>

#include "application.h"

namespace conformance {

namespace {

constexpr std::size_t kSets = 5;

struct Outcome {
    SQLUSMALLINT status[kSets];
    SQLULEN processed;
};

void watch(const Statement& statement, Outcome& outcome, SQLULEN sets) {
    for (SQLUSMALLINT& status : outcome.status) status = 77;
    outcome.processed = 77;
    CALL(statement, SetStmtAttr, SQL_ATTR_PARAMSET_SIZE, number(static_cast<std::intptr_t>(sets)), 0);
    CALL(statement, SetStmtAttr, SQL_ATTR_PARAM_STATUS_PTR, outcome.status, 0);
    CALL(statement, SetStmtAttr, SQL_ATTR_PARAMS_PROCESSED_PTR, &outcome.processed, 0);
}

void show(const Statement& statement, Outcome& outcome) {
    say("    processed %lu status %u %u %u %u %u", outcome.processed, outcome.status[0], outcome.status[1],
        outcome.status[2], outcome.status[3], outcome.status[4]);
    for (SQLUSMALLINT& status : outcome.status) status = 77;
    outcome.processed = 77;
    for (int i = 0; i < 8; ++i) {
        SQLLEN rows = -77;
        CALL(statement, RowCount, &rows);
        say("    row count %ld", rows);
        if (CALL(statement, MoreResults) != SQL_SUCCESS) break;
    }
    statement.close();
}

void show_target(const Connection& connection) {
    const Statement statement(connection);
    statement.execute("SELECT id, name FROM conformance.target ORDER BY id");
    statement.show_rows();
    statement.close();
    statement.execute("DELETE FROM conformance.target");
}

void by_column(const Connection& connection) {
    say("= by column");
    const Statement statement(connection);
    SQLINTEGER ids[kSets] = {1, 2, 3, 4, 5};
    char names[kSets][12] = {"one", "two", "three", "four", "five"};
    SQLLEN indicators[kSets] = {SQL_NTS, 3, SQL_NULL_DATA, SQL_NTS, SQL_NTS};
    Outcome outcome{};
    watch(statement, outcome, kSets);
    CALL(statement, BindParameter, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, ids, 0, nullptr);
    CALL(statement, BindParameter, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 40, 0, names, 12, indicators);
    statement.execute("INSERT INTO conformance.target (id, name) VALUES (?, ?)");
    show(statement, outcome);
    show_target(connection);
    statement.prepare("INSERT INTO conformance.target (id, name) VALUES (?, ?)");
    CALL(statement, Execute);
    show(statement, outcome);
    show_target(connection);
    say("= rows left out");
    SQLUSMALLINT operations[kSets] = {SQL_PARAM_PROCEED, SQL_PARAM_IGNORE, SQL_PARAM_PROCEED,
                                      SQL_PARAM_IGNORE, SQL_PARAM_PROCEED};
    CALL(statement, SetStmtAttr, SQL_ATTR_PARAM_OPERATION_PTR, operations, 0);
    CALL(statement, Execute);
    show(statement, outcome);
    show_target(connection);
    CALL(statement, SetStmtAttr, SQL_ATTR_PARAM_OPERATION_PTR, nullptr, 0);
    say("= rows that fail");
    ids[3] = 2;
    CALL(statement, Execute);
    show(statement, outcome);
    show_target(connection);
    ids[3] = 4;
    say("= reads");
    statement.execute("SELECT id FROM conformance.item WHERE id = ? AND ? IS NOT NULL");
    for (int i = 0; i < 6; ++i) {
        statement.show_rows();
        if (CALL(statement, MoreResults) != SQL_SUCCESS) break;
    }
    say("    processed %lu", outcome.processed);
    statement.close();
    say("= other sizes");
    for (const SQLULEN size : std::initializer_list<SQLULEN>{0UL, 1UL, 2UL}) {
        watch(statement, outcome, size);
        statement.execute("INSERT INTO conformance.target (id, name) VALUES (?, ?)");
        show(statement, outcome);
        show_target(connection);
    }
}

void by_row(const Connection& connection) {
    say("= by row, with an offset");
    struct Row {
        SQLINTEGER id;
        char name[12];
        SQLLEN indicator;
    };
    Row rows[2 * kSets];
    for (std::size_t i = 0; i < 2 * kSets; ++i)
        rows[i] = {static_cast<SQLINTEGER>(10 + i), "row", i % 2 == 0 ? SQL_NTS : 2};
    const Statement statement(connection);
    Outcome outcome{};
    watch(statement, outcome, kSets);
    CALL(statement, SetStmtAttr, SQL_ATTR_PARAM_BIND_TYPE, number(sizeof(Row)), 0);
    CALL(statement, BindParameter, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &rows[0].id, 0,
         nullptr);
    CALL(statement, BindParameter, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 40, 0, rows[0].name, 12,
         &rows[0].indicator);
    statement.prepare("INSERT INTO conformance.target (id, name) VALUES (?, ?)");
    CALL(statement, Execute);
    show(statement, outcome);
    SQLULEN offset = kSets * sizeof(Row);
    CALL(statement, SetStmtAttr, SQL_ATTR_PARAM_BIND_OFFSET_PTR, &offset, 0);
    CALL(statement, Execute);
    show(statement, outcome);
    show_target(connection);
}

}  // namespace

void parameter_arrays(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    connection.connect();
    connection.make_schema();
    by_column(connection);
    by_row(connection);
    say("= in a transaction");
    connection.set(SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_OFF));
    by_column(connection);
    connection.end(SQL_ROLLBACK);
    by_row(connection);
    connection.end(SQL_COMMIT);
}

}  // namespace conformance
