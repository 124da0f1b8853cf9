// The language of mysqltest, as far as it is read.
#include "mysqltest_script.h"

#include <gtest/gtest.h>

namespace freshread::test {
namespace {

using Statements = std::vector<std::string>;

Statements statements_of(const std::string& text) {
    MysqltestScript script;
    script.read(text);
    return script.statements();
}

TEST(MysqltestScript, StatementsEndWithTheDelimiter) {
    EXPECT_EQ(statements_of("select 1;\nselect\n 2 ; select 3"),
              (Statements{"select 1", "select\n 2", "select 3"}));
    EXPECT_EQ(
        statements_of("delimiter |;\ncreate procedure p() begin select 1; end|\ndelimiter ;|\nselect 2;"),
        (Statements{"create procedure p() begin select 1; end", "select 2"}));
    EXPECT_EQ(statements_of("--delimiter //\nselect 1; //\n--delimiter ;\nselect 2;"),
              (Statements{"select 1;", "select 2"}));
}

TEST(MysqltestScript, QuotesHideTheDelimiter) {
    EXPECT_EQ(statements_of(R"(select ';', "a;\";", `;`; select 2;)"),
              (Statements{R"(select ';', "a;\";", `;`)", "select 2"}));
}

TEST(MysqltestScript, CommentsAndCommandsAreNoStatements) {
    EXPECT_EQ(
        statements_of("# it's; a comment\n--error 1064, ER_X\nselect 1;\n--echo it's\n-- disable_query_log\n"
                      "echo done;\nconnection con1;\nsend select 2;\nreap;\nSLEEP 3;"),
        (Statements{"select 1", "select 2"}));
}

TEST(MysqltestScript, WhatIsDisabledOrOfAnotherProgramIsLeftOut) {
    EXPECT_EQ(statements_of("--disable_parsing\nselect 1;\n--enable_parsing\nperl;\nselect 2;\nEOF\n"
                            "write_file /tmp/x END;\nselect 3;\nEND\nselect 4;"),
              Statements{"select 4"});
}

TEST(MysqltestScript, BodiesAreTakenOnce) {
    EXPECT_EQ(statements_of(
                  "let $i= 3;\nwhile ($i)\n{\n  eval insert into t values ($i);\n  dec $i;\n}\nselect 1;\n"
                  "if (`select 1`) {\n select 2;\n}\n--if ($x)\n--{\nselect 3;\n--}\n"),
              (Statements{"insert into t values (3)", "select 1", "select 2", "select 3"}));
}

TEST(MysqltestScript, VariablesAreFilledInWhereEvalSaysSo) {
    MysqltestScript script;
    script.read(
        "let $t= t1;\n--let $where = a = 'x'\neval select * from $t where $where;\n"
        "eval select '$unknown';\nselect '$t';\nlet $t = `select 1`;\neval select $t;\n");
    EXPECT_EQ(script.statements(), (Statements{"select * from t1 where a = 'x'", "select '$t'"}));
    EXPECT_EQ(script.unknown(), 2U);
}

TEST(MysqltestScript, WhatItSourcesIsReadInItsPlace) {
    MysqltestScript script([](const std::string& name) -> std::optional<std::string> {
        if (name == "include/a.inc") return "select 2;\n--source include/a.inc\n";
        return std::nullopt;
    });
    script.read("select 1;\n--source include/a.inc\nsource include/missing.inc;\nselect 3;");
    EXPECT_EQ(script.statements().front(), "select 1");
    EXPECT_EQ(script.statements()[1], "select 2");
    EXPECT_EQ(script.statements().back(), "select 3");
    EXPECT_LE(script.statements().size(), 10U);  // it sources itself
}

}  // namespace
}  // namespace freshread::test
