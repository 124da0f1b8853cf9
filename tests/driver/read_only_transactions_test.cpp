// Transactions that read on a replica: read-only ones, and with TransactionReads=until-write every one until
// it writes.
#include <gtest/gtest.h>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

class ReadOnlyTransactions : public testing::Test {
 protected:
    void SetUp() override {
        on_node("leader",
                "drop table if exists item cascade; create table item (id int primary key, name text); "
                "insert into item values (1, 'one'); grant all on item to public");
        cluster("wait replica1");
        state_ = warm_state_directory();
    }
    void TearDown() override { cluster("resume replica1"); }

    [[nodiscard]] std::string user(const std::string& name, const std::string& more = "") const {
        return freshread(state_, "User=" + name + ";" + more);
    }
    static void expect_read_on_replica(Client& client) {
        EXPECT_EQ(client.value("select name from item where id = 1"), "one");
        EXPECT_TRUE(client.on_replica()) << client.reason();
    }
    static void expect_read_on_leader(Client& client) {
        EXPECT_EQ(client.value("select name from item where id = 1"), "one");
        EXPECT_FALSE(client.on_replica());
    }
    static void set_access_mode(Client& client, std::uintptr_t mode) {
        ASSERT_TRUE(SQL_SUCCEEDED(
            SQLSetConnectAttr(client.handle(), SQL_ATTR_ACCESS_MODE, reinterpret_cast<SQLPOINTER>(mode), 0)));
    }

    std::string state_{};
};

TEST_F(ReadOnlyTransactions, ByTextReadOnTheReplica) {
    Client client(user("u1"));
    for (const char* const begin :
         {"begin read only", "start transaction read only", "begin isolation level repeatable read read only",
          "begin isolation level read committed, read only"}) {
        client.execute(begin);
        expect_read_on_replica(client);
        expect_read_on_replica(client);
        client.execute("commit");
        expect_read_on_replica(client);
    }
    client.execute("begin isolation level serializable read only");
    expect_read_on_leader(client);
    client.execute("commit");
    client.execute("begin");
    client.execute("set transaction read only");
    expect_read_on_replica(client);
    client.execute("rollback");
    client.execute("begin");
    expect_read_on_leader(client);
    client.execute("commit");
}

TEST_F(ReadOnlyTransactions, WithManualCommitReadOnTheReplica) {
    Client client(user("u1"), false);
    for (const SQLSMALLINT completion : {SQLSMALLINT{SQL_COMMIT}, SQLSMALLINT{SQL_ROLLBACK}}) {
        client.execute("set transaction read only");
        expect_read_on_replica(client);
        client.end_transaction(completion);
    }
    set_access_mode(client, SQL_MODE_READ_ONLY);
    expect_read_on_replica(client);
    client.end_transaction(SQL_COMMIT);
    SQLULEN autocommit = SQL_AUTOCOMMIT_ON;
    SQLGetConnectAttr(client.handle(), SQL_ATTR_AUTOCOMMIT, &autocommit, sizeof autocommit, nullptr);
    EXPECT_EQ(autocommit, SQLULEN{SQL_AUTOCOMMIT_OFF});
    expect_read_on_replica(client);
    client.execute("commit");
    expect_read_on_replica(client);
    client.set_autocommit(true);
    expect_read_on_replica(client);
    client.set_autocommit(false);
    set_access_mode(client, SQL_MODE_READ_WRITE);
    expect_read_on_leader(client);
    client.end_transaction(SQL_COMMIT);
}

TEST_F(ReadOnlyTransactions, ByDefaultOfTheSession) {
    Client client(user("u1"));
    client.execute("set default_transaction_read_only = on");
    client.execute("begin");
    expect_read_on_replica(client);
    client.execute("commit");
    client.execute("set default_transaction_isolation = 'serializable'");
    client.execute("begin");
    expect_read_on_leader(client);
    client.execute("commit");
    client.execute("reset all");
    client.execute("begin");
    expect_read_on_leader(client);
    client.execute("commit");
}

TEST_F(ReadOnlyTransactions, AreReadOnlyStill) {
    Client client(user("u1"));
    client.execute("begin read only");
    expect_read_on_replica(client);
    try {
        client.execute("insert into item values (2, 'two')");
        ADD_FAILURE() << "a read-only transaction wrote";
    } catch (const OdbcError& error) {
        EXPECT_EQ(error.sqlstate, "25006");
    }
    client.execute("rollback");
    client.execute("insert into item values (2, 'two')");
}

TEST_F(ReadOnlyTransactions, AtReadCommittedSeeWhatTheUserWroteMeanwhile) {
    Client reader(user("u1"));
    Client writer(user("u1"));
    reader.execute("begin read only");
    expect_read_on_replica(reader);
    cluster("pause replica1");
    writer.execute("update item set name = 'changed' where id = 1");
    EXPECT_EQ(reader.value("select name from item where id = 1"), "changed");
    EXPECT_FALSE(reader.on_replica());
    cluster("resume replica1");
    cluster("wait replica1");
    EXPECT_EQ(reader.value("select name from item where id = 1"), "changed");
    EXPECT_EQ(reader.reason(), "InTransaction") << "reads do not go back behind one of the leader";
    reader.execute("commit");
}

