// What happens to an application when all of its replicas die at once: nothing but that the leader answers.
#include <gtest/gtest.h>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

class ReplicasLost : public testing::Test {
 protected:
    void SetUp() override {
        on_node("leader",
                "create table item (id int primary key, name text); insert into item values (1, 'one'); "
                "grant all on item to public");
        cluster("wait replica1");
        cluster("wait replica2");
        state_ = warm_state_directory();
    }

    std::string state_{};
};

TEST_F(ReplicasLost, TheLeaderAnswersAndTheyServeAgainOnceTheyAreBack) {
    const std::string read = "select name from item where id = 1";
    Client client(freshread(state_, "User=u1"));
    Client of_transaction(freshread(state_, "User=u2"));
    EXPECT_EQ(client.value(read), "one");
    EXPECT_TRUE(client.on_replica()) << client.reason();
    of_transaction.execute("begin read only");
    EXPECT_EQ(of_transaction.value(read), "one");
    EXPECT_TRUE(of_transaction.on_replica()) << of_transaction.reason();
    Statement prepared(client);
    prepared.prepare(read);

    cluster("kill replica1");
    cluster("kill replica2");

    prepared.execute();
    EXPECT_EQ(prepared.rows().size(), 1U);
    EXPECT_FALSE(prepared.on_replica());
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(client.value(read), "one");
        EXPECT_FALSE(client.on_replica());
    }
    EXPECT_EQ(client.reason(), "NoHealthyReplica");
    EXPECT_EQ(of_transaction.value(read), "one");
    EXPECT_FALSE(of_transaction.on_replica());
    of_transaction.execute("commit");
    client.execute("update item set name = 'changed' where id = 1");
    EXPECT_EQ(client.value(read), "changed");
    // Whoever comes now knows of no replica either.
    Client newcomer(freshread(state_, "User=u3"));
    EXPECT_EQ(newcomer.value(read), "changed");
    EXPECT_FALSE(newcomer.on_replica());

    cluster("start replica1");
    cluster("start replica2");
    EXPECT_TRUE(eventually([&] {
        EXPECT_EQ(client.value(read), "changed");
        return client.on_replica();
    })) << client.reason();
}

}  // namespace
}  // namespace freshread::test
