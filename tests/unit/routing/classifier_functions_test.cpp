// Functions, types and operators: only what the server itself brings is harmless.
#include <gtest/gtest.h>

#include <algorithm>

#include "classification.h"
#include "routing/builtin_names.h"

namespace freshread {
namespace {

TEST(ClassifierFunctions, WhatIsNotBuiltInIsUnknown) {
    for (const std::string_view text :
         {"select f()", "select f(1) from t", "select public.lower('x')", "select \"LOWER\"('x')",
          "select * from f(1)", "select * from t, lateral f(t.a)", "select 1 where f ( 1 )", "select f\n(1)",
          "select f/* */(1)", "select dblink('', '')", "select query_to_xml('delete from t', true, true, '')",
          "select ts_stat('select 1')", "select ts_rewrite('a'::tsquery, 'select 1')",
          "select table_to_xml('t', true, true, '')", "select * from a join b on join(1)",
          "select array_in('{}', 'mydomain'::regtype, -1)", "select cube(1)", "select not ilike(a, b) from t",
          "select over(1)", "select filter(1)", "select by(1)", "select \"coalesce\"(1)", "select second(2)",
          "select * from t tablesample mine (10)", "select materialized(1)", "select conflict(1)",
          "select varying(1)", "select a from t order by f(a)", "select a from t fetch first f(1) rows only",
          "select 1 from t group by f(a)", "select count(*) filter (where f(a)) from t",
          "explain select f(1)", "with x as (select f(1)) select 1", "values (f(1))", "select {fn f(1)}",
          "select $1.f", "select ts_stat ('x')", "select U&\"lower\"('x')", "select x.y.f(1)",
          "select pg_temp.f(1)",
          // types
          "select 'x'::mine", "select cast(x as mine) from t", "select mine 'x'", "select s.mine 'x'",
          "select 'x'::s.int4", "select '{}'::mine[]", "select mine(3) 'x'", "select lower(3) 'x'",
          "select * from json_to_record('{}') as x (a mine)",
          "select * from json_to_record('{}') as (a int, b mine)", "select 'a' like 'b' escape mine 'c'",
          "select not mine 'x'", "select \"INT4\" '1'", "select position('a' in mine 'b')",
          "select coalesce(mine 'x')",
          // operators
          "select a === b from t", "select a operator(s.+) b from t",
          "select a operator(pg_catalog.===) b from t", "select a ~?~ b from t", "select @#@ 24",
          // columns of a row that may be calls
          "select (t).f from t", "select (row(1)).f", "select (a[1]).f from t", "select a[1].f from t"}) {
        EXPECT_EQ(postgresql(text), "Unknown/UnknownFunction") << text;
        EXPECT_TRUE(classify(text, kPostgreSql).effect_before_commit) << text;
        EXPECT_TRUE(classify(text, kPostgreSql).read_but_for_functions) << text;
    }
    for (const std::string_view text :
         {"select f()", "select db.abs(1)", "select `abs`(1)", "select only(1)", "select * from f()",
          "select bin_to_uuid(1)", "select version(f())"}) {
        EXPECT_EQ(mariadb(text), "Unknown/UnknownFunction") << text;
    }
    for (const std::string_view text : {"select f(1)", "select {fn f(1)}", "select cast(a as mine) from t"}) {
        EXPECT_EQ(generic(text), "Unknown/UnknownFunction") << text;
    }
}

TEST(ClassifierFunctions, AWriteStaysOneBesideAnUnknownFunction) {
    EXPECT_EQ(postgresql("with x as (delete from t returning f(a)) select 1"), "Write");
    EXPECT_FALSE(classify("select f(1), nextval('s')", kPostgreSql).read_but_for_functions);
    EXPECT_FALSE(classify("select f(1) for update", kPostgreSql).read_but_for_functions);
    EXPECT_FALSE(classify("select f(1); delete from t", kPostgreSql).read_but_for_functions);
    EXPECT_FALSE(classify("select 1", kPostgreSql).read_but_for_functions);
    EXPECT_TRUE(classify("select 1; select f(1)", kPostgreSql).read_but_for_functions);
}

TEST(ClassifierFunctions, TheCallerFindsWhatWasUnknown) {
    const auto found = classify("select lower(a), s.f(b), c::mine from t", kPostgreSql);
    ASSERT_EQ(found.functions.size(), 3U);
    EXPECT_EQ(effect_of_function(found.functions[0], Dialect::PostgreSql), FunctionEffect::Harmless);
    EXPECT_EQ(effect_of_function(found.functions[1], Dialect::PostgreSql), FunctionEffect::Unknown);
    EXPECT_EQ(found.functions[2], "mine");
}

TEST(BuiltinNames, TablesAreSorted) {
    const auto sorted = [](auto table) {
        return std::is_sorted(table.begin(), table.end(),
                              [](const auto& a, const auto& b) { return a.name < b.name; });
    };
    EXPECT_TRUE(sorted(postgresql_functions()));
    EXPECT_TRUE(sorted(mariadb_functions()));
    EXPECT_TRUE(sorted(generic_functions()));
    EXPECT_TRUE(std::is_sorted(postgresql_types().begin(), postgresql_types().end()));
    EXPECT_TRUE(std::is_sorted(postgresql_operators().begin(), postgresql_operators().end()));
    EXPECT_TRUE(std::is_sorted(sql_types().begin(), sql_types().end()));
}

TEST(BuiltinNames, FindsNamesAsIdentifiersCompare) {
    const auto effect = [](std::string_view name) { return effect_of_function(name, Dialect::PostgreSql); };
    EXPECT_EQ(effect("lower"), FunctionEffect::Harmless);
    EXPECT_EQ(effect("LoWeR"), FunctionEffect::Harmless);
    EXPECT_EQ(effect("\"lower\""), FunctionEffect::Harmless);
    EXPECT_EQ(effect("\"Lower\""), FunctionEffect::Unknown);
    EXPECT_EQ(effect("pg_catalog.lower"), FunctionEffect::Harmless);
    EXPECT_EQ(effect("\"pg_catalog\".\"lower\""), FunctionEffect::Harmless);
    EXPECT_EQ(effect("\"PG_CATALOG\".lower"), FunctionEffect::Unknown);
    EXPECT_EQ(effect("public.lower"), FunctionEffect::Unknown);
    EXPECT_EQ(effect("db.pg_catalog.lower"), FunctionEffect::Unknown);
    EXPECT_EQ(effect("lowe"), FunctionEffect::Unknown);
    EXPECT_EQ(effect("lowerr"), FunctionEffect::Unknown);
    EXPECT_EQ(effect(""), FunctionEffect::Unknown);
    EXPECT_EQ(effect("\"pg_catalog.lower\""), FunctionEffect::Unknown);
}

TEST(BuiltinNames, what_every_dialect_has_each_of_them_has) {
    const std::string signs = "=<>+-*/%!~@#&|^?`";
    for (const char first : signs) {
        std::string text{first};
        for (std::size_t second = 0; second <= signs.size(); ++second) {
            if (is_everywhere_operator(text)) {
                for (const auto dialect : {Dialect::PostgreSql, Dialect::MariaDb, Dialect::Generic})
                    EXPECT_TRUE(is_builtin_operator(text, dialect)) << text;
            }
            if (second < signs.size()) text = {first, signs[second]};
        }
    }
}

// Every one of these writes, locks, ends a backend, or runs a query that it is given.
TEST(BuiltinNames, NoneOfTheDangerousIsHarmless) {
    for (const std::string_view name : {"nextval",
                                        "setval",
                                        "currval",
                                        "lastval",
                                        "set_config",
                                        "pg_notify",
                                        "pg_advisory_lock",
                                        "pg_try_advisory_lock",
                                        "pg_stat_reset",
                                        "pg_terminate_backend",
                                        "pg_cancel_backend",
                                        "lo_create",
                                        "lo_put",
                                        "lo_unlink",
                                        "lo_import",
                                        "lo_export",
                                        "lowrite",
                                        "query_to_xml",
                                        "table_to_xml",
                                        "schema_to_xml",
                                        "database_to_xml",
                                        "cursor_to_xml",
                                        "ts_stat",
                                        "ts_rewrite",
                                        "pg_switch_wal",
                                        "pg_promote",
                                        "pg_reload_conf",
                                        "pg_create_restore_point",
                                        "txid_current",
                                        "pg_current_xact_id",
                                        "pg_export_snapshot",
                                        "pg_logical_emit_message",
                                        "pg_replication_slot_advance",
                                        "pg_drop_replication_slot",
                                        "pg_import_system_collations",
                                        "binary_upgrade_set_next_pg_type_oid",
                                        "pg_nextoid",
                                        "pg_read_file",
                                        "dblink",
                                        "dblink_exec",
                                        "pg_extension_config_dump",
                                        "brin_summarize_range",
                                        "pg_wal_replay_pause",
                                        "setseed",
                                        "pg_backup_start",
                                        "domain_in",
                                        "record_in",
                                        "array_in"}) {
        EXPECT_NE(effect_of_function(name, Dialect::PostgreSql), FunctionEffect::Harmless) << name;
    }
}

}  // namespace
}  // namespace freshread