TEST_F(ReadOnlyTransactions, AtRepeatableReadKeepTheirSnapshot) {
    Client reader(user("u1"));
    Client writer(user("u1"));
    reader.execute("begin isolation level repeatable read read only");
    expect_read_on_replica(reader);
    writer.execute("update item set name = 'changed' where id = 1");
    cluster("wait replica1");
    expect_read_on_replica(reader);
    // Only the leader may run it, and it cannot in this snapshot.
    for (int i = 0; i < 2; ++i) {
        try {
            reader.query("select name from item where id = 1 and not pg_is_in_recovery()");
            ADD_FAILURE() << "two snapshots in one transaction";
        } catch (const OdbcError& error) {
            EXPECT_EQ(error.sqlstate, "40001");
        }
    }
    reader.execute("rollback");
    // Started again it succeeds.
    reader.execute("begin isolation level repeatable read read only");
    EXPECT_EQ(reader.value("select name from item where id = 1"), "changed");
    EXPECT_EQ(reader.value("select name from item where id = 1 and not pg_is_in_recovery()"), "changed");
    reader.execute("commit");
}

TEST_F(ReadOnlyTransactions, SettingsAndSavepointsHoldOnTheReplica) {
    for (const char* const begin : {"begin read only", "begin isolation level repeatable read read only"}) {
        Client client(user("u1"));
        const auto style = [&] {
            std::string value = client.value("select interval '1 day 2 hours'");
            EXPECT_TRUE(client.on_replica()) << begin << ": " << client.reason();
            return value;
        };
        client.execute(begin);
        client.execute("set local intervalstyle = 'iso_8601'");
        EXPECT_EQ(style(), "P1DT2H");
        client.execute("savepoint s");
        client.execute("set local intervalstyle = 'sql_standard'");
        EXPECT_EQ(style(), "1 2:00:00");
        client.execute("rollback to savepoint s");
        EXPECT_EQ(style(), "P1DT2H");
        client.execute("commit");
        EXPECT_EQ(style(), "1 day 02:00:00");
        client.execute(begin);
        client.execute("set intervalstyle = 'iso_8601'");
        EXPECT_EQ(style(), "P1DT2H");
        client.execute("rollback");
        EXPECT_EQ(style(), "1 day 02:00:00");
    }
}

TEST_F(ReadOnlyTransactions, AFailureOnTheLeaderHoldsForTheReadsBehindIt) {
    std::vector<std::string> shown;
    for (const std::string& source : {std::string("DSN=pg_leader"), user("u1")}) {
        Client client(source);
        std::string seen;
        client.execute("begin isolation level repeatable read read only");
        for (const char* const sql :
             {"select name from item where id = 1", "rollback to savepoint nowhere",
              "select name from item where id = 1", "rollback", "select name from item where id = 1"}) {
            try {
                seen += client.value(sql) + ";";
            } catch (const OdbcError& error) {
                seen += error.sqlstate + ";";
            }
        }
        shown.push_back(seen);
    }
    EXPECT_EQ(shown[0], "one;3B001;25P02;;one;");
    EXPECT_EQ(shown[1], shown[0]);
}

TEST_F(ReadOnlyTransactions, AnErrorIsTheLeaders) {
    Client client(user("u1"));
    client.execute("begin read only");
    expect_read_on_replica(client);
    EXPECT_THROW(client.query("select * from nowhere"), OdbcError);
    expect_read_on_leader(client);
    client.execute("commit");
    expect_read_on_replica(client);
}

TEST_F(ReadOnlyTransactions, WhenTheReplicaDiesTheLeaderGoesOnAtReadCommitted) {
    Client client(user("u1"));
    client.execute("begin read only");
    expect_read_on_replica(client);
    cluster("kill replica1");
    expect_read_on_leader(client);
    client.execute("commit");
    cluster("start replica1");
}

// I3 and I7: the rest of it would be another snapshot, and the replica's own error is none of the
// application's.
TEST_F(ReadOnlyTransactions, WhenTheReplicaDiesOneAtRepeatableReadHasToBeStartedAgain) {
    Client client(user("u1"));
    const auto expect_refused = [&] {
        try {
            client.query("select name from item where id = 1");
            ADD_FAILURE() << "two snapshots in one transaction, of which one was lost: " << client.reason();
        } catch (const OdbcError& error) {
            EXPECT_EQ(error.sqlstate, "40001") << error.what();
        }
    };
    client.execute("begin isolation level repeatable read read only");
    expect_read_on_replica(client);
    cluster("kill replica1");
    expect_refused();
    expect_refused();
    client.execute("rollback");
    client.execute("begin isolation level repeatable read read only");
    expect_read_on_leader(client);
    client.execute("commit");
    client.execute("insert into item values (2, 'two')");
    cluster("start replica1");
}

TEST_F(ReadOnlyTransactions, OfAReadOnlyDataSource) {
    Client client(user("u1", "ReadOnly=yes"), false);
    expect_read_on_replica(client);
    client.end_transaction(SQL_COMMIT);
    EXPECT_THROW(client.execute("insert into item values (2, 'two')"), OdbcError);
    client.end_transaction(SQL_ROLLBACK);
    client.set_autocommit(true);
    client.execute("discard all");
    EXPECT_THROW(client.execute("insert into item values (2, 'two')"), OdbcError);
    EXPECT_EQ(on_node("leader", "select count(*) from item"), "1");
}

TEST_F(ReadOnlyTransactions, UntilTheFirstWriteOthersDo) {
    Client client(user("u1", "TransactionReads=until-write"), false);
    expect_read_on_replica(client);
    client.execute("savepoint s");
    expect_read_on_replica(client);
    client.execute("insert into item values (2, 'two')");
    expect_read_on_leader(client);
    client.end_transaction(SQL_ROLLBACK);
    expect_read_on_replica(client);
    client.end_transaction(SQL_COMMIT);
    client.set_autocommit(true);
    client.execute("begin");
    expect_read_on_replica(client);
    client.query("select * from item for update");
    expect_read_on_leader(client);
    client.execute("commit");
    // Never split.
    client.execute("begin isolation level repeatable read");
    expect_read_on_leader(client);
    client.execute("commit");
    Client usual(user("u1"), false);
    expect_read_on_leader(usual);
}

}  // namespace
}  // namespace freshread::test
