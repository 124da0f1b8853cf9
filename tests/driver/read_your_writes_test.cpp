// I1: after a write of a user returned success, every later read of that user sees it; users who did not
// write are served by the replica meanwhile.
#include <gtest/gtest.h>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

class ReadYourWrites : public testing::Test {
 protected:
    void SetUp() override {
        make_item_table("id int primary key, name text");
        cluster("wait replica1");
        state_ = warm_state_directory();
    }
    void TearDown() override { cluster("resume replica1"); }

    std::string state_{};
};

TEST_F(ReadYourWrites, AnotherConnectionOfTheWriterSeesTheRowWhileTheReplicaLags) {
    cluster("pause replica1");
    Client writer(freshread(state_, "User=u1"));
    Client reader(freshread(state_, "User=u1"));
    for (int id = 0; id < 200; ++id) {
        writer.execute("insert into item values (" + std::to_string(id) + ", 'x')");
        EXPECT_EQ(reader.value("select name from item where id = " + std::to_string(id)), "x");
        EXPECT_FALSE(reader.on_replica());
    }
}

TEST_F(ReadYourWrites, SomebodyElseIsServedByTheReplicaMeanwhile) {
    cluster("pause replica1");
    Client writer(freshread(state_, "User=u1"));
    Client other(freshread(state_, "User=u2"));
    writer.execute("insert into item values (1, 'x')");
    const std::string tag = unique_literal();
    EXPECT_EQ(other.value("select count(*) from item where name <> '" + tag + "'"), "0")
        << "the replica has not replayed it";
    EXPECT_TRUE(other.on_replica()) << other.reason();
    EXPECT_EQ(served_by("replica1", tag), 1);
    EXPECT_EQ(served_by("leader", tag), 0);
}

TEST_F(ReadYourWrites, TheWritersReadsMoveToTheReplicaWhenItHasCaughtUp) {
    cluster("pause replica1");
    Client writer(freshread(state_, "User=u1"));
    writer.execute("insert into item values (1, 'x')");
    EXPECT_EQ(writer.value("select name from item where id = 1"), "x");
    EXPECT_FALSE(writer.on_replica());
    cluster("resume replica1");
    EXPECT_TRUE(eventually([&] {
        EXPECT_EQ(writer.value("select name from item where id = 1"), "x");
        return writer.on_replica();
    }));
}

TEST_F(ReadYourWrites, WithoutAMonitorTheConnectionAsksForItself) {
    cluster("pause replica1");
    Client writer(freshread(state_, "User=u1;Monitor=none;PollInterval={10 ms, 20 ms}"));
    writer.execute("insert into item values (1, 'x')");
    EXPECT_EQ(writer.value("select name from item where id = 1"), "x");
    EXPECT_FALSE(writer.on_replica());
    cluster("resume replica1");
    EXPECT_TRUE(eventually([&] {
        EXPECT_EQ(writer.value("select name from item where id = 1"), "x");
        return writer.on_replica();
    }));
}

TEST_F(ReadYourWrites, ANewTableIsServedByTheLeaderUntilItsBaseIsKnown) {
    Client reader(freshread(fresh_state_directory(), "User=u1"));
    reader.query("select 1");
    EXPECT_EQ(reader.reason(), "BaseUnset");
}

TEST_F(ReadYourWrites, CatalogFunctionsSeeATableTheUserJustMade) {
    cluster("pause replica1");
    Client writer(freshread(state_, "User=u1"));
    writer.execute("create table if not exists made_just_now (id int)");
    Client reader(freshread(state_, "User=u1"));
    Statement tables(reader);
    SQLCHAR name[] = "made_just_now";
    tables.check(SQLTables(tables, nullptr, 0, nullptr, 0, name, SQL_NTS, nullptr, 0));
    EXPECT_EQ(tables.rows().size(), 1U);
    writer.execute("drop table made_just_now");
}

TEST_F(ReadYourWrites, PolicyAnyReadsStale) {
    cluster("pause replica1");
    Client client(freshread(state_, "User=u1;Policy=any"));
    client.execute("insert into item values (1, 'x')");
    EXPECT_EQ(client.value("select name from item where id = 1"), "");
    EXPECT_TRUE(client.on_replica());
}

TEST_F(ReadYourWrites, PolicyLeaderNeverReadsFromAReplica) {
    Client client(freshread(state_, "User=u1;Policy=leader"));
    client.query("select 1");
    EXPECT_EQ(client.reason(), "PolicyLeader");
}

TEST_F(ReadYourWrites, PolicyWindowKeepsTheWriterOnTheLeaderForThatLong) {
    const std::string short_window = "Policy=window;Window=300ms;";
    Client writer(freshread(state_, short_window + "User=u1"));
    Client other(freshread(state_, short_window + "User=u2"));
    writer.execute("insert into item values (1, 'x')");
    writer.query("select 1");
    // A slow machine may take longer than the window to get here: only some answers are possible.
    EXPECT_TRUE(writer.reason() == "MarkOpen" || writer.reason() == "WithinWindow" || writer.on_replica())
        << writer.reason();
    EXPECT_TRUE(eventually([&] {
        other.query("select 1");
        return other.on_replica();
    }));
    EXPECT_TRUE(eventually([&] {
        writer.query("select 1");
        return writer.on_replica();
    }));
}

TEST_F(ReadYourWrites, PolicyWindowOutlastsTheRead) {
    Client writer(freshread(state_, "Policy=window;Window=10min;User=u3"));
    writer.execute("insert into item values (1, 'x')");
    // First its mark is open.
    EXPECT_TRUE(eventually([&] {
        writer.query("select 1");
        return writer.reason() == "WithinWindow";
    })) << writer.reason();
}

TEST_F(ReadYourWrites, HintsChooseTheNode) {
    Client client(freshread(state_, "User=u1"));
    client.query("/* freshread leader */ select 1");
    EXPECT_EQ(client.reason(), "HintLeader");
    client.execute("insert into item values (1, 'x')");
    cluster("pause replica1");
    client.execute("insert into item values (2, 'x')");
    client.query("/* freshread replica */ select 1");
    EXPECT_TRUE(client.on_replica()) << client.reason();
}

TEST_F(ReadYourWrites, WritesThroughADsnWithoutReplicasCountToo) {
    cluster("pause replica1");
    Client writer("Driver=Freshread;Leader=pg_leader;User=u1;StateDir=" + state_);
    writer.execute("insert into item values (1, 'x')");
    Client reader(freshread(state_, "User=u1"));
    EXPECT_EQ(reader.value("select name from item where id = 1"), "x");
    EXPECT_FALSE(reader.on_replica());
}

}  // namespace
}  // namespace freshread::test
