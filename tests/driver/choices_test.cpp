// SET, RESET and SHOW of freshread.NAME, and the hints that say the same for one statement: the driver
// answers them, and the servers' own logs say who served what came after.
#include <gtest/gtest.h>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

class Choices : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        make_item_table();
        cluster("wait replica1");
        state_ = warm_state_directory();
    }
    void SetUp() override {
        static int number = 0;
        user_ = "user" + std::to_string(++number);
        client_.emplace(freshread(state_, "User=" + user_));
        EXPECT_TRUE(eventually([&] {
            client_->query("select 1");
            return client_->on_replica();
        }));
    }

    // Who the servers say has served a read; the words stand before it.
    static std::string server_of_read(Client& client, const std::string& before = "") {
        const std::string tag = unique_literal();
        client.query(before + "select '" + tag + "'");
        return servers_of(tag);
    }
    std::string server_of_read(const std::string& before = "") { return server_of_read(*client_, before); }
    std::string shown(const std::string& name) { return client_->value("show freshread." + name); }
    // SQLSTATE and message; empty when it succeeded.
    std::string refusal_of(const std::string& sql) {
        try {
            client_->execute(sql);
            return {};
        } catch (const OdbcError& error) {
            return error.what();
        }
    }

    static inline std::string state_{};
    std::string user_{};
    std::optional<Client> client_{};
};

TEST_F(Choices, ThePolicyOfASession) {
    EXPECT_EQ(server_of_read(), "replica");
    client_->execute("set freshread.policy = 'leader'");
    EXPECT_EQ(server_of_read(), "leader");
    EXPECT_EQ(client_->reason(), "PolicyLeader");
    Client other(freshread(state_, "User=" + user_));
    EXPECT_EQ(server_of_read(other), "replica") << "another session";
    client_->execute("SET Freshread.Policy TO Any;");
    EXPECT_EQ(server_of_read(), "replica");
    EXPECT_EQ(shown("policy"), "any");
    client_->execute("set freshread.policy to leader");
    client_->execute("reset freshread.policy");
    EXPECT_EQ(server_of_read(), "replica");
    EXPECT_EQ(shown("policy"), "position");
    client_->execute("set session freshread.policy = 'leader'");
    client_->execute("set freshread.policy = default");
    EXPECT_EQ(shown("policy"), "position");
}

// What is prepared goes by what is chosen when it is executed.
TEST_F(Choices, ASettledReadHeedsANewChoice) {
    Statement read(*client_);
    read.prepare("select 1");
    const auto execute = [&] {
        read.execute();
        EXPECT_EQ(read.rows().size(), 1U);
        read.close();
        return read.reason();
    };
    for (int i = 0; i < 3; ++i) EXPECT_EQ(execute(), "ReadOnReplica");
    client_->execute("set freshread.policy = 'leader'");
    EXPECT_EQ(execute(), "PolicyLeader");
    client_->execute("reset freshread.policy");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(execute(), "ReadOnReplica");
}

TEST_F(Choices, EveryChoiceIsSetAndShown) {
    struct Case {
        std::string name, first, given, then;
    };
    for (const auto& [name, first, given, then] :
         {Case{"policy", "position", "'window'", "window"}, Case{"window", "60 s", "'1500ms'", "1500 ms"},
          Case{"transactionreads", "leader", "'until-write'", "until-write"},
          Case{"onlag", "leader", "'wait 1.5s,Stale'", "wait 1500 ms, stale"},
          Case{"maxlag", "none", "'1.5s'", "1500 ms"}, Case{"monotonic", "auto", "Strict", "strict"},
          Case{"explain", "yes", "no", "no"}, Case{"user", user_, "'O''Neill'", "O'Neill"}}) {
        EXPECT_EQ(shown(name), first);
        client_->execute("set freshread." + name + " = " + given);
        EXPECT_EQ(shown(name), then);
        client_->execute("reset freshread." + name);
        EXPECT_EQ(shown(name), first);
    }
}

TEST_F(Choices, TheyEndWithTheSettingsOfTheSession) {
    for (const char* end : {"reset all", "discard all"}) {
        client_->execute("set freshread.policy = 'leader'");
        client_->execute("set freshread.user = 'somebody'");
        client_->execute(end);
        EXPECT_EQ(shown("policy"), "position") << end;
        EXPECT_EQ(shown("user"), user_) << end;
        EXPECT_EQ(server_of_read(), "replica") << end;
    }
}

