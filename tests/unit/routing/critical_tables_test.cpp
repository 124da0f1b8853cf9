// CriticalTables= as it is written.
#include "routing/critical_tables.h"

#include <gtest/gtest.h>

namespace freshread {
namespace {

std::string names_in(std::string_view list, Dialect dialect = Dialect::PostgreSql) {
    const auto tables = CriticalTables::parse(list);
    if (!tables) return "refused";
    if (tables->all()) return "all";
    const auto names = tables->names(dialect);
    if (!names) return "no name here";
    std::string text;
    for (const WrittenName& name : *names) text += name.schema + "|" + name.name + ";";
    return text;
}

TEST(CriticalTables, AreAllUnlessSomeAreNamed) {
    EXPECT_TRUE(CriticalTables().all());
    EXPECT_EQ(names_in("all"), "all");
    EXPECT_EQ(names_in(" ALL "), "all");
    EXPECT_EQ(names_in("\"all\""), "|all;") << "a table of that name";
    EXPECT_EQ(names_in("orders"), "|orders;");
    EXPECT_EQ(names_in("orders, app.Invoice ,\"App\".\"Odd, \"\"Name\"\"\""),
              "|orders;app|invoice;App|Odd, \"Name\";");
}

TEST(CriticalTables, NamesAreTheDialects) {
    EXPECT_EQ(names_in("`Orders`, shop.Item", Dialect::MariaDb), "|orders;shop|item;");
    EXPECT_EQ(names_in("`Orders`"), "no name here");
}

TEST(CriticalTables, WhatIsNoListIsRefused) {
    for (const char* list : {"", " ", ",", "orders,", "orders,,invoice", "two words", "\"open", "a.b.c.d",
                             "*", "app.*", "orders;invoice", "'orders'", "all, orders x"})
        EXPECT_EQ(names_in(list), "refused") << list;
}

TEST(CriticalTables, TheTextIsReadAsTheSameList) {
    for (const char* list : {"all", "orders", "app.orders, \"a,b\"", "\"all\"", "`x`"}) {
        const auto tables = CriticalTables::parse(list);
        ASSERT_TRUE(tables) << list;
        EXPECT_EQ(tables->text(), list);
        EXPECT_EQ(CriticalTables::parse(tables->text()), tables) << list;
    }
}

}  // namespace
}  // namespace freshread
