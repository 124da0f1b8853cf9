#include "routing/text_shape.h"

#include <gtest/gtest.h>

#include "classification.h"

namespace freshread {
namespace {

std::string shape(std::string_view text, Dialect dialect = Dialect::PostgreSql) {
    std::string room;
    const auto found = shape_of(text, dialect, room);
    if (!found) return "none";
    std::string out(*found);
    for (char& c : out) {
        if (c == '\x01') c = '#';
        if (c == '\x02') c = '\'';
    }
    return out;
}

TEST(TextShape, TakesOutNumbersAndStrings) {
    EXPECT_EQ(shape("select a from t where i = 4711 and s = 'it''s'"),
              "select a from t where i = # and s = '");
    EXPECT_EQ(shape("INSERT INTO t VALUES (1,'a'),(-2.50,''),(3::text)"),
              "INSERT INTO t VALUES (#,'),(-#,'),(#::text)");
    EXPECT_EQ(shape("select a[1] from t limit 10"), "select a[#] from t limit #");
    EXPECT_EQ(shape("update t set a=12;"), "update t set a=#;");
}

TEST(TextShape, LeavesWhatMayBelongToANameOrBeMoreThanDigits) {
    for (const char* text :
         {"select a1, t2.c3 from t4", "select 1e5, 0x1F, 1., .5, 1abc", "select E'a', U&'b', N'c', t.'x'",
          "select \"a 1\", \"b\"\"2 '3'\" from \"t 4\"", "select `a 1` from t", "select @1, a:1"}) {
        EXPECT_EQ(shape(text), text);
    }
}

TEST(TextShape, IsNoneWhereItIsNotSureWhatALiteralIs) {
    for (const char* text :
         {"select 1 -- freshread:leader", "select /* 1 */ 1", "select 'a\\' , 1", "select $$ 1 $$",
          "select $1", "select 1 # 2", "select 'open", "select \"open", "select '\x01'", "select \x02 1",
          "set a = 1", "explain (analyze 0) delete from t", "fetch 1 from c", "(select 1)", " select 1",
          "sel", ""}) {
        EXPECT_EQ(shape(text), "none") << text;
    }
    EXPECT_EQ(shape("select [a 1] from t", Dialect::Generic), "none");
    EXPECT_EQ(shape("select [a 1] from t", Dialect::MariaDb), "none");
}

TEST(TextShape, ClassesThatHangOnALiteralDoNotBelongToIt) {
    for (const char* text : {"select set_config('a', 'b', 'true')", "select set_config('a', 'b', 'false')",
                             "insert into t select set_config('a', 'b', 'false')",
                             "insert into t select set_config('a', 'b', 't')"}) {
        EXPECT_FALSE(belongs_to_shape(classify(text, kPostgreSql))) << text;
    }
    for (const char* text : {"select a from t where b = 'x'", "delete from t where i = 1",
                             "select a from t where b = 'x' for update"}) {
        EXPECT_TRUE(belongs_to_shape(classify(text, kPostgreSql))) << text;
    }
}

// Every byte at every place of what is copied many at a time.
TEST(TextShape, IsTheSameWhereverAByteStands) {
    const std::string before = "select a from t where ";
    for (int c = 0; c < 256; ++c) {
        const std::string byte(1, static_cast<char>(c));
        const std::string alone = shape(before + byte + " ");
        for (std::size_t blanks = 1; blanks < 40; ++blanks) {
            const std::string gap(blanks, ' ');
            const std::string rest = blanks % 3 == 0 ? "from_a_table_with_a_long_name" : "";
            const std::string expected =
                alone == "none" ? alone : before + gap + alone.substr(before.size()) + gap + rest;
            EXPECT_EQ(shape(before + gap + byte + " " + gap + rest), expected) << c << ", " << blanks;
        }
    }
}

}  // namespace
}  // namespace freshread
