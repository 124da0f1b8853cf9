// Which reads touch a critical table, by what the catalog says of views, partitions, policies and functions.
#include "routing/critical_reads.h"

#include <gtest/gtest.h>

#include "classification.h"
#include "routing/critical_tables.h"
#include "routing/mariadb_catalog_builder.h"
#include "routing/relation_proof.h"
#include "small_database.h"

namespace freshread {
namespace {

// Tells of statements whether they touch one of the tables.
class Touching {
 public:
    Touching(const std::string& list, RelationCatalog catalog, Dialect dialect = Dialect::PostgreSql)
        : dialect_(dialect),
          catalog_(std::make_shared<const RelationCatalog>(std::move(catalog))),
          critical_(*CriticalTables::parse(list)->names(dialect), dialect, catalog_) {}

    bool operator()(const std::string& text) {
        const StatementClass is = classify(text, dialect_ == Dialect::MariaDb ? kMariaDb : kPostgreSql);
        const ProofSources sources{catalog_.get(), &free_, dialect_, {}, &critical_};
        const RelationProof proof = prove(is, text, sources);
        EXPECT_EQ(proof.kind, StatementKind::Read) << text;
        return proof.critical;
    }
    Touching& frees(const std::string& function) {
        EXPECT_TRUE(free_.add_free(function));
        return *this;
    }
    [[nodiscard]] std::string missing() const {
        std::string text;
        for (const WrittenName& name : critical_.missing()) text += name.schema + "|" + name.name + ";";
        return text;
    }

