// A store that several hosts share: hosts differ in their state directories, and share nothing but Redis.
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"
#include "tests/stores/redis_server.h"

namespace freshread::test {
namespace {

class SharedStore : public testing::Test {
 protected:
    void SetUp() override {
        if (!RedisServer::available()) GTEST_SKIP() << "there is no redis-server";
        make_item_table("id int primary key, name text");
        cluster("wait replica1");
        Client client(on_host(one_, "User=warming"));
        ASSERT_TRUE(served_by_replica(client));
        cluster("wait replica1");
        cluster("pause replica1");
    }
    void TearDown() override { cluster("resume replica1"); }

    [[nodiscard]] std::string on_host(const std::string& host, const std::string& more) const {
        return freshread(host,
                         "MarkAge=100ms;StoreTimeout=2s;Store=redis+unix://" + redis_.socket() + ";" + more);
    }
    // Once the table has a base.
    static bool served_by_replica(Client& client) {
        return eventually([&] {
            client.query("select count(*) from item");
            return client.on_replica();
        });
    }

    RedisServer redis_;
    const std::string one_ = fresh_state_directory();
    const std::string two_ = fresh_state_directory();
};

TEST_F(SharedStore, I1AUserWhoWroteOnOneHostReadsItOnAnother) {
    Client writer(on_host(one_, "User=alice"));
    Client reader(on_host(two_, "User=alice"));
    Client other(on_host(two_, "User=bob"));
    ASSERT_TRUE(served_by_replica(other));
    EXPECT_EQ(reader.value("select count(*) from item"), "0");
    for (int id = 1; id <= 20; ++id) {
        writer.execute("insert into item values (" + std::to_string(id) + ", 'x')");
        EXPECT_EQ(reader.value("select count(*) from item"), std::to_string(id)) << reader.reason();
        EXPECT_EQ(other.value("select count(*) from item"), "0") << other.reason();
        EXPECT_TRUE(other.on_replica()) << other.reason();
    }
    // And the other way round, within a transaction.
    reader.set_autocommit(false);
    reader.execute("delete from item");
    reader.end_transaction(SQL_COMMIT);
    EXPECT_EQ(writer.value("select count(*) from item"), "0") << writer.reason();
    cluster("resume replica1");
    cluster("wait replica1");
    EXPECT_TRUE(served_by_replica(writer));
    EXPECT_EQ(writer.value("select count(*) from item"), "0");
}

TEST_F(SharedStore, I1AUserWhoWroteInOneProcessReadsItInAnother) {
    Client reader(on_host(two_, "User=alice"));
    ASSERT_TRUE(served_by_replica(reader));
    const pid_t child = ::fork();
    if (child == 0) {
        bool written = false;
        try {
            Client(on_host(one_, "User=alice")).execute("insert into item values (1, 'x')");
            written = true;
        } catch (const OdbcError&) {
        }
        ::_exit(written ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
    EXPECT_EQ(reader.value("select name from item where id = 1"), "x") << reader.reason();
}

// No mark becomes so old here that another host would close it.
TEST_F(SharedStore, AWriteOfAHostWhereNobodyReadsIsClosedThere) {
    const auto on = [&](const std::string& host) {
        return "DSN=freshread;Explain=yes;MarkAge=5min;User=alice;StoreTimeout=2s;Store=redis+unix://" +
               redis_.socket() + ";StateDir=" + host;
    };
    Client writer(on(one_));
    Client reader(on(two_));
    for (const std::string id : {"1", "2"}) writer.execute("insert into item values (" + id + ", 'x')");
    cluster("resume replica1");
    EXPECT_TRUE(served_by_replica(reader)) << reader.reason();
    EXPECT_EQ(reader.value("select count(*) from item"), "2");
}

TEST_F(SharedStore, I2AStoreThatIsGoneMeansTheLeaderUntilItIsBack) {
    Client client(on_host(one_, "User=alice"));
    ASSERT_TRUE(served_by_replica(client));
    redis_.kill();
    client.query("select count(*) from item");
    EXPECT_EQ(client.reason(), "StoreUnavailable");
    client.execute("insert into item values (1, 'x')");
    EXPECT_EQ(client.value("select name from item where id = 1"), "x");
    // A connection that was not open yet says so, and works.
    Client late(on_host(two_, "User=alice"));
    EXPECT_EQ(late.value("select name from item where id = 1"), "x") << late.reason();
    redis_.start();
    EXPECT_EQ(late.value("select name from item where id = 1"), "x") << late.reason();
    cluster("resume replica1");
    EXPECT_TRUE(served_by_replica(late)) << late.reason();
    EXPECT_EQ(late.value("select name from item where id = 1"), "x");
}

// The server comes back as it was, and knows nothing of the write.
TEST_F(SharedStore, R7AWriteThatCouldNotBeRecordedIsSeenByEverybodyOnItsHost) {
    Client reader(on_host(one_, "User=alice;StoreTimeout=3s"));
    ASSERT_TRUE(served_by_replica(reader));
    Client writer(on_host(one_, "User=alice;StoreTimeout=300 ms"));
    redis_.freeze();
    writer.execute("insert into item values (1, 'x')");
    redis_.thaw();
    EXPECT_EQ(reader.value("select name from item where id = 1"), "x") << reader.reason();
    cluster("resume replica1");
    EXPECT_TRUE(served_by_replica(reader)) << reader.reason();
    EXPECT_EQ(reader.value("select name from item where id = 1"), "x") << reader.reason();
}

TEST_F(SharedStore, R7WithOnStoreDownErrorAWriteIsRefusedBeforeItIsSent) {
    Client client(on_host(one_, "User=alice;OnStoreDown=error"));
    ASSERT_TRUE(served_by_replica(client));
    redis_.kill();
    try {
        client.execute("insert into item values (1, 'x')");
        FAIL() << "the write was sent";
    } catch (const OdbcError& error) {
        EXPECT_EQ(error.sqlstate, "HY000");
        const std::string text = error.what();
        EXPECT_NE(text.find("OnStoreDown"), std::string::npos) << text;
        EXPECT_NE(text.find(redis_.socket()), std::string::npos) << text;
    }
    EXPECT_EQ(on_node("leader", "select count(*) from item"), "0");
    redis_.start();
    client.execute("insert into item values (1, 'x')");
    EXPECT_EQ(client.value("select name from item where id = 1"), "x") << client.reason();
}

TEST_F(SharedStore, I1EverythingInTheStoreIsLostBetweenAWriteAndARead) {
    Client writer(on_host(one_, "User=alice"));
    Client reader(on_host(two_, "User=alice"));
    ASSERT_TRUE(served_by_replica(reader));
    for (int id = 1; id <= 10; ++id) {
        const std::string number = std::to_string(id);
        writer.execute("insert into item values (" + number + ", 'x')");
        redis_.command({"FLUSHALL"});
        EXPECT_EQ(reader.value("select name from item where id = " + number), "x") << reader.reason();
    }
}

TEST_F(SharedStore, I8NoNameAndNoPasswordIsInTheStore) {
    Client client(on_host(one_, "User=alice.in.wonderland"));
    client.execute("insert into item values (1, 'x')");
    for (const char* pattern : {"*alice*", "*616c696365*"})
        EXPECT_EQ(redis_.command({"KEYS", pattern}), "\n");
    redis_.command({"SAVE"});
    EXPECT_THROW(run_program({"grep", "-q", "alice", redis_.directory() + "/dump.rdb"}), std::runtime_error);
}

}  // namespace
}  // namespace freshread::test
