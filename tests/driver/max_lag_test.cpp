// MaxLag: a replica that is further behind the leader serves nobody. The servers' own logs say who served.
#include <gtest/gtest.h>

#include <deque>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

class MaxLag : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        make_item_table();
        state_ = warm_state_directory();
    }
    void SetUp() override { await_replay("replica1"); }
    void TearDown() override { resume_replay("replica1"); }

    static std::string dsn(const std::string& more) {
        return freshread(state_, "User=reader;Replicas=pg_replica1;MaxLag=300ms;" + more);
    }
    // Who the servers say has served a read.
    static std::string server_of_read(Client& client) {
        const std::string tag = unique_literal();
        client.query("select count(*) from item where '" + tag + "' <> ''");
        return servers_of(tag);
    }
    static bool comes_to(Client& client, const std::string& server) {
        return eventually([&] { return server_of_read(client) == server; });
    }
    // Somebody else writes, past the driver.
    static void fall_behind() {
        pause_replay("replica1");
        on_node("leader", "insert into item values (1)");
    }

    static inline std::string state_{};
};

TEST_F(MaxLag, WhoeverIsFurtherBehindServesNobody) {
    std::deque<Client> clients;
    for (const std::string policy : {"any", "position", "window;Window=1ms"})
        clients.emplace_back(dsn("Policy=" + policy));
    for (Client& client : clients) EXPECT_TRUE(comes_to(client, "replica")) << client.reason();
    fall_behind();
    for (Client& client : clients) {
        EXPECT_TRUE(comes_to(client, "leader")) << client.reason();
        EXPECT_EQ(client.reason(), "BeyondMaxLag");
        EXPECT_EQ(server_of_read(client), "leader") << "and stays there";
    }
    resume_replay("replica1");
    for (Client& client : clients) EXPECT_TRUE(comes_to(client, "replica")) << client.reason();
}

TEST_F(MaxLag, ASettledReadIsQuestioned) {
    Client client(dsn(""));
    Statement read(client);
    read.prepare("select count(*) from item");
    const auto execute = [&] {
        read.execute();
        const auto rows = read.rows();
        read.close();
        return rows;
    };
    EXPECT_TRUE(eventually([&] {
        execute();
        return read.on_replica();
    })) << read.reason();
    fall_behind();
    EXPECT_TRUE(eventually([&] {
        execute();
        return read.reason() == "BeyondMaxLag";
    })) << read.reason();
}

TEST_F(MaxLag, OnLagHasNoOtherChoice) {
    Client client(dsn("OnLag=stale;Policy=any"));
    EXPECT_TRUE(comes_to(client, "replica")) << client.reason();
    fall_behind();
    EXPECT_TRUE(comes_to(client, "leader")) << client.reason() << ": none is near enough even for that";
    client.execute("set freshread.onlag = 'error'");
    try {
        client.query("select count(*) from item");
        ADD_FAILURE() << client.reason();
    } catch (const OdbcError& error) {
        EXPECT_EQ(error.sqlstate, "HYT00");
        EXPECT_NE(std::string(error.what()).find("(BeyondMaxLag): none is known to be within 300 ms"),
                  std::string::npos)
            << error.what();
    }
    client.execute("set freshread.maxlag = none");
    EXPECT_EQ(server_of_read(client), "replica");
}

TEST_F(MaxLag, ANewConnectionNeedsNoSampleOfItsOwnFirst) {
    Client watcher(dsn("Policy=any"));
    EXPECT_TRUE(comes_to(watcher, "replica")) << watcher.reason();
    int on_replica = 0;
    for (int connection = 0; connection < 3; ++connection) {
        (void)server_of_read(watcher);
        Client client(dsn("Policy=any"));
        on_replica += server_of_read(client) == "replica" ? 1 : 0;
    }
    EXPECT_GT(on_replica, 0) << "it asks the replica when it opens it";
}

}  // namespace
}  // namespace freshread::test
