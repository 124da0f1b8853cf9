// What is a Read, and what looks like one and is not.
#include <gtest/gtest.h>

#include "classification.h"

namespace freshread {
namespace {

TEST(ClassifierRead, PlainReadsOfPostgreSql) {
    for (const std::string_view text : {
             "select 1",
             "SELECT a, b AS \"from\" FROM t WHERE x = ? ORDER BY 1 LIMIT 10 OFFSET 5",
             "select * from a, b c, only d, (e join f using (x)) where a.x = b.x",
             "select * from a left join b on a.x = b.x right join c on left(c.y, 1) = 'x'",
             "with x as (select 1), y (a, b) as not materialized (values (1, 2)) select * from x, y",
             "with recursive r as (select 1 union all select n from r) search depth first by n set o table r",
             "values (1, 'a'), (2, 'b')",
             "table t",
             "select * from (table t) x",
             "(select 1) union all (select 2) order by 1",
             "((((select 1))))",
             "select count(*) filter (where x > 0), sum(a) over (partition by b order by c) from t",
             "select percentile_cont(0.5) within group (order by x) from t",
             "select a from t group by cube (a, b), rollup (c), grouping sets ((a), ())",
             "select cast(x as numeric(10, 2)), y::int4, z::timestamp(3) with time zone, w::int[] from t",
             "select date '2020-01-01', interval '1 day', numeric(3, 2) '1.25', double precision '1'",
             "select extract(year from d), substring(s from 1 for 2), position('a' in s), trim(both from s)",
             "select coalesce(a, b), nullif(a, b), greatest(1, 2), current_date, current_timestamp(3) from t",
             "select * from t where a is distinct from b and c like 'x' escape '\\' and d not ilike 'y'",
             "select a at time zone 'UTC', b collate \"C\" from t",
             "select data->'a'->>'b', data @> '{}', data ? 'k', data ?| array['a'] from t",
             "select a operator(pg_catalog.+) b from t",
             "select * from generate_series(1, 10) with ordinality as g (x, n)",
             "select * from json_to_recordset('[]') as x (a int, b text)",
             "select * from rows from (generate_series(1, 2), unnest(array[1])) as r",
             "select * from t tablesample bernoulli (10)",
             "select now(), random(), clock_timestamp(), gen_random_uuid(), pg_sleep(0)",
             "select xmlelement(name foo, xmlattributes(a as b)) from t",
             "select pg_catalog.lower('X'), \"lower\"('X')",
             "select array[1, 2][1], array(select 1), row(1, 2)",
             "select {fn ucase(a)}, {d '2020-01-01'} from {oj a left outer join b on a.x = b.x}",
             "select a from t where b like '%' {escape '\\'}",
             "select 'delete from t', $$ update t $$, \"insert\" -- drop t\n /* drop /* nested */ */",
             "select update, insert from t",
             "select 1;",
             "  ; select 1 ; ; ",
             "\xEF\xBB\xBFselect 1",
             "explain select 1",
             "explain (costs off) select 1",
             "explain (analyze, buffers) select 1",
             "explain analyze verbose select * from t",
             "explain (select 1)",
         }) {
        EXPECT_EQ(postgresql(text), "Read") << text;
    }
}

TEST(ClassifierRead, PlainReadsOfMariaDb) {
    for (const std::string_view text : {
             "SELECT `a b`, \"text\", 'it\\'s' FROM `db`.`t` WHERE x = ?",
             "select straight_join a from t use index (i) where match (a) against ('x' in boolean mode)",
             "select group_concat(distinct a order by b separator ', ') from t",
             "select date_add(now(), interval 1 day), convert(a using utf8mb4), cast(a as signed) from t",
             "select if(a, b, c), replace(a, 'x', 'y'), insert(a, 1, 2, 'x'), left(a, 1) from t",
             "select * from a join b on a.x = b.x left join c using (y) where a.z rlike 'x'",
             "with x as (select 1) select * from x",
             "select a /*! , b */ from t",
             "select 5--1",
             "select a from t # delete from t",
             "select * from information_schema.columns",
             "explain select * from t",
             "describe t",
             "analyze format=json select 1",
             "select a from t partition (p0) limit 1, 2",
         }) {
        EXPECT_EQ(mariadb(text), "Read") << text;
    }
}

TEST(ClassifierRead, PlainReadsOfGenericSql) {
    for (const std::string_view text : {
             "select [a b], \"c\" from t where x = ?",
             "select count(*), upper(a), {fn lcase(b)}, cast(c as varchar(10)) from s.t join u on t.x = u.x",
             "values (1)",
         }) {
        EXPECT_EQ(generic(text), "Read") << text;
    }
}

TEST(ClassifierRead, NothingIsNoRead) {
    for (const std::string_view text : {"", "   ", "-- only", "/* only */", ";", ";;", "\xEF\xBB\xBF"}) {
        const auto found = classify(text, kPostgreSql);
        EXPECT_EQ(found.kind, StatementKind::Unknown) << text;
        EXPECT_EQ(found.statements, 0U) << text;
    }
}

TEST(ClassifierRead, UnbalancedTextIsUnknown) {
    for (const std::string_view text :
         {"select (1", "select 1)", "select 'a", "select \"a", "select (1]", "select a[1", "select /* 1",
          "select $$a", "select {fn abs(1)", "select 1 {", "select case (when", "((select 1)",
          "select (1; select 2)"}) {
        EXPECT_EQ(postgresql(text), "Unknown/UnknownStatement") << text;
    }
}

TEST(ClassifierRead, UnknownTextIsUnknown) {
    for (const std::string_view text :
         {"frobnicate", "42", "'select'", "\"select\" 1", "selec 1", "{d '2020-01-01'}", "select 1 select 2",
          "exec p", "select :x", "from t select 1", "select drop table t", "with x as (select 1)",
          "select 1 union", "select * from (with x as (select 1)) y"}) {
        EXPECT_EQ(postgresql(text), "Unknown/UnknownStatement") << text;
        EXPECT_NE(generic(text).substr(0, 4), "Read") << text;
    }
}

TEST(ClassifierRead, SeveralReadsAreOne) {
    EXPECT_EQ(postgresql("select 1; select 2"), "Read");
    EXPECT_EQ(classify("select 1; select 2", kPostgreSql).statements, 2U);
    EXPECT_EQ(postgresql("select 1; show all"), "Read/NodeDependent");
    for (const std::string_view text :
         {"select 1; delete from t", "delete from t; select 1", "select 1; commit",
          "insert into t values (1); delete from t", "set a = 1; set b = 2", "select f(1); select 2"}) {
        EXPECT_EQ(postgresql(text), "Unknown/SeveralStatements") << text;
        EXPECT_TRUE(classify(text, kPostgreSql).effect_before_commit) << text;
    }
}

TEST(ClassifierRead, AnswersOfTheNodeComeFromTheLeader) {
    for (const std::string_view text :
         {"select pg_is_in_recovery()", "select inet_server_addr()", "select version()",
          "select pg_backend_pid()", "select * from pg_stat_activity", "select * from pg_catalog.pg_locks",
          "select * from PG_SETTINGS", "select current_setting('x')", "show all", "show search_path",
          "select pg_postmaster_start_time()", "select * from pg_sequences",
          "select * from pg_prepared_statements", "select pg_current_wal_lsn()",
          "select * from t, pg_replication_slots", "select txid_current_snapshot()",
          "explain insert into t values (1)", "explain create table t as select 1",
          "select * from \"pg_cursors\""}) {
        EXPECT_EQ(postgresql(text), "Read/NodeDependent") << text;
    }
    for (const std::string_view text :
         {"select @@server_id", "select @a", "select version()", "select connection_id()", "show tables",
          "select * from information_schema.processlist", "select * from performance_schema.threads",
          "explain delete from t", "select * from mysql.user", "select uuid_short()"}) {
        EXPECT_EQ(mariadb(text), "Read/NodeDependent") << text;
    }
}

TEST(ClassifierRead, NamesRelationsAndFunctions) {
    const auto found = classify(
        "with c as (select lower(x) from s.a) select * from c, \"B\" bb left join d on pg_catalog.abs(1) = "
        "1, f(2) g, "
        "(select 1 from e) h where exists (table i)",
        kPostgreSql);
    EXPECT_EQ(found.tables, (Names{"s.a", "c", "\"B\"", "d", "e", "i"}));
    EXPECT_EQ(found.functions, (Names{"lower", "pg_catalog.abs", "f"}));
}

TEST(ClassifierRead, TellsRelationsFromOperands) {
    const auto tables = [](std::string_view text) { return classify(text, kPostgreSql).tables; };
    EXPECT_EQ(tables("select a is distinct from b, extract(year from c), trim(both from d) from t"),
              (Names{"t"}));
    EXPECT_EQ(tables("select 1 from a join b on a.x = b.x left join c on b.x = c.x, d natural join e"),
              (Names{"a", "b", "c", "d", "e"}));
    EXPECT_EQ(tables("select 1 from a x (p, q), b as y, (c join d using (z)) w where v = 1"),
              (Names{"a", "b", "c", "d"}));
    EXPECT_EQ(tables("delete from a using b, c where a.x = b.x"), (Names{"a", "b", "c"}));
    EXPECT_EQ(tables("with r as (select 1) update only a set x = 1 from b"), (Names{"a", "b"}));
    EXPECT_EQ(tables("insert into a (x, y) select z from b on conflict (x) do update set y = 1"),
              (Names{"a", "b"}));
    EXPECT_EQ(tables("truncate table a, b"), (Names{"a", "b"}));
}

TEST(ClassifierRead, DeepNestingIsUnknownAndSurvives) {
    const std::string text = std::string(1 << 20, '(') + "select 1" + std::string(1 << 20, ')');
    EXPECT_EQ(postgresql(text), "Unknown/UnknownStatement");
    EXPECT_EQ(postgresql(std::string(1 << 20, '(')), "Unknown/UnknownStatement");
    EXPECT_EQ(postgresql(std::string(1 << 20, '[')), "Unknown/UnknownStatement");
    EXPECT_EQ(postgresql("select " + std::string(100, '(') + "1" + std::string(100, ')')), "Read");
    EXPECT_EQ(postgresql("select " + std::string(300, '(') + "1" + std::string(300, ')')),
              "Unknown/UnknownStatement");
    std::string comments;
    for (int i = 0; i < 200'000; ++i) comments += "/*!*/";
    EXPECT_EQ(mariadb(comments + "select 1"), "Read");
    EXPECT_EQ(postgresql(std::string(1 << 19, ';')), "Unknown/UnknownStatement");
}

}  // namespace
}  // namespace freshread