// psqlodbc itself answers that it does not know the attribute.
TEST_F(Choices, TheyEndWhenTheConnectionGoesBackToAPool) {
    client_->execute("set freshread.policy = 'leader'");
    client_->execute("set freshread.user = 'somebody'");
    SQLSetConnectAttr(client_->handle(), SQL_ATTR_RESET_CONNECTION,
                      reinterpret_cast<SQLPOINTER>(SQL_RESET_CONNECTION_YES), 0);
    EXPECT_EQ(shown("policy"), "position");
    EXPECT_EQ(shown("user"), user_);
}

// An application may ask about its own connection; without the driver manager's pool nobody else has it.
TEST_F(Choices, AskingWhetherTheConnectionIsDeadEndsNothing) {
    client_->execute("set freshread.user = 'somebody'");
    SQLUINTEGER dead = SQL_CD_TRUE;
    SQLGetConnectAttr(client_->handle(), SQL_ATTR_CONNECTION_DEAD, &dead, 0, nullptr);
    EXPECT_EQ(shown("user"), "somebody");
}

TEST_F(Choices, WhatIsRefusedChangesNothing) {
    const int sent = served_by("leader", "freshread.answered");
    struct Case {
        std::string sql, begins, mentions;
    };
    for (const auto& [sql, begins, mentions] :
         {Case{"set freshread.policy = 'psition'", "22023:",
               "The keyword 'Policy' has the value 'psition'; accepted: leader, window, position, token"},
          Case{"set freshread.window = '5'", "22023:", "The keyword 'Window' has the value '5'"},
          Case{"set freshread.window = '0 ms'", "22023:", "from 1 ms"},
          Case{"set freshread.transactionreads = 'replica'", "22023:", "accepted: leader, until-write"},
          Case{"set freshread.explain = 'perhaps'", "22023:", "accepted: yes, no"},
          Case{"set freshread.user = ''", "22023:", "accepted: a name"},
          Case{"set freshread.store = 'memory:'",
               "55P02:", "The keyword 'store' counts only when connecting"},
          Case{"set freshread.polcy = 'any'", "42704:", "The keyword 'polcy' is not known"},
          Case{"reset freshread.polcy", "42704:", "accepted: Policy, Window"},
          Case{"show freshread.polcy", "42704:", "last_route, counters, nodes, status"},
          Case{"set local freshread.policy = 'any'", "0A000:", "SET LOCAL"},
          Case{"set freshread.policy", "42601:", "SET freshread.NAME"},
          Case{"set freshread.policy = ?", "42601:", "SET freshread.NAME"},
          Case{"set freshread.policy = 'any', 'leader'", "42601:", "SET freshread.NAME"},
          Case{"set freshread.policy = 'any'; select 1", "42601:", "a statement of their own"},
          Case{"select 1; set freshread.user = 'a'", "42601:", "a statement of their own"}}) {
        const std::string refusal = refusal_of(sql);
        EXPECT_TRUE(refusal.starts_with(begins)) << sql << " -> " << refusal;
        EXPECT_NE(refusal.find(mentions), std::string::npos) << sql << " -> " << refusal;
    }
    EXPECT_EQ(served_by("leader", "freshread.answered"), sent);
    EXPECT_EQ(shown("policy"), "position");
    EXPECT_EQ(shown("window"), "60 s");
    EXPECT_EQ(shown("user"), user_);
    EXPECT_EQ(server_of_read(), "replica");
    EXPECT_EQ(served_by("leader", "psition"), 0) << "no server sees it";
}

TEST_F(Choices, AnsweredLikeAnyStatementWithoutAResult) {
    Statement set(*client_);
    set.prepare("set freshread.policy = 'leader'");
    EXPECT_EQ(shown("policy"), "position") << "only prepared";
    set.execute();
    SQLSMALLINT columns = -1;
    set.check(SQLNumResultCols(set, &columns));
    EXPECT_EQ(columns, 0);
    EXPECT_EQ(shown("policy"), "leader");
    set.direct("select 42");
    EXPECT_EQ(set.rows(), (std::vector<Row>{{"42"}}));
}

