// Transaction control, session state, and what the driver itself answers.
#include <gtest/gtest.h>

#include "classification.h"

namespace freshread {
namespace {

using Access = TransactionModes::Access;
using Isolation = TransactionModes::Isolation;

TransactionVerb verb_of(std::string_view text, const LexicalSettings& settings = kPostgreSql) {
    return classify(text, settings).verb;
}

TEST(ClassifierTransaction, Verbs) {
    const std::pair<std::string_view, TransactionVerb> cases[] = {
        {"begin", TransactionVerb::Begin},
        {"BEGIN WORK", TransactionVerb::Begin},
        {"start transaction", TransactionVerb::Begin},
        {"commit", TransactionVerb::Commit},
        {"commit work;", TransactionVerb::Commit},
        {"end", TransactionVerb::Commit},
        {"end transaction", TransactionVerb::Commit},
        {"commit and no chain", TransactionVerb::Commit},
        {"commit and chain", TransactionVerb::CommitAndChain},
        {"END TRANSACTION AND CHAIN", TransactionVerb::CommitAndChain},
        {"rollback", TransactionVerb::Rollback},
        {"abort", TransactionVerb::Rollback},
        {"rollback work and chain", TransactionVerb::RollbackAndChain},
        {"savepoint a", TransactionVerb::Savepoint},
        {"savepoint savepoint", TransactionVerb::Savepoint},
        {"release a", TransactionVerb::Savepoint},
        {"release savepoint a", TransactionVerb::Savepoint},
        {"rollback to a", TransactionVerb::Savepoint},
        {"rollback work to savepoint a", TransactionVerb::Savepoint},
        {"prepare transaction 'x'", TransactionVerb::PrepareTransaction},
        {"commit prepared 'x'", TransactionVerb::CommitPrepared},
        {"rollback prepared 'x'", TransactionVerb::RollbackPrepared},
        {"set transaction read only", TransactionVerb::SetTransaction},
        {"set local transaction_read_only = on", TransactionVerb::SetTransaction},
        {"set session characteristics as transaction read only", TransactionVerb::SetTransaction},
        {"/* x */ commit -- y", TransactionVerb::Commit},
    };
    for (const auto& [text, verb] : cases) {
        EXPECT_EQ(verb_of(text), verb) << text;
        EXPECT_EQ(postgresql(text), "Transaction") << text;
        EXPECT_FALSE(classify(text, kPostgreSql).effect_before_commit) << text;
    }
    EXPECT_EQ(verb_of("select 1"), TransactionVerb::None);
    EXPECT_EQ(verb_of("select 'commit'"), TransactionVerb::None);
}

TEST(ClassifierTransaction, VerbsOfMariaDb) {
    EXPECT_EQ(verb_of("xa start 'a'", kMariaDb), TransactionVerb::Begin);
    EXPECT_EQ(verb_of("xa end 'a','b',1", kMariaDb), TransactionVerb::Savepoint);
    EXPECT_EQ(verb_of("xa prepare 'a'", kMariaDb), TransactionVerb::PrepareTransaction);
    EXPECT_EQ(verb_of("xa commit 'a'", kMariaDb), TransactionVerb::CommitPrepared);
    EXPECT_EQ(verb_of("xa commit 'a' one phase", kMariaDb), TransactionVerb::Commit);
    EXPECT_EQ(verb_of("xa rollback 'a'", kMariaDb), TransactionVerb::RollbackPrepared);
    EXPECT_EQ(mariadb("xa recover"), "Read/NodeDependent");
    EXPECT_EQ(verb_of("commit and chain no release", kMariaDb), TransactionVerb::CommitAndChain);
    EXPECT_EQ(verb_of("start transaction with consistent snapshot, read only", kMariaDb),
              TransactionVerb::Begin);
    EXPECT_EQ(classify("start transaction with consistent snapshot, read only", kMariaDb).modes.access,
              Access::ReadOnly);
    EXPECT_EQ(mariadb("start slave"), "Unknown/UnknownStatement");
    EXPECT_EQ(mariadb("begin not atomic select 1; commit; end"), "Unknown/UnknownStatement");
    EXPECT_EQ(verb_of("begin not atomic select 1; commit; end", kMariaDb), TransactionVerb::None);
    EXPECT_EQ(mariadb("end"), "Unknown/UnknownStatement");
}

TEST(ClassifierTransaction, Modes) {
    const auto modes = [](std::string_view text) { return classify(text, kPostgreSql).modes; };
    EXPECT_EQ(modes("begin read only").access, Access::ReadOnly);
    EXPECT_EQ(modes("begin read write").access, Access::ReadWrite);
    EXPECT_EQ(modes("begin").access, Access::Default);
    EXPECT_EQ(modes("begin isolation level serializable read only, deferrable").isolation,
              Isolation::Serializable);
    EXPECT_EQ(modes("begin isolation level serializable read only, deferrable").access, Access::ReadOnly);
    EXPECT_EQ(modes("start transaction isolation level repeatable read").isolation,
              Isolation::RepeatableRead);
    EXPECT_EQ(modes("set transaction isolation level read committed").isolation, Isolation::ReadCommitted);
    EXPECT_EQ(modes("set transaction isolation level read uncommitted").isolation,
              Isolation::ReadUncommitted);
    EXPECT_EQ(modes("set transaction_isolation to 'repeatable read'").isolation, Isolation::RepeatableRead);
    EXPECT_EQ(modes("set transaction_read_only = off").access, Access::ReadWrite);
    // Modes of later transactions are not those of this one.
    EXPECT_EQ(modes("set session characteristics as transaction read only").access, Access::Default);
    EXPECT_EQ(postgresql("begin isolation level chaos"), "Unknown/UnknownStatement");
    EXPECT_EQ(postgresql("commit and"), "Unknown/UnknownStatement");
    EXPECT_EQ(postgresql("commit 5"), "Unknown/UnknownStatement");
}

TEST(ClassifierTransaction, TheLastOfSeveralCounts) {
    EXPECT_EQ(verb_of("begin; insert into t values (1); commit"), TransactionVerb::Commit);
    EXPECT_EQ(verb_of("commit; begin read only"), TransactionVerb::Begin);
    EXPECT_EQ(classify("commit; begin read only", kPostgreSql).modes.access, Access::ReadOnly);
    EXPECT_EQ(verb_of("begin; select 1"), TransactionVerb::Begin);
    EXPECT_EQ(postgresql("begin; select 1"), "Unknown/SeveralStatements");
    EXPECT_EQ(verb_of("rollback; select ("), TransactionVerb::Rollback);
    // The END of a body is no COMMIT.
    EXPECT_EQ(verb_of("create function f() returns int begin atomic select 1; end"), TransactionVerb::None);
    EXPECT_EQ(verb_of("create procedure p() begin commit; end", kMariaDb), TransactionVerb::None);
}

TEST(ClassifierSession, StateToReplay) {
    for (const std::string_view text :
         {"set search_path to a, b", "SET TimeZone = 'UTC'", "set time zone interval '1' hour",
          "set session x = 1", "set role r", "set session authorization u", "reset all", "reset x",
          "reset role", "set names 'utf8'", "discard all", "set x to default",
          "select set_config('a', 'b', false)", "set default_transaction_read_only = on", "set my.var = 'x'",
          "SELECT pg_catalog.set_config('search_path', '', false)"}) {
        const auto found = classify(text, kPostgreSql);
        EXPECT_EQ(postgresql(text), "SessionState") << text;
        EXPECT_FALSE(found.local_setting) << text;
        EXPECT_FALSE(found.alters_session) << text;
    }
    for (const std::string_view text :
         {"set names utf8mb4", "set time_zone = '+00:00'", "set session sql_mode = 'ANSI'",
          "set @a = 1, @b = 'x'", "use db", "set @@session.x = 1", "set character set utf8", "set role r"}) {
        EXPECT_EQ(mariadb(text), "SessionState") << text;
    }
}

TEST(ClassifierSession, LocalSettings) {
    for (const std::string_view text :
         {"set local x = 1", "SET LOCAL search_path TO a", "select set_config('a', 'b', true)",
          "set constraints all deferred", "set local role r"}) {
        EXPECT_EQ(postgresql(text), "SessionState") << text;
        EXPECT_TRUE(classify(text, kPostgreSql).local_setting) << text;
    }
    // MariaDB's LOCAL is SESSION.
    EXPECT_FALSE(classify("set local x = 1", kMariaDb).local_setting);
}

TEST(ClassifierSession, StateThatCannotBeRepeated) {
    for (const std::string_view text :
         {"select set_config('a', x, false) from t", "select set_config('a', ?, ?)", "set a = 1; set b = 2",
          "insert into t select set_config('a', 'b', false)",
          "select set_config('a', 'b', false), current_setting('c')",
          "select set_config('a', 'b', false), f(1)", "select set_config('a', 'b', false); select 1",
          "select set_config('a', 'b', false), set_config('c', 'd', true)", "set search_path = f(1)"}) {
        EXPECT_TRUE(classify(text, kPostgreSql).alters_session) << text;
        EXPECT_NE(classify(text, kPostgreSql).kind, StatementKind::SessionState) << text;
    }
    for (const std::string_view text :
         {"set @a = (select max(x) from t)", "set @a = last_insert_id()", "set @a = @b",
          "set sql_mode = concat(@@sql_mode, ',x')", "select @a := 1", "set statement x = 1 for select 1"}) {
        EXPECT_TRUE(classify(text, kMariaDb).alters_session) << text;
        EXPECT_NE(classify(text, kMariaDb).kind, StatementKind::SessionState) << text;
    }
    EXPECT_FALSE(classify("insert into t select set_config('a', 'b', true)", kPostgreSql).alters_session);
}

TEST(ClassifierSession, Autocommit) {
    for (const std::string_view text :
         {"set autocommit = 0", "set @@autocommit = 1", "set session autocommit=0",
          "set names utf8, autocommit = 0", "SET @@SESSION.AUTOCOMMIT = 1"}) {
        EXPECT_TRUE(classify(text, kMariaDb).changes_autocommit) << text;
        EXPECT_EQ(classify(text, kMariaDb).kind, StatementKind::Unknown) << text;
    }
    EXPECT_FALSE(classify("set a = 'autocommit'", kMariaDb).changes_autocommit);
    for (const std::string_view text :
         {"set autocommit = 1", "SET @@session.autocommit := ON", "set autocommit=true"})
        EXPECT_TRUE(classify(text, kMariaDb).turns_autocommit_on) << text;
    for (const std::string_view text :
         {"set autocommit = 0", "set @autocommit = 1", "set global autocommit = 1", "set autocommit = 1 - 1",
          "set @@global.autocommit = 1", "set autocommit = 1, sql_mode = ''", "set a = 1, autocommit = 1",
          "set autocommit = @x", "set autocommit = 1; set autocommit = 0",
          "set autocommit = 0; set autocommit = 1", "/*!50000 set */ autocommit = 1",
          "set autocommit = /*!99999 0 + */ 1", "set autocommit = '1'"})
        EXPECT_FALSE(classify(text, kMariaDb).turns_autocommit_on) << text;
    EXPECT_FALSE(classify("set implicit_transactions on", kGeneric).turns_autocommit_on);
}

TEST(ClassifierSession, AnsweredByTheDriver) {
    for (const std::string_view text :
         {"set freshread.policy = 'leader'", "SET FRESHREAD.User TO 'a'", "show freshread.last_route",
          "show freshread nodes", "set session freshread.policy = 'any'", "reset freshread.policy",
          "/* x */ show freshread.status;"}) {
        EXPECT_EQ(postgresql(text), "Freshread") << text;
    }
    EXPECT_EQ(mariadb("set @freshread_policy = 'leader'"), "Freshread");
    EXPECT_EQ(mariadb("show freshread status"), "Freshread");
    EXPECT_NE(postgresql("set freshreads.policy = 1"), "Freshread");
    EXPECT_NE(mariadb("set @a = 1, @freshread_policy = 'x'"), "SessionState");
    EXPECT_EQ(mariadb("reset freshread.policy"), "Freshread");
    EXPECT_EQ(postgresql("set freshread.policy = 'a'; select 1"), "Unknown/SeveralStatements");
    for (const std::string_view text : {"set freshread.a = 1; select 1", "select 1; show freshread.a"})
        EXPECT_TRUE(classify(text, kPostgreSql).own_among_others) << text;
    EXPECT_TRUE(classify("set @a = 1, @freshread_policy = 'x'", kMariaDb).own_among_others);
    EXPECT_FALSE(classify("set freshread.a = 1;", kPostgreSql).own_among_others);
    EXPECT_FALSE(classify("select 1; select 2", kPostgreSql).own_among_others);
}

TEST(ClassifierHints, AreReadFromComments) {
    const auto hints = [](std::string_view text) { return classify(text, kPostgreSql).hints; };
    EXPECT_TRUE(hints("/* freshread leader */ select 1").leader);
    EXPECT_TRUE(hints("select 1 /* freshread replica */").replica);
    EXPECT_TRUE(hints("select /*FRESHREAD Fresh*/ 1").fresh);
    EXPECT_TRUE(hints("select 1 -- freshread leader").leader);
    EXPECT_EQ(hints("/* freshread user=alice token=abc.def */ select 1").user, "alice");
    EXPECT_EQ(hints("/* freshread user=alice, token=abc.def */ select 1").token, "abc.def");
    EXPECT_EQ(hints("/* freshread user=a */ select 1 /* freshread user=b leader */").user, "a");
    EXPECT_TRUE(hints("/* freshread user=a */ select 1 /* freshread user=b leader */").leader);
    EXPECT_EQ(hints("/* freshread policy=Any, policy=leader */ select 1").policy, Policy::Any);
    EXPECT_EQ(hints("/* freshread policy=psition */ select 1").malformed, "policy=psition");
    EXPECT_EQ(hints("/* freshread leeder */ select 1").malformed, "leeder");
    EXPECT_EQ(hints("/* freshread user= */ select 1").malformed, "user=");
    EXPECT_FALSE(hints("/* freshread */ select 1").malformed.empty());
    EXPECT_TRUE(hints("/* freshread leeder leader */ select 1").leader);
    EXPECT_TRUE(hints("/* freshread leader */").leader);
}

TEST(ClassifierHints, OtherCommentsAreNone) {
    for (const std::string_view text :
         {"/* freshreading leader */ select 1", "/* see freshread leader */ select 1",
          "select '/* freshread leader */'", "select 1", "/* leader */ select 1"}) {
        const auto hints = classify(text, kPostgreSql).hints;
        EXPECT_FALSE(hints.leader) << text;
        EXPECT_TRUE(hints.malformed.empty()) << text;
    }
}

}  // namespace
}  // namespace freshread
