#include "state/postgresql_statements.h"

#include "state/stored_text.h"

namespace freshread {

namespace {

// T stands for the table. A mark is a text: writer, sequence (16 digits each) and when it was opened.
//
// `now()` would be the time of the transaction's start; a statement that waited for another is later.
constexpr const char* kLineage =
    "(pg_relation_filenode('T'::regclass)::text || ' ' || extract(epoch from "
    "pg_postmaster_start_time())::text)";

// Base is believed for this statement's snapshot: it only rises while the id stands.
constexpr const char* kHead =
    "WITH head AS MATERIALIZED (SELECT id, position AS base, "
    "greatest(0, extract(epoch from clock_timestamp() - stamp) * 1000)::bigint AS age "
    "FROM T WHERE name = '' AND lineage = LINEAGE)";

// Another's mark is closed in the order in which base changes: an old leader closes nothing.
constexpr const char* kHeadHeld =
    "WITH head AS MATERIALIZED (SELECT id, position AS base, "
    "greatest(0, extract(epoch from clock_timestamp() - stamp) * 1000)::bigint AS age "
    "FROM T WHERE name = '' AND lineage = LINEAGE FOR SHARE)";

constexpr const char* kAnswer = " SELECT head.id, base, age, (head.id = $1)::int";

std::string whole(std::string text, const std::string& table) {
    const auto replace = [&text](const std::string& what, const std::string& with) {
        for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
            text.replace(at, what.size(), with);
    };
    replace("LINEAGE", kLineage);
    replace("'T'", "'" + table + "'");
    replace(" T ", " " + table + " ");
    replace(" T.", " " + table + ".");
    replace("(T.", "(" + table + ".");
    return text;
}

}  // namespace

PostgresqlStatements::PostgresqlStatements(std::uint64_t cluster) {
    const std::string table = "freshread_" + to_stored(cluster);
    const auto statement = [&](const std::string& text) { return whole(text, table); };
    const std::string head = kHead;
    make = "CREATE UNLOGGED TABLE IF NOT EXISTS " + table +
           " (name text COLLATE \"C\" PRIMARY KEY, id text, lineage text, "
           "position text COLLATE \"C\" NOT NULL, stamp timestamptz NOT NULL, marks text[] NOT NULL) "
           "WITH (fillfactor = 70); "
           "CREATE INDEX IF NOT EXISTS " +
           table + "_position ON " + table + " (position) WHERE name <> ''; CREATE INDEX IF NOT EXISTS " +
           table + "_marks ON " + table + " (name) WHERE marks <> '{}'";
    give_birth = statement(
        "INSERT INTO T AS t VALUES ('', $1, LINEAGE, '', clock_timestamp(), '{}') ON CONFLICT (name) DO "
        "UPDATE "
        "SET id = excluded.id, lineage = excluded.lineage, position = '', stamp = clock_timestamp() "
        "WHERE t.lineage IS DISTINCT FROM excluded.lineage");
    look = statement(
        head + kAnswer +
        ", coalesce(e.position, ''), "
        "ceil(coalesce(greatest(0, extract(epoch from e.stamp - clock_timestamp()) * 1000), 0))::bigint, "
        "coalesce(array_to_string(e.marks, ','), '') FROM head LEFT JOIN T e ON e.name = $2 AND head.id = "
        "$1");
    open = statement(
        head +
        ", done AS (INSERT INTO T AS t SELECT $2, NULL, NULL, repeat('0', 24), 'epoch', "
        "ARRAY[$3::text || $4::text || ' ' || clock_timestamp()::text] FROM head WHERE head.id = $1 "
        "ON CONFLICT (name) DO UPDATE SET marks = (SELECT array_agg(m) FROM (SELECT max(m "
        "COLLATE \"C\") AS m "
        "FROM unnest(t.marks || excluded.marks) m GROUP BY left(m, 16)) latest))" +
        kAnswer + " FROM head");
    // What base covers already is left to the sweep.
    const std::string closed =
        "marks = ARRAY(SELECT m FROM unnest(t.marks) m WHERE left(m, 32) <> $3::text || $4::text)";
    close = statement(
        head +
        ", done AS (INSERT INTO T AS t SELECT $2, NULL, NULL, $5::text, "
        "CASE WHEN $6::bigint > 0 THEN clock_timestamp() + $6::bigint * interval '1 ms' ELSE 'epoch' END, "
        "'{}' "
        "FROM head WHERE head.id = $1 ON CONFLICT (name) DO UPDATE SET "
        "position = greatest(t.position, excluded.position), stamp = greatest(t.stamp, excluded.stamp), " +
        closed + ")" + kAnswer + " FROM head");
    settle =
        statement(std::string(kHeadHeld) +
                  ", done AS (UPDATE T AS t SET position = greatest(t.position, $5::text), " + closed +
                  " FROM head WHERE head.id = $1 AND t.name = $2 AND left(base, 8) <= left($5::text, 8) AND "
                  "EXISTS (SELECT 1 FROM unnest(t.marks) m WHERE left(m, 32) = $3::text || $4::text))" +
                  kAnswer + " FROM head");
    base = statement(
        head +
        ", done AS (UPDATE T AS t SET position = $2::text FROM head WHERE t.name = '' AND t.id = $1 AND "
        "head.id = $1 "
        "AND left(t.position, 8) < left($2::text, 8) RETURNING 1)"
        " SELECT head.id, CASE WHEN EXISTS (SELECT FROM done) THEN $2::text ELSE base END, age, (head.id = "
        "$1)::int "
        "FROM head");
    raise =
        statement(head +
                  ", done AS (UPDATE T AS t SET position = $2::text FROM head WHERE t.name = '' AND t.id = "
                  "$1 AND head.id = $1 "
                  "AND left(t.position, 8) = left($2::text, 8) AND t.position < $2::text)" +
                  kAnswer + " FROM head");
    sweep =
        statement(head +
                  ", old AS (SELECT e.name FROM T e, head WHERE head.id = $1 AND base <> '' AND e.name <> '' "
                  "AND e.position <= base AND e.marks = '{}' AND e.stamp <= clock_timestamp() ORDER BY "
                  "e.position LIMIT 1000)"
                  // Once more of the row as it is now, which may have been written since the snapshot.
                  ", done AS (DELETE FROM T t USING old, head WHERE t.name = old.name AND t.position <= base "
                  "AND t.marks = '{}' AND t.stamp <= clock_timestamp())" +
                  kAnswer + " FROM head");
    count = statement(
        head + kAnswer +
        ", (SELECT coalesce(sum(cardinality(e.marks)), 0) FROM T e WHERE e.marks <> '{}' AND e.name <> '') "
        "FROM head");
    marks =
        statement(head +
                  " SELECT head.id, base, age, (head.id = $1)::int, e.name, array_to_string(e.marks, ',') "
                  "FROM head, (SELECT name, marks FROM T WHERE marks <> '{}' AND name <> '' LIMIT 500) e");
}

}  // namespace freshread
