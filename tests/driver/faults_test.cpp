// Nodes that die while a client runs: the leader answers, or a clear error comes; never a stale row, never a
// crash.
#include <gtest/gtest.h>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

class Faults : public testing::Test {
 protected:
    void SetUp() override {
        // A test before this one may have failed with a node down.
        for (const std::string node : {"leader", "replica1"}) {
            try {
                on_node(node, "select 1");
            } catch (const std::exception&) {
                cluster("start " + node);
            }
        }
        make_item_table("id int primary key, name text");
        on_node("leader", "insert into item values (1, 'one')");
        cluster("wait replica1");
        state_ = warm_state_directory();
    }

    std::string state_{};
};

TEST_F(Faults, TheReplicaIsKilledWhileAClientReads) {
    Client client(freshread(state_, "User=u1"));
    Statement prepared(client);
    prepared.prepare("select name from item where id = 1");
    prepared.execute();
    EXPECT_EQ(prepared.rows().at(0).at(0), "one");
    EXPECT_TRUE(prepared.on_replica()) << prepared.reason();
    prepared.close();
    cluster("kill replica1");
    prepared.execute();
    EXPECT_EQ(prepared.rows().at(0).at(0), "one");
    EXPECT_EQ(prepared.reason(), "RetriedOnLeader");
    prepared.close();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(client.value("select name from item where id = 1"), "one");
    client.execute("update item set name = 'two' where id = 1");
    EXPECT_EQ(client.value("select name from item where id = 1"), "two");
    cluster("start replica1");
    EXPECT_TRUE(eventually([&] {
        EXPECT_EQ(client.value("select name from item where id = 1"), "two");
        return client.on_replica();
    })) << client.reason();
    prepared.execute();
    EXPECT_EQ(prepared.rows().at(0).at(0), "two");
}

TEST_F(Faults, AResultHeldByAKilledReplicaEndsInItsRowsOrAnError) {
    Client client(freshread(state_, "User=u1"));
    Statement open(client);
    open.direct("select i from generate_series(1, 1000) i");
    ASSERT_TRUE(open.on_replica()) << open.reason();
    ASSERT_EQ(SQLFetch(open), SQL_SUCCESS);
    cluster("kill replica1");
    EXPECT_EQ(client.value("select name from item where id = 1"), "one");
    int rows = 1;
    SQLRETURN result = SQL_SUCCESS;
    while (SQL_SUCCEEDED(result = SQLFetch(open))) ++rows;
    EXPECT_TRUE(result == SQL_ERROR || rows == 1000) << "an end of data that is not the end";
    cluster("start replica1");
}

TEST_F(Faults, TheLeaderIsKilledWhileAClientRuns) {
    Client client(freshread(state_, "User=u1"));
    client.query("select 1");
    ASSERT_TRUE(client.on_replica()) << client.reason();
    cluster("kill leader");
    // What this user may see is on the replica: reads go on.
    EXPECT_EQ(client.value("select name from item where id = 1"), "one");
    EXPECT_TRUE(client.on_replica()) << client.reason();
    try {
        client.execute("insert into item values (2, 'two')");
        FAIL() << "the leader is gone";
    } catch (const OdbcError& error) {
        EXPECT_TRUE(error.sqlstate.starts_with("08") || error.sqlstate == "HY000" ||
                    error.sqlstate == "57P01")
            << error.what();
        EXPECT_FALSE(std::string(error.what()).empty());
    }
    // The write's outcome is not known: until it is, this user is not given a replica's answer.
    try {
        client.query("select count(*) from item");
        EXPECT_FALSE(client.on_replica());
    } catch (const OdbcError&) {
    }
    cluster("start leader");
    Client again(freshread(state_, "User=u1"));
    EXPECT_EQ(again.value("select name from item where id = 1"), "one");
    again.execute("insert into item values (3, 'three')");
    EXPECT_EQ(again.value("select name from item where id = 3"), "three");
    cluster("wait replica1");
}

// psqlodbc itself reports success here.
TEST_F(Faults, SwitchingAutocommitOnWithoutALeaderIsNoCommit) {
    Client client(freshread(state_, "User=u1"), false);
    client.execute("insert into item values (9, 'nine')");
    cluster("kill leader");
    try {
        client.set_autocommit(true);
        ADD_FAILURE() << "the commit was confirmed";
    } catch (const OdbcError& error) {
        EXPECT_EQ(error.sqlstate, "08007") << error.what();
    }
    cluster("start leader");
}

TEST_F(Faults, ConnectingWithoutALeaderSaysWhy) {
    cluster("stop leader");
    try {
        Client client(freshread(state_, "User=u1"));
        FAIL() << "the leader is stopped";
    } catch (const OdbcError& error) {
        EXPECT_EQ(error.sqlstate, "08001") << error.what();
    }
    cluster("start leader");
}

}  // namespace
}  // namespace freshread::test
