#include "routing/own_statement.h"

#include <gtest/gtest.h>

namespace freshread {
namespace {

std::string read(std::string_view text, Dialect dialect = Dialect::PostgreSql) {
    const OwnStatement own = read_own_statement(text, dialect);
    constexpr std::string_view kVerbs[] = {"none", "show", "set", "set local", "reset"};
    std::string out(kVerbs[static_cast<std::size_t>(own.verb)]);
    if (own.verb == OwnStatement::Verb::None) return out;
    out += " " + own.name;
    return own.value ? out + "=" + *own.value : out;
}

TEST(OwnStatement, EverySpelling) {
    EXPECT_EQ(read("show freshread.last_route"), "show last_route");
    EXPECT_EQ(read("SHOW FRESHREAD Last_Route ;"), "show last_route");
    EXPECT_EQ(read("set freshread.policy = 'any'"), "set policy=any");
    EXPECT_EQ(read("set freshread . policy='any';"), "set policy=any");
    EXPECT_EQ(read("Set Session Freshread.User To alice"), "set user=alice");
    EXPECT_EQ(read("set freshread.user to \"Alice\""), "set user=Alice");
    EXPECT_EQ(read("set freshread.user = 'it''s'"), "set user=it's");
    EXPECT_EQ(read("set freshread.user = 'a\\b'"), "set user=a\\b");
    EXPECT_EQ(read("set freshread.user = 7"), "set user=7");
    EXPECT_EQ(read("set freshread.user = /* whoever */ default -- that"), "set user");
    EXPECT_EQ(read("set freshread.user = 'default'"), "set user=default");
    EXPECT_EQ(read("set local freshread.user = 'a'"), "set local user=a");
    EXPECT_EQ(read("reset freshread.user"), "reset user");
}

TEST(OwnStatement, MariaDb) {
    EXPECT_EQ(read("set @freshread_user = 'alice'", Dialect::MariaDb), "set user=alice");
    EXPECT_EQ(read("SET @FRESHREAD_User := \"alice\"", Dialect::MariaDb), "set user=alice");
    EXPECT_EQ(read("set @freshread.user = 'alice'", Dialect::MariaDb), "set user=alice");
    EXPECT_EQ(read("set freshread.user = 'alice'", Dialect::MariaDb), "set user=alice");
    EXPECT_EQ(read("show freshread status", Dialect::MariaDb), "show status");
    EXPECT_EQ(read("reset freshread.user", Dialect::MariaDb), "reset user");
    EXPECT_EQ(read("set @freshread_user = 'a\\'", Dialect::MariaDb), "none");
    EXPECT_EQ(read("set @freshread_user = 'a\\nb'", Dialect::MariaDb), "none")
        << "its meaning hangs on sql_mode";
}

TEST(OwnStatement, WhatIsNotUnderstood) {
    for (const std::string_view text : {"",
                                        "show",
                                        "show freshread",
                                        "show freshread.",
                                        "show freshread.a b",
                                        "show freshread.a.b",
                                        "set freshread.a",
                                        "set freshread.a =",
                                        "set freshread.a = ?",
                                        "set freshread.a = 'b', 'c'",
                                        "set freshread.a = 'b' 'c'",
                                        "set freshread.a = -1",
                                        "set freshread.a == 'b'",
                                        "set freshread.a = E'b'",
                                        "set freshread.a = U&'b'",
                                        "set freshread.a = 'b'; select 1",
                                        "set freshread.a = 'b\n",
                                        "reset freshread",
                                        "reset freshread.a = 1",
                                        "set freshreads.a = 1",
                                        "set session local freshread.a = 1",
                                        "set freshread.a = 'b'\n'c'",
                                        "select 1"})
        EXPECT_EQ(read(text), "none") << text;
}

}  // namespace
}  // namespace freshread
