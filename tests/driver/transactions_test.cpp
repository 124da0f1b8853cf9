// I7 and the session machine: a transaction that may write lives on the leader, what it committed is seen
// afterwards, and session state follows the session.
#include <gtest/gtest.h>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

class Transactions : public testing::Test {
 protected:
    void SetUp() override {
        on_node(
            "leader",
            "drop table if exists item cascade; create table item (id int primary key, name text); "
            "grant all on item to public; drop sequence if exists item_number; create sequence item_number; "
            "grant all on item_number to public; create schema if not exists other; grant all on schema "
            "other to public; "
            "drop table if exists other.place; create table other.place as select 'elsewhere' as name; "
            "grant all on other.place to public");
        cluster("wait replica1");
        state_ = warm_state_directory();
    }
    void TearDown() override { cluster("resume replica1"); }

    [[nodiscard]] std::string user(const std::string& name) const {
        return freshread(state_, "User=" + name);
    }

    std::string state_{};
};

TEST_F(Transactions, ManualCommitIsSeenByTheUserElsewhere) {
    cluster("pause replica1");
    Client writer(user("u1"), false);
    Client reader(user("u1"));
    writer.execute("insert into item values (1, 'x')");
    writer.end_transaction(SQL_COMMIT);
    EXPECT_EQ(reader.value("select name from item where id = 1"), "x");
    EXPECT_FALSE(reader.on_replica());
}

TEST_F(Transactions, CommitOnTheEnvironmentCountsToo) {
    cluster("pause replica1");
    Client writer(user("u1"), false);
    Client reader(user("u1"));
    writer.execute("insert into item values (1, 'x')");
    ASSERT_TRUE(SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_ENV, writer.environment(), SQL_COMMIT)));
    EXPECT_EQ(reader.value("select name from item where id = 1"), "x");
    EXPECT_FALSE(reader.on_replica());
}

TEST_F(Transactions, SwitchingAutocommitOnCommits) {
    cluster("pause replica1");
    Client writer(user("u1"), false);
    Client reader(user("u1"));
    writer.execute("insert into item values (1, 'x')");
    writer.set_autocommit(true);
    EXPECT_EQ(reader.value("select name from item where id = 1"), "x");
    EXPECT_FALSE(reader.on_replica());
}

TEST_F(Transactions, ReadsInsideATransactionStayOnTheLeader) {
    Client client(user("u1"));
    client.query("select 1");
    ASSERT_TRUE(client.on_replica()) << client.reason();
    client.execute("begin");
    client.query("select count(*) from item");
    EXPECT_EQ(client.reason(), "InTransaction");
    client.execute("commit");
    client.query("select 1");
    EXPECT_TRUE(client.on_replica()) << client.reason();
}

TEST_F(Transactions, ManualCommitReadsStayOnTheLeader) {
    Client client(user("u1"), false);
    client.query("select 1");
    EXPECT_EQ(client.reason(), "InTransaction");
    client.end_transaction(SQL_COMMIT);
    client.set_autocommit(true);
    client.query("select 1");
    EXPECT_TRUE(client.on_replica()) << client.reason();
}

TEST_F(Transactions, ATransactionThatOnlyReadLeavesTheUserOnTheReplica) {
    Client client(user("u1"), false);
    client.query("select count(*) from item");
    client.end_transaction(SQL_COMMIT);
    client.set_autocommit(true);
    client.query("select 1");
    EXPECT_TRUE(client.on_replica()) << client.reason();
}

TEST_F(Transactions, ARolledBackWriteIsNoWrite) {
    Client client(user("u1"), false);
    client.execute("insert into item values (1, 'x')");
    client.end_transaction(SQL_ROLLBACK);
    client.set_autocommit(true);
    EXPECT_EQ(client.value("select count(*) from item"), "0");
}

TEST_F(Transactions, AfterAFailedTransactionTheSessionIsFreeAgain) {
    Client client(user("u1"));
    client.execute("begin");
    EXPECT_THROW(client.query("select * from no_such_table"), OdbcError);
    client.execute("rollback");
    client.query("select 1");
    EXPECT_TRUE(client.on_replica()) << client.reason();
}

TEST_F(Transactions, CommitByTextWithManualCommit) {
    cluster("pause replica1");
    Client writer(user("u1"), false);
    Client reader(user("u1"));
    writer.execute("insert into item values (1, 'x')");
    writer.execute("commit");
    EXPECT_EQ(reader.value("select name from item where id = 1"), "x");
    writer.execute("insert into item values (2, 'y')");
    writer.end_transaction(SQL_ROLLBACK);
    EXPECT_EQ(reader.value("select count(*) from item"), "1")
        << "the second insert was inside a new transaction";
}

