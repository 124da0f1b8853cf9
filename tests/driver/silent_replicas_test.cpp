// I3: a replica that accepts and never answers is broken off, and the leader answers within the budget. One
// that is only slow is not.
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "tests/driver/mock_driver.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

class SilentReplicas : public testing::Test {
 protected:
    void SetUp() override { mock_driver().reset(); }
    void TearDown() override { thaw(); }

    void freeze() {
        cluster("freeze replica1");
        frozen_ = true;
    }
    void thaw() {
        if (frozen_) cluster("thaw replica1");
        frozen_ = false;
    }
    static std::string impatient(const std::string& timeout = "300ms") {
        return freshread_over(mock_node("leader"), mock_node("replica1"), "ReplicaTimeout=" + timeout);
    }
    static bool returns_to_the_replica(Client& client) {
        return eventually([&] {
            client.query("select 1");
            return client.on_replica();
        });
    }

    bool frozen_ = false;
};

TEST_F(SilentReplicas, ADirectReadIsAnsweredByTheLeader) {
    Client client(impatient());
    client.query("select 1");
    ASSERT_TRUE(client.on_replica()) << client.reason();
    freeze();
    EXPECT_EQ(client.value("select 42"), "42");
    EXPECT_EQ(client.reason(), "RetriedOnLeader");
    EXPECT_EQ(calls_of("leader", "SQLExecDirect", "select 42").size(), 1U);
    EXPECT_EQ(client.value("select 43"), "43");
    EXPECT_EQ(client.reason(), "NoHealthyReplica") << "it is avoided now";
    thaw();
    EXPECT_TRUE(returns_to_the_replica(client)) << client.reason();
}

// The way that is settled has no look at anything: it is watched all the same.
TEST_F(SilentReplicas, APreparedReadThatWasSettledIsAnsweredByTheLeader) {
    const std::string state = warm_state_directory();
    Client client("DSN=freshread;MarkAge=100ms;ReplicaTimeout=300ms;User=silent;StateDir=" + state);
    const auto reason = [&] {
        return client.query("show freshread.last_route").at(0).at(2).value_or("null");
    };
    Statement statement(client);
    statement.prepare("select ?::int + 1");
    SQLINTEGER value = 41;
    SQLLEN length = 0;
    statement.check(
        SQLBindParameter(statement, 1, SQL_PARAM_INPUT, SQL_C_LONG, SQL_INTEGER, 0, 0, &value, 0, &length));
    const auto run = [&] {
        statement.execute();
        const auto rows = statement.rows();
        statement.close();
        return rows;
    };
    for (int i = 0; i < 3; ++i) EXPECT_EQ(run(), (std::vector<Row>{{"42"}}));
    ASSERT_EQ(reason(), "ReadOnReplica");
    freeze();
    EXPECT_EQ(run(), (std::vector<Row>{{"42"}}));
    EXPECT_EQ(reason(), "RetriedOnLeader");
    EXPECT_EQ(run(), (std::vector<Row>{{"42"}}));
    EXPECT_NE(reason(), "ReadOnReplica");
    thaw();
    EXPECT_TRUE(eventually([&] {
        run();
        return reason() == "ReadOnReplica";
    })) << reason();
}

TEST_F(SilentReplicas, OneThatIsSilentFromTheStart) {
    freeze();
    const std::string over = impatient();
    Client client(over);
    EXPECT_EQ(client.value("select 42"), "42");
    EXPECT_EQ(client.reason(), "NoHealthyReplica");
    EXPECT_EQ(calls_of("replica1", "SQLDriverConnect").size(), 1U);
    Client other(over);
    EXPECT_EQ(other.value("select 42"), "42");
    EXPECT_LE(calls_of("replica1", "SQLDriverConnect").size(), 2U)
        << "others need not find out for themselves";
    thaw();
    EXPECT_TRUE(returns_to_the_replica(client)) << client.reason();
    EXPECT_TRUE(returns_to_the_replica(other)) << other.reason();
}

