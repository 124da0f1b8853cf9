// Monotonic: what a session has read on one replica is not undone by its next read on another.
#include <gtest/gtest.h>

#include <memory>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

class MonotonicReads : public testing::Test {
 protected:
    static void SetUpTestSuite() { state_ = warm_state_directory(); }
    void SetUp() override {
        make_item_table();
        for (const char* replica : {"replica1", "replica2"}) await_replay(replica);
    }

    static std::string dsn(const std::string& more) { return freshread(state_, "User=reader;" + more); }
    // The node that the servers say has served a read.
    static std::string server_of_read(Client& client) {
        const std::string tag = unique_literal();
        client.query("select count(*) from item where '" + tag + "' <> ''");
        return node_that_served(tag);
    }
    static std::string count(Client& client) { return client.value("select count(*) from item"); }

    static inline std::string state_{};
};

TEST_F(MonotonicReads, AReplicaThatIsLostTakesNothingAway) {
    const std::string mine = "replica1";
    const std::string other = "replica2";
    // One that has begun to read there.
    const auto reader = [&](const std::string& more) {
        std::unique_ptr<Client> client;
        EXPECT_TRUE(eventually([&] {
            client =
                std::make_unique<Client>(dsn("Replicas={pg_" + mine + "*100, pg_" + other + "};" + more));
            return server_of_read(*client) == mine;
        })) << client->reason();
        return client;
    };
    const auto any = reader("Policy=any;Monotonic=yes");
    const auto position = reader("");
    const auto careless = reader("Policy=any;Monotonic=no");
    pause_replay(other);
    on_node("leader", "insert into item values (1)");
    await_replay(mine);
    for (Client* client : {any.get(), position.get(), careless.get()}) {
        EXPECT_EQ(count(*client), "1");
        EXPECT_TRUE(client->on_replica()) << client->reason();
    }

    cluster("kill " + mine);
    for (Client* client : {any.get(), position.get()}) {
        for (int read = 0; read < 5; ++read) {
            EXPECT_EQ(count(*client), "1") << client->reason();
            EXPECT_EQ(server_of_read(*client), "leader") << client->reason();
        }
    }
    EXPECT_TRUE(eventually([&] { return count(*careless) == "0"; })) << "as expected of Monotonic=no";

    resume_replay(other);
    for (Client* client : {any.get(), position.get()}) {
        EXPECT_TRUE(eventually([&] {
            EXPECT_EQ(count(*client), "1");
            return client->on_replica();
        })) << client->reason();
        EXPECT_EQ(server_of_read(*client), other);
    }
    cluster("start " + mine);
    await_replay(mine);
}

// For `strict`, what the leader has shown counts.
TEST_F(MonotonicReads, WhatTheLeaderHasShown) {
    Client client(dsn("Policy=any;Replicas=pg_replica1"));
    EXPECT_TRUE(eventually([&] { return server_of_read(client) == "replica1"; }));
    pause_replay("replica1");
    on_node("leader", "insert into item values (1)");
    const auto on_leader = [&] { return client.value("/* freshread leader */ select count(*) from item"); };
    EXPECT_EQ(on_leader(), "1");
    EXPECT_EQ(count(client), "0") << "by default it does not";
    client.execute("set freshread.monotonic = strict");
    EXPECT_EQ(on_leader(), "1");
    for (int read = 0; read < 5; ++read) {
        EXPECT_EQ(count(client), "1") << client.reason();
        EXPECT_TRUE(client.reason() == "NotSeenYet" || client.reason() == "ReplicaBehind") << client.reason();
    }
    client.execute("set freshread.onlag = 'wait 1 min, error'");
    resume_replay("replica1");
    EXPECT_EQ(count(client), "1");
    EXPECT_TRUE(client.on_replica()) << client.reason();
}

}  // namespace
}  // namespace freshread::test
