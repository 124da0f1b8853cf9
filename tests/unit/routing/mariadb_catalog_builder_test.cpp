#include "routing/mariadb_catalog_builder.h"

#include <gtest/gtest.h>

namespace freshread {
namespace {

using Verdict = RelationCatalog::Verdict;

class MariaDbCatalog : public testing::Test {
 protected:
    void relation(const std::string& name, const std::string& type = "BASE TABLE",
                  const std::string& engine = "InnoDB", const std::string& schema = "shop") {
        EXPECT_TRUE(builder_.add({"R", "", schema, name, type, engine}));
    }
    void view(const std::string& name, const std::string& text, const std::string& schema = "shop") {
        relation(name, "VIEW", "", schema);
        EXPECT_TRUE(builder_.add({"V", "", schema, name, "", text}));
    }
    [[nodiscard]] Verdict verdict(const std::string& name, const std::string& schema = "") {
        return builder_.build().relation({schema, name}, rules_);
    }

    MariaDbCatalogBuilder builder_{};
    FunctionRules rules_{};
};

TEST_F(MariaDbCatalog, TablesAreAsPlainAsTheirEngineIsReplicated) {
    relation("orders");
    relation("history", "SYSTEM VERSIONED");
    relation("fleeting", "BASE TABLE", "MEMORY");
    relation("far", "BASE TABLE", "FEDERATED");
    relation("numbered", "SEQUENCE", "InnoDB");
    relation("odd", "SOMETHING NEW");
    EXPECT_EQ(verdict("orders"), Verdict::Plain);
    EXPECT_EQ(verdict("orders", "shop"), Verdict::Plain);
    EXPECT_EQ(verdict("orders", "other"), Verdict::Absent);
    EXPECT_EQ(verdict("history"), Verdict::Plain);
    EXPECT_EQ(verdict("fleeting"), Verdict::NodeDependent);
    EXPECT_EQ(verdict("far"), Verdict::Unknown);
    EXPECT_EQ(verdict("numbered"), Verdict::NodeDependent);
    EXPECT_EQ(verdict("odd"), Verdict::Unknown);
    EXPECT_EQ(verdict("dual"), Verdict::Plain);
    EXPECT_EQ(verdict("nowhere"), Verdict::Absent);
}

TEST_F(MariaDbCatalog, AViewIsWhatItNamesIs) {
    relation("orders");
    view("all_orders", "select `shop`.`orders`.`id` AS `id` from `shop`.`orders`");
    view("above", "select `all_orders`.`id` AS `id` from `shop`.`all_orders`");
    view("writing", "select `writes`(1) AS `a`");
    view("above_writing", "select `writing`.`a` AS `a` from `shop`.`writing`");
    view("locking", "select get_lock('x',0) AS `a`");
    view("asking", "select connection_id() AS `a`");
    view("lost", "select `gone`.`a` AS `a` from `shop`.`gone`");
    view("hidden", "");
    view("a_cte",
         "with x as (select `shop`.`orders`.`id` AS `id` from `shop`.`orders`)select `x`.`id` AS `id` from "
         "`x`");
    relation("without_text", "VIEW", "");
    EXPECT_EQ(verdict("all_orders"), Verdict::Plain);
    EXPECT_EQ(verdict("above"), Verdict::Plain);
    EXPECT_EQ(verdict("a_cte"), Verdict::Plain);
    EXPECT_EQ(verdict("asking"), Verdict::NodeDependent);
    for (const char* const name : {"writing", "above_writing", "locking", "lost", "hidden", "without_text"})
        EXPECT_EQ(verdict(name), Verdict::Unknown) << name;
}

TEST_F(MariaDbCatalog, AViewOverItselfEnds) {
    view("round", "select `a` AS `a` from `shop`.`about`");
    view("about", "select `a` AS `a` from `shop`.`round`");
    EXPECT_EQ(verdict("round"), Verdict::Unknown);
    EXPECT_EQ(verdict("about"), Verdict::Unknown);
}

TEST_F(MariaDbCatalog, OfTwoNamesThatDifferInCaseTheStricterCounts) {
    relation("Orders");
    relation("orders", "BASE TABLE", "MEMORY");
    EXPECT_EQ(verdict("orders"), Verdict::NodeDependent);
    relation("things", "BASE TABLE", "InnoDB", "A");
    relation("things", "BASE TABLE", "FEDERATED", "B");
    EXPECT_EQ(verdict("things"), Verdict::Unknown);
    EXPECT_EQ(verdict("things", "a"), Verdict::Plain);
}

TEST_F(MariaDbCatalog, FunctionsThatAreFreeMayBeUsed) {
    view("doubled", "select `Twice`(2) AS `a`");
    view("of_schema", "select `shop`.`Twice`(2) AS `a`");
    EXPECT_EQ(verdict("doubled"), Verdict::Unknown);
    ASSERT_TRUE(rules_.add_free("twice"));
    EXPECT_EQ(verdict("doubled"), Verdict::Plain);
    EXPECT_EQ(verdict("of_schema"), Verdict::Plain);
}

TEST_F(MariaDbCatalog, RowsOfAnotherKindAreNotBelieved) {
    EXPECT_FALSE(builder_.add({"X", "", "shop", "orders", "BASE TABLE", "InnoDB"}));
}

}  // namespace
}  // namespace freshread