// One that is rolled back takes nothing back, since no server has a part in it.
TEST_F(Choices, InsideATransaction) {
    client_->execute("begin");
    client_->execute("set freshread.policy = 'any'");
    client_->execute("rollback");
    EXPECT_EQ(shown("policy"), "any");
}

TEST_F(Choices, TransactionsReadOnReplicasFromThenOn) {
    const auto server_in_transaction = [&] {
        client_->execute("begin");
        const std::string server = server_of_read();
        client_->execute("commit");
        return server;
    };
    EXPECT_EQ(server_in_transaction(), "leader");
    client_->execute("set freshread.transactionreads = 'until-write'");
    EXPECT_EQ(server_in_transaction(), "replica");
    client_->execute("reset freshread.transactionreads");
    EXPECT_EQ(server_in_transaction(), "leader");
}

TEST_F(Choices, TheWindowOfASession) {
    client_->execute("set freshread.policy = 'window'");
    client_->execute("set freshread.window = '10 min'");
    EXPECT_EQ(server_of_read(), "leader") << "the table is younger than the window";
    client_->execute("set freshread.window = '1 ms'");
    EXPECT_EQ(server_of_read(), "replica");
}

// --- hints

TEST_F(Choices, TheHintsOfAStatement) {
    EXPECT_EQ(server_of_read("/* freshread policy=leader */ "), "leader");
    EXPECT_EQ(server_of_read(), "replica");
    client_->execute("set freshread.policy = 'leader'");
    EXPECT_EQ(server_of_read("/* freshread policy=any */ "), "replica");
    EXPECT_EQ(server_of_read("/* freshread policy=any, leader */ "), "leader") << "the stronger one";
    EXPECT_EQ(server_of_read("/* freshread policy=position */ "), "replica");
    EXPECT_EQ(server_of_read("/* freshread fresh */ "), "leader") << "the policy demands more";
    EXPECT_EQ(server_of_read(), "leader");
}

TEST_F(Choices, AFreshReadSeesTheUsersWritesWhateverThePolicy) {
    client_->execute("set freshread.policy = 'any'");
    cluster("pause replica1");
    client_->execute("insert into item values (1)");
    EXPECT_EQ(client_->value("select count(*) from item"), "0");
    EXPECT_TRUE(client_->on_replica()) << client_->reason();
    for (const std::string hint : {"fresh", "policy=position", "fresh replica"}) {
        EXPECT_EQ(client_->value("/* freshread " + hint + " */ select count(*) from item"), "1") << hint;
        EXPECT_FALSE(client_->on_replica()) << hint;
    }
    cluster("resume replica1");
}

TEST_F(Choices, AHintThatIsNotUnderstoodIsAWarning) {
    client_->execute("set freshread.explain = no");
    for (const std::string hint : {"leeder", "policy=psition", "user="}) {
        for (const std::string sql : {"select 1", "set time zone 'UTC'"}) {
            Statement statement(*client_);
            std::string text = "/* freshread " + hint + " */ " + sql;
            EXPECT_EQ(SQLExecDirect(statement, reinterpret_cast<SQLCHAR*>(text.data()), SQL_NTS),
                      SQL_SUCCESS_WITH_INFO);
            const std::string warning = error_of(SQL_HANDLE_STMT, statement).what();
            EXPECT_TRUE(warning.starts_with("01000:")) << warning;
            EXPECT_NE(warning.find("'" + hint + "'"), std::string::npos) << warning;
        }
    }
}

// --- what is shown

TEST_F(Choices, StatusNodesAndVersionAreShown) {
    client_->query("select 1");
    const auto nodes = client_->query("show freshread.nodes");
    ASSERT_EQ(nodes.size(), 2U);
    EXPECT_EQ(nodes[0].at(0), "pg_leader");
    EXPECT_EQ(nodes[0].at(1), "leader");
    EXPECT_EQ(nodes[1].at(0), "pg_replica1");
    EXPECT_EQ(nodes[1].at(1), "replica");
    EXPECT_TRUE(nodes[1].at(2).has_value()) << "its position";
    EXPECT_GT(std::stoi(nodes[1].at(6).value_or("0")), 0) << "what it has served";
    bool user_shown = false;
    for (const Row& row : client_->query("show freshread.status"))
        user_shown = user_shown || row == Row{"User", user_};
    EXPECT_TRUE(user_shown);
    EXPECT_NE(shown("version"), "");
}

}  // namespace
}  // namespace freshread::test
