// Preparing and executing, right and wrong.
#include "application.h"

namespace conformance {

void executing(const Run& run) {
    const Environment environment(run);
    const Connection connection(environment, run);
    connection.connect();
    connection.make_schema();
    const Statement statement(connection);
    SQLLEN rows = -77;
    const auto row_count = [&] {
        rows = -77;
        CALL(statement, RowCount, &rows);
        say("    row count %ld", rows);
    };
    statement.execute(
        "SELECT id, name, price, weight, made, seen, ok, raw, note FROM conformance.item ORDER BY id");
    row_count();
    statement.show_columns();
    statement.show_rows();
    statement.close();
    for (const char* sql :
         {"INSERT INTO conformance.target (id, name) VALUES (1, 'one'), (2, 'two')",
          "UPDATE conformance.target SET name = name || '!'",
          "UPDATE conformance.target SET name = 'x' WHERE id = 99",
          "DELETE FROM conformance.target WHERE id = 99",
          "DELETE FROM conformance.target WHERE id = 1",
          "INSERT INTO conformance.target (id, name) VALUES (3, 'three') RETURNING id, name",
          "CREATE TABLE conformance.made (i integer)",
          "CREATE TABLE conformance.made (i integer)",
          "CREATE TABLE IF NOT EXISTS conformance.made (i integer)",
          "DROP TABLE conformance.made",
          "SELECT * FROM conformance.made",
          "SELEC 1",
          "SELECT 1/0",
          "SELECT 1/(id-5) FROM conformance.item ORDER BY id",
          "INSERT INTO conformance.target (id, name) VALUES (3, 'again')",
          "INSERT INTO conformance.part VALUES (99, 1, 'no parent')",
          "INSERT INTO conformance.item (id) VALUES (77)",
          "SELECT 'a'::integer",
          "INSERT INTO conformance.target (id, name) VALUES (4, repeat('x', 41))",
          "",
          ";",
          "-- nothing",
          "/* nothing */",
          "SELECT 1; SELECT 2",
          "SELECT",
          "VALUES (1, 'a'), (2, 'b')",
          "TABLE conformance.part",
          "WITH t AS (SELECT 5 AS five) SELECT * FROM t",
          "SHOW server_encoding",
          "EXPLAIN (COSTS OFF) SELECT 1",
          "SET search_path TO conformance, public",
          "SELECT count(*) FROM item",
          "RESET search_path",
          "SELECT count(*) FROM item",
          "DO $$ BEGIN RAISE NOTICE 'told %', 5; RAISE WARNING 'warned'; END $$",
          "SELECT {fn UCASE('abc')}, {d '2020-01-02'}, {ts '2020-01-02 03:04:05'}, {fn CONCAT('a','b')}",
          "SELECT '?', \"id\" FROM conformance.item WHERE id = 1",
          "SELECT U&'\\00e9', E'\\u00e9', 'caf\xc3\xa9'",
          "SELECT * FROM conformance.item WHERE false",
          "SELECT NULL",
          "SELECT ?",
          "SELECT id FROM conformance.item FOR UPDATE",
          "LOCK TABLE conformance.item",
          "SELECT pg_advisory_lock(5), pg_advisory_unlock(5)",
          "NOTIFY somebody",
          "LISTEN somebody",
          "SELECT txid_current() > 0",
          "SELECT current_setting('no.such')"}) {
        statement.execute(sql);
        row_count();
        statement.show_columns();
        statement.show_rows();
        statement.close();
    }
    say("= lengths and nulls");
    const In text("SELECT 1 -- behind");
    CALL(statement, FreeStmt, SQL_CLOSE);
    TEXT(statement, ExecDirect, In("SELECT 1 garbage garbage"), 8);
    statement.show_rows();
    statement.close();
    TEXT(statement, ExecDirect, nullptr, SQL_NTS);
    TEXT(statement, ExecDirect, nullptr, 5);
    TEXT(statement, ExecDirect, In("SELECT 1"), -9);
    TEXT(statement, ExecDirect, In("SELECT 1"), 0);
    TEXT(statement, Prepare, nullptr, SQL_NTS);
    TEXT(statement, Prepare, In("SELECT 1"), -9);
    TEXT(statement, Prepare, In("SELECT 1"), 0);

    say("= prepared");
    statement.prepare("SELECT id, name FROM conformance.item WHERE id < 4 ORDER BY id");
    statement.show_columns();
    for (int i = 0; i < 3; ++i) {
        CALL(statement, Execute);
        row_count();
        statement.show_rows();
        statement.close();
    }
    CALL(statement, Execute);
    CALL(statement, Execute);
    statement.close();
    for (const char* sql :
         {"SELECT wrong FROM conformance.item", "SELEC", "",
          "INSERT INTO conformance.target (id) VALUES (50)", "UPDATE conformance.target SET name = 'y'",
          "SELECT * FROM conformance.target WHERE id = 50"}) {
        statement.prepare(sql);
        statement.show_columns();
        CALL(statement, Execute);
        row_count();
        statement.show_rows();
        statement.close();
        CALL(statement, Execute);
        row_count();
        statement.close();
    }
    say("= direct between prepared executions");
    statement.prepare("SELECT 'prepared'");
    statement.execute("SELECT 'direct'");
    statement.close();
    CALL(statement, Execute);
    statement.show_rows();
}

}  // namespace conformance
