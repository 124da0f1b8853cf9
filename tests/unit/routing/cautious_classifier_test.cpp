// A text is what it is only when every reading of its backslashes and quotes agrees.
#include "routing/cautious_classifier.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace freshread {
namespace {

StatementClass cautious_postgresql(std::string_view text) {
    return classify_cautiously(text, Dialect::PostgreSql);
}
StatementClass cautious_mariadb(std::string_view text) {
    return classify_cautiously(text, Dialect::MariaDb);
}

TEST(CautiousClassifier, WhatEveryReadingTakesForAReadIsOne) {
    for (const std::string_view text :
         {"select 'a' from t", R"(select 'a\b' from t where c like '50\%')", R"(select E'\'' from t)",
          R"(select 'C:\\x')", R"(select 'a\')", R"(select "a\b" from t)"}) {
        EXPECT_EQ(cautious_postgresql(text).kind, StatementKind::Read) << text;
    }
    for (const std::string_view text :
         {R"(select "text" from t)", R"(select 'a\\b' from t)", R"(select "it's" from t)",
          R"(select 'it\'s' from t)", R"(select * from t where a = 'it\'s' and b = 'that\'s')"}) {
        EXPECT_EQ(cautious_mariadb(text).kind, StatementKind::Read) << text;
    }
}

// A comment that servers execute and that does not end, behind what one reading takes for the end of a
// string.
TEST(CautiousClassifier, WhatStandsBehindTheTextCountsForNothing) {
    const std::string more = R"(set'\'/*!#'\)";
    const auto text = std::string_view(more).substr(0, more.size() - 1);
    EXPECT_EQ(cautious_mariadb(text).kind, cautious_mariadb(std::string(text)).kind);
    EXPECT_EQ(cautious_mariadb(text).kind, StatementKind::Unknown);
}

TEST(CautiousClassifier, WhatOneReadingTakesForAWriteIsNoRead) {
    for (const std::string_view text :
         {R"(select 'a\', nextval('s'), ' ')", R"(select 'a\'; delete from t; --')",
          R"(select 'a\' from t; -- ' for update)"}) {
        EXPECT_NE(cautious_postgresql(text).kind, StatementKind::Read) << text;
        EXPECT_FALSE(cautious_postgresql(text).read_but_for_functions) << text;
    }
    for (const std::string_view text :
         {R"(select 'a\', f(1), ' ')", R"(select "f"(1))", R"(select "a\", f(1), "b")",
          R"(select 'a\', 1; delete from t where a = 'b')"}) {
        EXPECT_NE(cautious_mariadb(text).kind, StatementKind::Read) << text;
    }
}

// These would run without a mark.
TEST(CautiousClassifier, WhatOneReadingTakesForAWriteIsNoSettingEither) {
    for (const std::string_view text :
         {R"(set a = 'b\'; delete from t; --')", R"(set freshread.policy = 'b\'; delete from t; --')"}) {
        EXPECT_EQ(cautious_postgresql(text).kind, StatementKind::Unknown) << text;
        EXPECT_TRUE(cautious_postgresql(text).effect_before_commit) << text;
    }
    EXPECT_TRUE(cautious_postgresql(R"(set a = 'b\'; delete from t; --')").alters_session);
    EXPECT_EQ(cautious_postgresql(R"(set a = 'b\c')").kind, StatementKind::SessionState);
    EXPECT_EQ(cautious_postgresql(R"(prepare transaction 'b\'; delete from t; --')").verb,
              TransactionVerb::PrepareTransaction);
}

TEST(CautiousClassifier, KeepsTheNamesOfAllReadings) {
    const auto found = cautious_postgresql(R"(select 'a\' from t; --' from u where f(1))");
    for (const std::string_view name : {"t", "u"}) {
        EXPECT_NE(std::find(found.tables.begin(), found.tables.end(), name), found.tables.end()) << name;
    }
}

}  // namespace
}  // namespace freshread
