// What is executed: a small grammar of reads, writes, session state, transactions and errors. Rows always
// come in a set order, and nothing depends on a clock, a process or an object id.
#include <string>

#include "player.h"

namespace fuzz {

namespace {

std::string digits(Random& random) {
    return std::to_string(random.below(14));
}

// Moves a read from node to node without waiting for anything. Only for what never changes: a replica asked
// by name may be behind.
std::string hint(Random& random) {
    return random.pick(
        {"", "", "/* freshread leader */ ", "/* freshread replica */ ", "/* freshread replica */ "});
}

std::string condition(Random& random) {
    return random.pick<std::string>({"id = " + digits(random), "id < " + digits(random),
                                     "id > " + digits(random), "id = ?", "id > ?", "name LIKE ?",
                                     "name = 'item " + digits(random) + "'", "price IS NULL", "true",
                                     "id BETWEEN ? AND ?", "ok AND id < 9", "id IN (1, 5, 9)"});
}

std::string read(Random& random) {
    static constexpr const char* kColumns[] = {"id, name",
                                               "id",
                                               "id, name, price, weight",
                                               "*",
                                               "note, id",
                                               "raw, ok, seen, made, id",
                                               "id AS \"the id\", upper(name), price * 2",
                                               "name, {fn length(name)}, id",
                                               "id, id, id"};
    static constexpr const char* kOthers[] = {
        ("SELECT p.item, p.line, p.what, i.name FROM conformance.part p "
         "JOIN conformance.item i ON i.id = p.item ORDER BY 1, 2"),
        "SELECT ?::integer + 1, ?::text",
        "SELECT ?, ?",
        "SELECT repeat('x', 5000), 1",
        "SELECT i FROM generate_series(1, 7) AS i ORDER BY i",
        "SELECT i, repeat('ab', i * 20) FROM generate_series(1, 5) AS i ORDER BY i",
        "SELECT 1 WHERE false",
        "SELECT NULL, 'h\xC3\xA9', 1.5, true, date '2020-02-29'",
        "VALUES (1, 'a'), (2, 'b')",
        "WITH w AS (SELECT id FROM conformance.item WHERE id < 4) SELECT id FROM w ORDER BY id",
        "SELECT max(id), count(*), sum(price) FROM conformance.item",
        "SELECT 1 / (4 - i) FROM generate_series(1, 6) AS i ORDER BY i",
        "SELECT {d '2020-01-02'}, {ts '2020-01-02 03:04:05.678'}, {fn concat('a', 'b')}",
        "SELECT '\\x00ff10'::bytea, 'abc'::char(10), 12345678901234::bigint, 1.25::float4, 7::smallint",
        "EXPLAIN (COSTS OFF) SELECT 1",
        "SHOW datestyle",
        "SELECT current_setting('search_path'), current_setting('extra_float_digits')"};
    if (random.percent(45)) return hint(random) + random.pick(kOthers);
    std::string text = hint(random) + "SELECT " + random.pick(kColumns) + " FROM conformance.item WHERE " +
                       condition(random) + " ORDER BY id";
    if (random.percent(15)) text += " LIMIT 3";
    return text;
}

std::string write(Random& random) {
    switch (random.below(13)) {
        case 0:
        case 1:
            return "INSERT INTO conformance.target (id, name) VALUES (" + digits(random) + ", 'w" +
                   digits(random) + "')";
        case 2:
            return "INSERT INTO conformance.target (id, name) VALUES (?, ?)";
        case 3:
            return "INSERT INTO conformance.target (id, name, raw, big) VALUES (?, ?, ?, ?)";
        case 4:
            return "INSERT INTO conformance.target (id, name) VALUES (" + digits(random) +
                   ", 'twice') ON CONFLICT (id) DO UPDATE SET name = 'again'";
        case 5:
            return "INSERT INTO conformance.target (id, big) VALUES (" + digits(random) +
                   ", ?) RETURNING id, name, big";
        case 6:
            return "UPDATE conformance.target SET name = ? WHERE id = ?";
        case 7:
            return "UPDATE conformance.target SET name = name || '+' WHERE id < " + digits(random);
        case 8:
            return "UPDATE conformance.target SET name = 'none' WHERE false";
        case 9:
            return "DELETE FROM conformance.target WHERE id = " + digits(random);
        case 10:
            return "DELETE FROM conformance.target WHERE id > ?";
        case 11:
            return "UPDATE conformance.target SET name = 'positioned' WHERE CURRENT OF " +
                   random.pick<std::string>({"mine", "cursor1"});
        default:
            return "DELETE FROM conformance.target WHERE CURRENT OF mine";
    }
}

// What was written, read back.
std::string own_read(Random& random) {
    static constexpr const char* kTexts[] = {
        "SELECT id, name, raw, big FROM conformance.target ORDER BY id",
        "SELECT id, name FROM conformance.target ORDER BY id",
        "SELECT id, name FROM conformance.target WHERE id > ? ORDER BY id",
        "SELECT count(*) FROM conformance.target",
        "SELECT id, name FROM conformance.target ORDER BY id FOR UPDATE",
        "SELECT nextval('conformance.numbers')",
        "SELECT a, b FROM scratch ORDER BY a"};
    return random.pick(kTexts);
}

std::string transaction(Random& random) {
    return random.pick({"BEGIN", "BEGIN", "COMMIT", "COMMIT", "ROLLBACK", "SAVEPOINT a", "ROLLBACK TO a",
                        "RELEASE a", "START TRANSACTION ISOLATION LEVEL REPEATABLE READ", "BEGIN READ ONLY",
                        "COMMIT AND CHAIN", "BEGIN ISOLATION LEVEL SERIALIZABLE", "SET TRANSACTION READ ONLY",
                        "END", "ABORT"});
}

std::string session(Random& random) {
    static constexpr const char* kTexts[] = {
        "SET search_path TO conformance, public",
        "SET datestyle TO 'ISO, DMY'",
        "SET extra_float_digits = 0",
        "set application_name to 'fuzz'",
        "SET LOCAL datestyle TO 'German'",
        "RESET extra_float_digits",
        "RESET search_path",
        "SET bytea_output = 'escape'",
        "SET TIME ZONE 'UTC'",
        "SET no.such TO 1",
        "SET no_such TO 1",
        "SELECT set_config('extra_float_digits', '1', false)",
        "CREATE TEMP TABLE scratch (a integer, b text)",
        "INSERT INTO scratch VALUES (1, 'one'), (2, 'two')",
        "INSERT INTO scratch VALUES (?, ?)",
        "DROP TABLE scratch",
        "PREPARE q AS SELECT id FROM conformance.item WHERE id < 4 ORDER BY id",
        "EXECUTE q",
        "DEALLOCATE q",
        "DECLARE c CURSOR FOR SELECT id FROM conformance.item ORDER BY id",
        "FETCH 2 FROM c",
        "CLOSE c",
        "LISTEN somebody",
        "UNLISTEN *",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE"};
    return random.pick(kTexts);
}

std::string odd(Random& random) {
    static constexpr const char* kTexts[] = {
        "",
        " ",
        ";",
        "-- nothing",
        "SELEC 1",
        "SELECT wrong FROM nowhere",
        "SELECT 1 / 0",
        "SELECT 'not ended",
        "SELECT",
        "INSERT INTO conformance.target VALUES (1, 'a', 'b')",
        "INSERT INTO conformance.target (id) VALUES ('abc')",
        "SELECT * FROM conformance.item WHERE id = 'x'",
        "SELECT 1; SELECT 2, 3",
        ("SELECT id FROM conformance.item WHERE id < 3 ORDER BY id; "
         "SELECT name FROM conformance.item WHERE id = 2"),
        "INSERT INTO conformance.target (id) VALUES (40); SELECT count(*) FROM conformance.target",
        "SELECT 1; SELECT wrong; SELECT 3",
        "DELETE FROM conformance.target WHERE id = 40; UPDATE conformance.target SET name = 'u' WHERE id = 1",
        "SELECT ?; SELECT ?",
        "DO $$ BEGIN RAISE NOTICE 'noticed'; END $$",
        "DO $$ BEGIN RAISE WARNING 'warned'; END $$",
        ("DO $$ BEGIN RAISE EXCEPTION 'raised' "
         "USING ERRCODE = 'ZZ001', DETAIL = 'detail', HINT = 'hint'; END $$"),
        "CREATE TABLE conformance.item (id integer)",
        "DROP TABLE IF EXISTS conformance.never_there",
        "{call conformance.twice(?)}",
        "{? = call conformance.twice(?)}",
        "{call conformance.twice(3)}",
        "SELECT conformance.twice(?)",
        "SELECT * FROM conformance.several(4)",
        "CALL conformance.swap(?, ?)",
        "{call conformance.swap(?, ?)}",
        "{call conformance.no_such(1)}",
        "SELECT ?::no_such_type",
        "SELECT $1",
        "SELECT {fn no_such_function(1)}",
        "SELECT {bad escape}",
        "(((SELECT 1)))",
        "SELECT 1 -- a comment",
        "/* before */ SELECT 1",
        "SELECT pg_advisory_lock(1), pg_advisory_unlock(1)",
        "SELECT lastval()",
        "TABLE conformance.part ORDER BY item, line",
        "EXPLAIN (COSTS OFF) DELETE FROM conformance.target"};
    return random.pick(kTexts);
}

}  // namespace

std::string sentence(Random& random) {
    const int kind = random.below(100);
    if (kind < 38) return read(random);
    if (kind < 58) return write(random);
    if (kind < 68) return own_read(random);
    if (kind < 74) return transaction(random);
    if (kind < 82) return session(random);
    return odd(random);
}

}  // namespace fuzz