 private:
    Dialect dialect_;
    std::shared_ptr<const RelationCatalog> catalog_;
    CriticalReads critical_;
    FunctionRules free_{};
};

SmallDatabase shop() {
    SmallDatabase database;
    database.relation(20001, "orders")
        .relation(20002, "item")
        .row({"R", "20003", "other", "orders", "rp", ""})
        .row({"R", "100", "pg_catalog", "pg_class", "rp", ""});
    return database;
}

TEST(CriticalReads, NamesWithAndWithoutASchema) {
    Touching touches("app.orders, gone", shop().catalog());
    EXPECT_TRUE(touches("select * from app.orders"));
    EXPECT_TRUE(touches("select * from App . \"orders\""));
    EXPECT_TRUE(touches("select * from orders")) << "search_path decides which one";
    EXPECT_FALSE(touches("select * from other.orders"));
    EXPECT_FALSE(touches("select * from item"));
    EXPECT_FALSE(touches("select * from app.item i, item j"));
    EXPECT_TRUE(touches("select * from item where exists (select from app.orders)"));
    EXPECT_FALSE(touches("select 1 + 1, upper('orders')"));
    EXPECT_EQ(touches.missing(), "|gone;");

    Touching everywhere("Orders", shop().catalog());
    EXPECT_TRUE(everywhere("select * from other.orders"));
    EXPECT_FALSE(everywhere("select * from item"));
    EXPECT_EQ(everywhere.missing(), "");
    Touching quoted("\"Orders\"", shop().catalog());
    EXPECT_FALSE(quoted("select * from orders"));
}

TEST(CriticalReads, NamesOfWithAreNoTables) {
    Touching touches("orders", shop().catalog());
    EXPECT_FALSE(touches("with x as (select * from item) select * from x"));
    EXPECT_TRUE(touches("with x as (select * from orders) select * from x"));
    EXPECT_TRUE(touches("with orders as (select * from item) select * from orders"))
        << "which may be the table";
}

TEST(CriticalReads, TheServersOwnRelationsTellOfAllTables) {
    SmallDatabase database = shop();
    database.relation(20010, "names", "vp", " SELECT pg_class.relname FROM pg_class;")
        .relation(20011, "columns", "vp", " SELECT c.column_name FROM information_schema.columns c;")
        .relation(20012, "items", "vp", " WITH x AS ( SELECT item.i FROM app.item) SELECT x.i FROM x;")
        .depends(20012, "r", 20002);
    Touching touches("orders", database.catalog());
    EXPECT_TRUE(touches("select * from pg_class"));
    EXPECT_TRUE(touches("select * from names"));
    EXPECT_TRUE(touches("select * from columns"));
    EXPECT_FALSE(touches("select * from items"));
}

TEST(CriticalReads, AViewReadsWhatStandsBehindIt) {
    SmallDatabase database = shop();
    database.relation(20010, "open_orders", "vp", " SELECT orders.id FROM app.orders;")
        .depends(20010, "r", 20001)
        .relation(20011, "above", "vp", " SELECT open_orders.id FROM app.open_orders;")
        .depends(20011, "r", 20010)
        .relation(20012, "stored", "mp")
        .depends(20012, "r", 20011)
        .relation(20013, "items", "vp", " SELECT item.id FROM app.item;")
        .depends(20013, "r", 20002)
        .relation(20014, "guarded")
        .policy(20014, "(EXISTS ( SELECT 1 FROM app.above))")
        .depends(20014, "r", 20011);
    Touching touches("app.orders", database.catalog());
    for (const char* name : {"open_orders", "above", "stored", "guarded"})
        EXPECT_TRUE(touches("select * from app." + std::string(name))) << name;
    EXPECT_FALSE(touches("select * from items"));
    Touching by_view("open_orders", database.catalog());
    EXPECT_TRUE(by_view("select * from above"));
    EXPECT_FALSE(by_view("select * from orders"));
}

TEST(CriticalReads, APartAndItsWhole) {
    SmallDatabase database = shop();
    database.relation(20010, "events", "pp")
        .relation(20011, "events_2025", "pp")
        .relation(20012, "events_2025_1")
        .relation(20013, "events_2026")
        .depends(20010, "i", 20011)
        .depends(20011, "i", 20012)
        .depends(20010, "i", 20013)
        .relation(20014, "latest", "vp", " SELECT events_2026.i FROM app.events_2026;")
        .depends(20014, "r", 20013)
        .policy(20010, "(EXISTS ( SELECT 1 FROM app.item))")
        .depends(20010, "r", 20002);
    const auto catalog = database.catalog();
    Touching whole("events", catalog);
    for (const char* name : {"events", "events_2025", "events_2025_1", "events_2026", "latest"})
        EXPECT_TRUE(whole("select * from " + std::string(name))) << name;
    Touching part("events_2025_1", catalog);
    EXPECT_TRUE(part("select * from events_2025"));
    EXPECT_TRUE(part("select * from events"));
    EXPECT_FALSE(part("select * from events_2026"));
    EXPECT_FALSE(part("select * from latest"));
    Touching guarding("item", catalog);
    EXPECT_TRUE(guarding("select * from events"));
    EXPECT_FALSE(guarding("select * from events_2026")) << "the policy of the whole is not asked";
}

TEST(CriticalReads, FunctionsInSqlReadWhatTheirTextNames) {
    SmallDatabase database = shop();
    database.function(30001, "of_orders", "s", "SELECT count(*) FROM orders WHERE id > $1; SELECT 1")
        .function(30002, "of_items", "s", "WITH x AS (SELECT * FROM item) SELECT upper(name) FROM x")
        .function(30003, "indirect", "s", "SELECT app.of_orders(1)")
        .function(30004, "atomic", "s")
        .body(30004, "r", 20001)
        .function(30005, "atomic_items", "s")
        .body(30005, "r", 20002)
        .body(30005, "f", 30002)
        .function(30006, "closed")
        .function(30007, "of_nothing_known", "s", "SELECT * FROM gone")
        .function(30008, "twofold", "s", "SELECT 1")
        .function(30009, "twofold", "h")
        .relation(20010, "by_function", "vp", " SELECT app.indirect() AS n;")
        .depends(20010, "f", 30003)
        .relation(20011, "by_harmless", "vp", " SELECT app.of_items() AS n;")
        .depends(20011, "f", 30002)
        .relation(20012, "by_c", "vp", " SELECT app.crosstab('SELECT * FROM app.orders'::text) AS n;")
        .function(30010, "crosstab", "h")
        .depends(20012, "f", 30010);
    Touching touches("orders", database.catalog());
    for (const char* name : {"of_orders", "of_items", "indirect", "atomic", "atomic_items", "closed",
                             "of_nothing_known", "twofold"})
        touches.frees(name);
    EXPECT_TRUE(touches("select app.of_orders(1)"));
    EXPECT_TRUE(touches("select indirect()"));
    EXPECT_TRUE(touches("select atomic()"));
    EXPECT_TRUE(touches("select * from by_function"));
    EXPECT_TRUE(touches("select closed()")) << "not written in SQL";
    EXPECT_TRUE(touches("select of_nothing_known()"));
    EXPECT_TRUE(touches("select twofold()")) << "one of them is not";
    EXPECT_FALSE(touches("select of_items()"));
    EXPECT_FALSE(touches("select atomic_items()"));
    EXPECT_FALSE(touches("select * from by_harmless"));
    touches.frees("unheard_of").frees("crosstab");
    EXPECT_TRUE(touches("select unheard_of()"));
    EXPECT_TRUE(touches("select * from by_c")) << "what it does with the text is its own";
}

TEST(CriticalReads, AFunctionThatReadsAViewThatCallsIt) {
    SmallDatabase database = shop();
    database.function(30001, "round_trip", "s", "SELECT n FROM app.circle")
        .relation(20010, "circle", "vp", " SELECT app.round_trip() AS n;")
        .depends(20010, "f", 30001);
    Touching touches("orders", database.catalog());
    touches.frees("round_trip");
    EXPECT_FALSE(touches("select * from circle"));
    EXPECT_FALSE(touches("select round_trip()"));
}

TEST(CriticalReads, AUsersFunctionOfABuiltInNameMayBeMeant) {
    SmallDatabase database = shop();
    database.function(30001, "upper", "s", "SELECT name FROM app.orders");
    Touching touches("orders", database.catalog());
    touches.frees("upper");
    EXPECT_TRUE(touches("select upper('x')"));
    EXPECT_FALSE(touches("select pg_catalog.upper('x')"));
}

TEST(CriticalReads, WhatOperatorsAndColumnsMayCallIsNotLookedInto) {
    SmallDatabase database = shop();
    database.function(30001, "looks", "s", "SELECT true FROM app.orders")
        .made_operator(40001, "@+", 30001)
        .function(30002, "secret", "sa", "SELECT 1");
    Touching touches("orders", database.catalog());
    touches.frees("looks").frees("secret");
    EXPECT_TRUE(touches("select id @+ 1 from item"));
    EXPECT_TRUE(touches("select id operator(app.@+) 1 from item"));
    EXPECT_TRUE(touches("select item.secret from item"));
    EXPECT_FALSE(touches("select item.id + 1 from item"));
}

TEST(CriticalReads, TypesWhoseCastsReadATable) {
    SmallDatabase database = shop();
    database.function(30001, "to_amount", "s", "SELECT $1 FROM app.orders")
        .type(50001, "amount")
        .cast(50001, 30001)
        .type(50002, "colour");
    Touching touches("orders", database.catalog());
    touches.frees("to_amount");
    EXPECT_TRUE(touches("select '1'::app.amount"));
    EXPECT_FALSE(touches("select 'red'::app.colour"));
}

TEST(CriticalReads, ANameThatCannotBeWrittenDownIsCritical) {
    SmallDatabase database = shop();
    database.relation(20010, "odd\x1fname")
        .relation(20011, "Two Words")
        .relation(20012, "over_odd", "vp", " SELECT 1 FROM app.\"odd\x1fname\";")
        .depends(20012, "r", 20010)
        .relation(20013, "over_words", "vp", " SELECT 1 FROM app.\"Two Words\";")
        .depends(20013, "r", 20011);
    Touching touches("orders", database.catalog());
    EXPECT_TRUE(touches("select * from over_odd"));
    EXPECT_FALSE(touches("select * from over_words"));
    Touching words("\"Two Words\"", database.catalog());
    EXPECT_TRUE(words("select * from over_words"));
}

TEST(CriticalReads, InMariaDb) {
    MariaDbCatalogBuilder builder;
    const auto relation = [&](const std::string& name, const std::string& type = "BASE TABLE",
                              const std::string& engine = "InnoDB") {
        EXPECT_TRUE(builder.add({"R", "", "shop", name, type, engine}));
    };
    const auto view = [&](const std::string& name, const std::string& text) {
        relation(name, "VIEW", "");
        EXPECT_TRUE(builder.add({"V", "", "shop", name, "", text}));
    };
    relation("Orders");
    relation("item");
    relation("merged", "BASE TABLE", "MRG_MyISAM");
    view("all_orders", "select `shop`.`Orders`.`id` AS `id` from `shop`.`Orders`");
    view("above", "select `all_orders`.`id` AS `id` from `shop`.`all_orders`");
    view(
        "items",
        "with x as (select `shop`.`item`.`id` AS `id` from `shop`.`item`)select count(`x`.`id`) AS `id` from "
        "`x`");
    view("columns", "select `columns`.`TABLE_NAME` AS `n` from `information_schema`.`columns`");
    view("calling", "select `shop`.`f`(1) AS `a`");
    Touching touches("shop.`ORDERS`", builder.build(), Dialect::MariaDb);
    touches.frees("f");
    for (const char* name :
         {"orders", "ORDERS", "shop.all_orders", "`above`", "merged", "columns", "calling"})
        EXPECT_TRUE(touches("select * from " + std::string(name))) << name;
    EXPECT_TRUE(touches("select `f`(1)"));
    EXPECT_FALSE(touches("select count(id) from item, items, dual"));
    EXPECT_EQ(touches.missing(), "");
}

}  // namespace
}  // namespace freshread