// Catalog functions, and questions about a prepared text that its driver passes on to the server.
TEST_F(SilentReplicas, AskedOtherwiseThanByAStatement) {
    Client client(impatient());
    client.query("select 1");
    ASSERT_TRUE(client.on_replica()) << client.reason();
    Statement prepared(client);
    prepared.prepare("select 42 as answer where 1 = ?");
    freeze();
    SQLSMALLINT count = 0;
    prepared.check(SQLNumResultCols(prepared, &count));
    EXPECT_EQ(count, 1);
    thaw();
    ASSERT_TRUE(returns_to_the_replica(client)) << client.reason();
    freeze();
    Statement tables(client);
    std::string type = "TABLE";
    tables.check(SQLTables(tables, nullptr, 0, nullptr, 0, nullptr, 0,
                           reinterpret_cast<SQLCHAR*>(type.data()), SQL_NTS));
    EXPECT_EQ(tables.reason(), "RetriedOnLeader");
}

// A long query is no silence, whatever ReplicaTimeout says: the server gives a sign of life.
TEST_F(SilentReplicas, OneThatIsOnlySlowIsLeftAlone) {
    Client client(impatient("1s"));
    const std::string tag = unique_literal();
    EXPECT_EQ(client.value("/* freshread replica */ select '" + tag + "' from pg_sleep(2.6)"), tag);
    EXPECT_TRUE(client.on_replica()) << client.reason();
    EXPECT_EQ(calls_of("leader", "SQLExecDirect", tag).size(), 0U);
}

// The application's query timeout is for both nodes: the leader gets what the replica has left.
TEST_F(SilentReplicas, TheLeaderGetsWhatIsLeftOfTheQueryTimeout) {
    Client client(impatient("1min"));
    client.query("select 1");
    ASSERT_TRUE(client.on_replica()) << client.reason();
    Statement statement(client);
    constexpr SQLULEN kTimeout = 4;
    statement.check(
        SQLSetStmtAttr(statement, SQL_ATTR_QUERY_TIMEOUT, reinterpret_cast<SQLPOINTER>(kTimeout), 0));
    freeze();
    mock_driver().forget_calls();
    statement.direct("select 42");
    EXPECT_EQ(statement.reason(), "RetriedOnLeader");
    EXPECT_EQ(statement.rows(), (std::vector<Row>{{"42"}}));
    const auto limits = [] {
        std::vector<std::string> values;
        for (const std::string& call : calls_of("leader", "SQLSetStmtAttr"))
            if (call.find(" 0 ") != std::string::npos) values.push_back(call.substr(call.find(" 0 ") + 3));
        return values;
    };
    auto set = limits();
    ASSERT_FALSE(set.empty());
    EXPECT_LT(set.back(), "3") << "half of it was the replica's";
    SQLULEN shown = 0;
    statement.check(SQLGetStmtAttr(statement, SQL_ATTR_QUERY_TIMEOUT, &shown, SQL_IS_UINTEGER, nullptr));
    EXPECT_EQ(shown, kTimeout);
    statement.close();
    statement.direct("/* freshread leader */ select 42");
    EXPECT_EQ(limits().back().substr(0, 1), "4");
}

// Threads of one process whose calls are broken off at once, and others that come and go meanwhile.
TEST_F(SilentReplicas, ManyThreads) {
    const std::string over = impatient();
    constexpr int kThreads = 6;
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < kThreads; ++i) {
        clients.push_back(std::make_unique<Client>(over));
        clients.back()->query("select 1");
        ASSERT_TRUE(clients.back()->on_replica()) << clients.back()->reason();
    }
    freeze();
    for (int round = 0; round < 2; ++round) {
        std::vector<std::thread> threads;
        for (int i = 0; i < kThreads; ++i)
            threads.emplace_back([&, i] {
                EXPECT_EQ(clients.at(static_cast<std::size_t>(i))->value("select " + std::to_string(i)),
                          std::to_string(i));
            });
        for (std::thread& thread : threads) thread.join();
    }
    for (const auto& client : clients) EXPECT_FALSE(client->on_replica());
}

}  // namespace
}  // namespace freshread::test
