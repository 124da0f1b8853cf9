// The catalog of relations as built from rows of a server's catalog, and what reads are proven with it.
#include "routing/relation_proof.h"

#include <gtest/gtest.h>

#include "classification.h"
#include "small_database.h"

namespace freshread {
namespace {

std::string proven(const RelationCatalog& catalog, const std::string& text, const FunctionRules& rules = {}) {
    const StatementClass is = classify(text, kPostgreSql);
    const RelationProof proof = prove(is, text, {&catalog, &rules, Dialect::PostgreSql, {}});
    std::string result{name_of(proof.kind)};
    if (proof.reason != Reason::ReadOnReplica) result += "/" + std::string(name_of(proof.reason));
    return result + (proof.missed ? " missed" : "");
}

FunctionRules rules(const std::vector<std::string>& free, const std::vector<std::string>& write = {}) {
    FunctionRules made;
    for (const auto& name : free) EXPECT_TRUE(made.add_free(name)) << name;
    for (const auto& name : write) EXPECT_TRUE(made.add_write(name)) << name;
    return made;
}

TEST(WrittenName, IsFoldedAndUnquotedAsTheServerDoes) {
    const auto name = [](std::string_view written) {
        const auto parsed = parse_written_name(written);
        return parsed ? parsed->schema + "|" + parsed->name : "none";
    };
    EXPECT_EQ(name("Item"), "|item");
    EXPECT_EQ(name("\"Item\""), "|Item");
    EXPECT_EQ(name("App . \"I\"\"t\""), "app|I\"t");
    EXPECT_EQ(name("db.app.item"), "app|item");
    EXPECT_EQ(name("a.b.c.d"), "none");
    EXPECT_EQ(name("a./* x */b"), "none");
    EXPECT_EQ(name("U&\"x\""), "none");
    EXPECT_EQ(name("\"open"), "none");
    EXPECT_EQ(name(""), "none");
    EXPECT_EQ(name("a."), "none");
    EXPECT_EQ(name(std::string(64, 'x')), "none") << "the server would cut it";
}

TEST(RelationProof, WhatTheCatalogDoesNotHaveIsUnknown) {
    const auto catalog = SmallDatabase().relation(20001, "item").catalog();
    EXPECT_EQ(proven(catalog, "select * from item"), "Read");
    EXPECT_EQ(proven(catalog, "select * from APP.Item, \"item\""), "Read");
    EXPECT_EQ(proven(catalog, "select * from \"Item\""), "Unknown/UnknownRelation missed");
    EXPECT_EQ(proven(catalog, "select * from other.item"), "Unknown/UnknownRelation missed");
    EXPECT_EQ(proven(catalog, "select * from item; select * from nothing"), "Unknown/UnknownRelation missed");
    EXPECT_EQ(proven(RelationCatalog(), "select * from item"), "Unknown/UnknownRelation missed");
    EXPECT_EQ(proven(RelationCatalog(), "select 1 + 1"), "Read");
    EXPECT_EQ(proven(catalog, "update item set i = 1"), "Write/Write") << "was none before";
}

TEST(RelationProof, EveryRelationOfANameHasToBePlain) {
    SmallDatabase database;
    database.relation(20001, "item")
        .row({"R", "20002", "other", "item", "vp", "SELECT nextval('s'::regclass) AS n"});
    const auto catalog = database.catalog();
    EXPECT_EQ(proven(catalog, "select * from item"), "Unknown/UnknownRelation");
    EXPECT_EQ(proven(catalog, "select * from app.item"), "Read");
    EXPECT_EQ(proven(catalog, "select * from other.item"), "Unknown/UnknownRelation");
}

TEST(RelationProof, NamesOfWithAreNoRelationsUnlessTheyHideOne) {
    const auto catalog = SmallDatabase().relation(20001, "item").relation(20002, "bad", "fp").catalog();
    EXPECT_EQ(proven(catalog, "with x as (select * from item) select * from x"), "Read");
    EXPECT_EQ(proven(catalog, "with bad as (select * from bad) select * from bad"),
              "Unknown/UnknownRelation");
    EXPECT_EQ(proven(catalog, "with x as (select 1) select * from app.x"), "Unknown/UnknownRelation missed");
    EXPECT_EQ(
        proven(catalog, "with recursive t(n) as (values (1) union all select n + 1 from t) select n from t"),
        "Read");
}

TEST(RelationProof, KindsOfRelations) {
    const auto catalog = SmallDatabase()
                             .relation(20001, "fleeting", "ru")
                             .relation(20002, "counter", "Sp")
                             .relation(20003, "abroad", "fp")
                             .relation(20004, "stored", "mp", "")
                             .relation(20005, "columnar", "rpm")
                             .relation(20006, "parts", "pp")
                             .relation(20007, "part", "fp")
                             .depends(20006, "r", 20007)
                             .catalog();
    EXPECT_EQ(proven(catalog, "select * from fleeting"), "Read/NodeDependent");
    EXPECT_EQ(proven(catalog, "select * from counter"), "Read/NodeDependent");
    EXPECT_EQ(proven(catalog, "select * from abroad"), "Unknown/UnknownRelation");
    EXPECT_EQ(proven(catalog, "select * from stored"), "Read");
    EXPECT_EQ(proven(catalog, "select * from columnar"), "Unknown/UnknownRelation");
    EXPECT_EQ(proven(catalog, "select * from parts"), "Unknown/UnknownRelation") << "a part is foreign";
}

TEST(RelationProof, ViewsAreWhatTheyDependOn) {
    SmallDatabase database;
    database.relation(20001, "item")
        .relation(20002, "plain", "vp", " SELECT item.i, now() AS at FROM app.item;")
        .depends(20002, "r", 20001)
        .function(30001, "enter")
        .function(30002, "\"odd name\"")
        .relation(20003, "entering", "vp", " SELECT app.enter() AS n;")
        .depends(20003, "f", 30001)
        .relation(20004, "above", "vp", " SELECT entering.n FROM app.entering;")
        .depends(20004, "r", 20003)
        .relation(20005, "implicit", "vp", " SELECT item.i FROM app.item;")
        .depends(20005, "f", 30001)
        .relation(20006, "locked", "vp", " SELECT item.i FROM app.item FOR UPDATE;")
        .relation(20007, "where_am_i", "vp", " SELECT pg_is_in_recovery() AS r;")
        .relation(20008, "guarded")
        .policy(20008, "app.enter() > 0")
        .depends(20008, "f", 30001)
        .relation(20009, "lost", "vp", " SELECT 1;")
        .depends(20009, "r", 29999)
        .relation(20010, "odd", "vp", " SELECT 1;")
        .depends(20010, "f", 30002);
    ASSERT_TRUE(database.understood);
    const auto catalog = database.catalog();
    EXPECT_EQ(proven(catalog, "select * from plain"), "Read");
    for (const std::string view : {"entering", "above", "implicit", "locked", "guarded", "lost", "odd"})
        EXPECT_EQ(proven(catalog, "select * from " + view), "Unknown/UnknownRelation") << view;
    EXPECT_EQ(proven(catalog, "select * from where_am_i"), "Read/NodeDependent");
    for (const std::string view : {"entering", "above", "implicit", "guarded"})
        EXPECT_EQ(proven(catalog, "select * from " + view, rules({"app.enter"})), "Read") << view;
    EXPECT_EQ(proven(catalog, "select * from entering", rules({"enter"})), "Read");
    EXPECT_EQ(proven(catalog, "select * from entering", rules({"other.enter"})), "Unknown/UnknownRelation");
    EXPECT_EQ(proven(catalog, "select * from entering", rules({"enter"}, {"enter"})),
              "Unknown/UnknownRelation");
}

TEST(RelationProof, FunctionsByTheAdministratorsWord) {
    const auto catalog = SmallDatabase().relation(20001, "item").function(30001, "calc").catalog();
    EXPECT_EQ(proven(catalog, "select app.calc(i) from item"), "Unknown/UnknownFunction missed");
    EXPECT_EQ(proven(catalog, "select app.calc(i) from item", rules({"app.calc"})), "Read");
    EXPECT_EQ(proven(catalog, "select calc(i) from item", rules({"app.calc"})),
              "Unknown/UnknownFunction missed")
        << "search_path decides what that is";
    EXPECT_EQ(proven(catalog, "select CALC(i) from item", rules({"calc"})), "Read");
    EXPECT_EQ(proven(catalog, "select calc(i), pg_is_in_recovery() from item", rules({"calc"})),
              "Read/NodeDependent");
    EXPECT_EQ(proven(catalog, "select calc(i), nextval('s') from item", rules({"calc"})),
              "Unknown/UnknownFunction")
        << "one that writes besides";
    EXPECT_EQ(proven(catalog, "select lower('x')", rules({}, {"lower"})), "Write/Write");
    EXPECT_EQ(proven(catalog, "select calc(1), other(2)", rules({"calc"})), "Unknown/UnknownFunction missed");
    EXPECT_FALSE(FunctionRules().add_free("a b"));
    EXPECT_FALSE(FunctionRules().add_write(""));
}

TEST(RelationProof, FunctionsOfABuiltInName) {
    const auto catalog = SmallDatabase()
                             .function(30001, "upper")
                             .function(30002, "replace", "e")
                             .function(30003, "strpos", "h")
                             .catalog();
    EXPECT_EQ(proven(catalog, "select upper('x')"), "Unknown/UnknownFunction");
    EXPECT_EQ(proven(catalog, "select pg_catalog.upper('x')"), "Read");
    EXPECT_EQ(proven(catalog, "select upper('x')", rules({"app.upper"})), "Read");
    EXPECT_EQ(proven(catalog, "select replace('x', 'y', 'z')"), "Read") << "an extension's overload";
    EXPECT_EQ(proven(catalog, "select strpos('x', 'y')"), "Read");
}

TEST(RelationProof, TypesAndCasts) {
    const auto catalog = SmallDatabase()
                             .type(40001, "mood")
                             .type(40002, "checked", "u")
                             .type(40003, "cast_by_sql")
                             .cast(40003, 30001)
                             .function(30001, "convert_it")
                             .type(40004, "called")
                             .function(30002, "called")
                             .catalog();
    EXPECT_EQ(proven(catalog, "select 'x'::app.mood, mood 'x'"), "Read");
    EXPECT_EQ(proven(catalog, "select 'x'::checked"), "Unknown/UnknownFunction");
    EXPECT_EQ(proven(catalog, "select 'x'::cast_by_sql"), "Unknown/UnknownFunction");
    EXPECT_EQ(proven(catalog, "select 'x'::cast_by_sql", rules({"convert_it"})), "Read");
    EXPECT_EQ(proven(catalog, "select called('x')"), "Unknown/UnknownFunction");
    EXPECT_EQ(proven(catalog, "select 'x'::newer"), "Unknown/UnknownFunction missed");
}

TEST(RelationProof, OperatorsAndColumnNotation) {
    SmallDatabase database;
    database.relation(20001, "item")
        .function(30001, "writes")
        .function(30002, "of_c", "h")
        .made_operator(50001, "@+", 30001)
        .made_operator(50002, "@-", 30002)
        .function(30003, "secret", "a");
    const auto catalog = database.catalog();
    EXPECT_EQ(proven(catalog, "select i @- 1 from item"), "Read");
    EXPECT_EQ(proven(catalog, "select i @+ 1 from item"), "Unknown/UnknownFunction");
    EXPECT_EQ(proven(catalog, "select i operator(app.@+) 1 from item"), "Unknown/UnknownFunction");
    EXPECT_EQ(proven(catalog, "select i operator(app.@-) 1 from item"), "Read");
    EXPECT_EQ(proven(catalog, "select item.i from item where i > 0"), "Read");
    EXPECT_EQ(proven(catalog, "select item.secret from item"), "Unknown/UnknownFunction");
    EXPECT_EQ(proven(catalog, "select item . /* x */ \"secret\" from item"), "Unknown/UnknownFunction");
    const auto equals = database.made_operator(50003, "=", 30001).catalog();
    EXPECT_EQ(proven(equals, "select i from item where i in (1, 2)"), "Unknown/UnknownFunction")
        << "= is used without being written";
}

TEST(RelationProof, RowsThatAreNotUnderstood) {
    EXPECT_FALSE(SmallDatabase().row({"X", "1", "", "", "", ""}).understood);
    EXPECT_FALSE(SmallDatabase().row({"R", "x", "app", "item", "rp", ""}).understood);
    EXPECT_FALSE(SmallDatabase().row({"R", "1", "app", "item", "r", ""}).understood);
    EXPECT_FALSE(SmallDatabase().row({"D", "1", "r", "", "", ""}).understood);
}

TEST(RelationProof, NamesThatWouldBreakALineAreUnknown) {
    const auto catalog =
        SmallDatabase().relation(20001, "a\tp").relation(20002, "b\nR\tc\tapp\tp\t").catalog();
    EXPECT_EQ(proven(catalog, "select * from \"a\tp\""), "Unknown/UnknownRelation missed");
    EXPECT_EQ(proven(catalog, "select * from c"), "Unknown/UnknownRelation missed");
}

TEST(RelationProof, SelectsThatDoNothingButSet) {
    const auto only_sets = [](const RelationCatalog& catalog, const std::string& text,
                              const FunctionRules& rules = {}) {
        const StatementClass is = classify(text, kPostgreSql);
        return proves_only_sets(is, {&catalog, &rules, Dialect::PostgreSql});
    };
    const auto nothing = SmallDatabase().catalog();
    EXPECT_TRUE(only_sets(nothing, "select set_config('a', 'b', false)"));
    EXPECT_TRUE(only_sets(nothing, "select pg_catalog.set_config('a', upper('b'), true)"));
    EXPECT_FALSE(only_sets(nothing, "select set_config('a', mine('b'), false)"));
    EXPECT_FALSE(only_sets(nothing, "select set_config('a', 'b', false), nextval('s')"));
    EXPECT_FALSE(only_sets(nothing, "select set_config('a', b, false) from t"));
    EXPECT_FALSE(only_sets(nothing, "select set_config('a', 'b', false); delete from t"));
    EXPECT_FALSE(only_sets(nothing, "select 1"));
    EXPECT_FALSE(only_sets(nothing, "select set_config('a', upper('b'), false)", rules({}, {"upper"})));
    const auto shadowing = SmallDatabase().function(30001, "set_config").function(30002, "upper").catalog();
    EXPECT_FALSE(only_sets(shadowing, "select set_config('a', 'b', false)"));
    EXPECT_TRUE(only_sets(shadowing, "select pg_catalog.set_config('a', 'b', false)"));
    EXPECT_FALSE(only_sets(shadowing, "select pg_catalog.set_config('a', upper('b'), false)"));
}

}  // namespace
}  // namespace freshread