TEST_F(Transactions, AFailedCommitLeavesNoTransaction) {
    on_node(
        "leader",
        "drop table if exists late; create table late (id int primary key deferrable initially deferred); "
        "grant all on late to public; insert into late values (1)");
    Client client(user("u1"), false);
    client.execute("insert into late values (1)");
    EXPECT_THROW(client.end_transaction(SQL_COMMIT), OdbcError);
    client.end_transaction(SQL_ROLLBACK);
    client.set_autocommit(true);
    EXPECT_EQ(client.value("select count(*) from late"), "1");
}

TEST_F(Transactions, SequencesAndLocksRunOnTheLeader) {
    Client client(user("u1"));
    EXPECT_EQ(client.value("select nextval('item_number')"), "1");
    EXPECT_FALSE(client.on_replica());
    EXPECT_EQ(client.value("select currval('item_number')"), "1");
    client.query("select * from item for update");
    EXPECT_EQ(client.reason(), "LockingRead");
    EXPECT_EQ(client.value("select pg_is_in_recovery()"), "0") << "the application believes in one database";
}

TEST_F(Transactions, SeveralStatementsInOneTextAreFollowed) {
    cluster("pause replica1");
    Client client(user("u1"));
    client.execute("begin; insert into item values (1, 'x')");
    client.query("select 1");
    EXPECT_EQ(client.reason(), "InTransaction");
    client.execute("insert into item values (2, 'y'); commit");
    Client reader(user("u1"));
    EXPECT_EQ(reader.value("select count(*) from item"), "2");
}

// psqlodbc takes no notice of a BEGIN that was prepared, and commits behind the next statement that is not a
// SELECT.
void run_prepared(Client& client, const std::string& sql) {
    Statement statement(client);
    statement.prepare(sql);
    statement.execute();
    statement.close();
}

TEST_F(Transactions, WhatTheDriverCommitsBehindAPreparedBeginIsSeenAtOnce) {
    cluster("pause replica1");
    Client writer(user("u1"));
    Client reader(user("u1"));
    run_prepared(writer, "begin");
    writer.execute("insert into item values (1, 'x')");
    ASSERT_EQ(on_node("leader", "select count(*) from item"), "1") << "the driver has mended its ways";
    EXPECT_EQ(reader.value("select name from item where id = 1"), "x");
    EXPECT_FALSE(reader.on_replica());
    writer.execute("rollback");
    EXPECT_EQ(reader.value("select name from item where id = 1"), "x");
    EXPECT_FALSE(reader.on_replica());
}

TEST_F(Transactions, ASettingBehindAPreparedBeginIsWhatTheLeaderSays) {
    Client client(user("u1"));
    client.query("select 1");
    run_prepared(client, "begin");
    client.execute("set datestyle = 'German'");
    client.execute("rollback");
    ASSERT_TRUE(eventually([&] {
        EXPECT_EQ(client.value("select date '2024-02-03' :: text"), "03.02.2024");
        return client.on_replica();
    }));
}

TEST_F(Transactions, AReadOnlyTransactionWhoseBeginWasPreparedReadsOnTheLeader) {
    Client client(user("u1"));
    client.query("select 1");
    ASSERT_TRUE(client.on_replica()) << client.reason();
    run_prepared(client, "begin read only");
    client.query("select count(*) from item");
    EXPECT_EQ(client.reason(), "InTransaction");
    client.execute("rollback");
    client.query("select 1");
    EXPECT_TRUE(client.on_replica()) << client.reason();
}

// psqlodbc in autocommit rolls the transaction back behind a syntax error, and commits what follows.
TEST_F(Transactions, WhatTheDriverCommitsBehindAFailureIsSeenAtOnce) {
    Client writer(user("u1"));
    Client reader(user("u1"));
    writer.query("select 1");
    ASSERT_TRUE(writer.on_replica()) << writer.reason();
    writer.execute("begin");
    EXPECT_THROW(writer.execute("selec 1"), OdbcError);
    cluster("pause replica1");
    writer.execute("insert into item values (1, 'x')");
    ASSERT_EQ(on_node("leader", "select count(*) from item"), "1") << "the driver has mended its ways";
    EXPECT_EQ(reader.value("select name from item where id = 1"), "x");
    EXPECT_FALSE(reader.on_replica());
    writer.execute("set datestyle = 'German'");
    writer.execute("rollback");
    EXPECT_EQ(reader.value("select name from item where id = 1"), "x");
    cluster("resume replica1");
    ASSERT_TRUE(eventually([&] {
        EXPECT_EQ(writer.value("select date '2024-02-03' :: text"), "03.02.2024");
        return writer.on_replica();
    }));
}

}  // namespace
}  // namespace freshread::test
