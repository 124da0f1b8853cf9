#include "driver/session_values.h"

#include <gtest/gtest.h>

namespace freshread {
namespace {

using Statements = std::vector<std::string>;

TEST(SessionValues, OnlyWhatDiffersIsSet) {
    const SessionValues had{{"TimeZone", "UTC"}, {"search_path", "a"}, {"work_mem", "64"}, {"role", "none"}};
    const SessionValues wanted{{"TimeZone", "UTC"}, {"search_path", "b, \"c\""}, {"role", "none"}};
    EXPECT_EQ(
        statements_between(had, wanted, Dialect::PostgreSql),
        (Statements{"RESET work_mem", "SELECT pg_catalog.set_config(E'search_path', E'b, \"c\"', false)"}));
    EXPECT_EQ(statements_between(wanted, wanted, Dialect::PostgreSql), Statements{});
}

TEST(SessionValues, WhoSomebodyIsIsSetFirst) {
    const SessionValues had{{"DateStyle", "ISO"}, {"role", "none"}, {"session_authorization", "x"}};
    const SessionValues wanted{{"DateStyle", "SQL"}, {"role", "none"}, {"session_authorization", "y"}};
    EXPECT_EQ(statements_between(had, wanted, Dialect::PostgreSql),
              (Statements{"SELECT pg_catalog.set_config(E'session_authorization', E'y', false), "
                          "pg_catalog.set_config(E'role', E'none', false), "
                          "pg_catalog.set_config(E'DateStyle', E'SQL', false)"}));
}

TEST(SessionValues, MariaDbTakesNumbersAndTexts) {
    const SessionValues had{{"sql_mode", "ANSI"}, {"sql_select_limit", "1"}, {"database()", "a"}};
    const SessionValues wanted{
        {"sql_mode", ""}, {"sql_select_limit", "20"}, {"database()", "b"}, {"character_set_results", ""}};
    EXPECT_EQ(statements_between(had, wanted, Dialect::MariaDb),
              (Statements{"USE `b`", "SET SESSION character_set_results = NULL", "SET SESSION sql_mode = ''",
                          "SET SESSION sql_select_limit = 20"}));
}

TEST(SessionValues, WhatCannotBeSaidIsNotSaid) {
    EXPECT_EQ(statements_between({}, {{"time_zone", "a'b"}}, Dialect::MariaDb), std::nullopt);
    EXPECT_EQ(statements_between({{"a; drop", "1"}}, {}, Dialect::PostgreSql), std::nullopt);
    EXPECT_EQ(statements_between({{"database()", "a"}}, {{"database()", ""}}, Dialect::MariaDb),
              std::nullopt);
}

}  // namespace
}  // namespace freshread
