// Shadow=yes: every decision is made and counted as configured, and the leader serves everything. Who served
// a read is what the servers' own logs say.
#include <gtest/gtest.h>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

class InShadow : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        on_node("leader",
                "set client_min_messages = warning; drop table if exists shade; create table shade (id int); "
                "grant all on shade to public");
        cluster("wait replica1");
        state_ = warm_state_directory();
    }
    void SetUp() override {
        static int number = 0;
        user_ = "shadow" + std::to_string(++number);
    }
    void TearDown() override {
        if (paused_) cluster("resume replica1");
    }
    void pause() {
        cluster("pause replica1");
        paused_ = true;
    }

    // A read that needs nothing is decided for the replica.
    void connect(const std::string& more = "") {
        client_.emplace(freshread(state_, "User=" + user_ + ";Shadow=yes;" + more));
        EXPECT_TRUE(eventually([&] {
            client_->query("select id from shade");
            return client_->reason() == "Shadow";
        })) << client_->reason();
    }
    std::string server_of_read(const std::string& before = "") {
        const std::string tag = unique_literal();
        client_->query(before + "select '" + tag + "' from shade");
        return servers_of(tag);
    }
    int shadowed() {
        const auto rows = client_->query("show freshread.shadowed");
        EXPECT_EQ(rows.size(), 1U);
        return std::stoi(rows.at(0).at(1).value());
    }

    static inline std::string state_{};
    std::string user_{};
    bool paused_ = false;
    std::optional<Client> client_{};
};

TEST_F(InShadow, TheLeaderServesAndTheReplicaIsCounted) {
    connect();
    const int before = shadowed();
    const int served = served_by("replica1", "shade");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(server_of_read(), "leader");
    EXPECT_EQ(client_->reason(), "Shadow");
    Statement prepared(*client_);
    prepared.prepare("select id from shade where id = 0");
    EXPECT_EQ(shadowed(), before + 3) << "to prepare is no read";
    for (int i = 0; i < 2; ++i) {
        prepared.execute();
        EXPECT_EQ(prepared.reason(), "Shadow");
        prepared.close();
    }
    EXPECT_EQ(shadowed(), before + 5);
    EXPECT_EQ(served_by("replica1", "shade"), served);
}

TEST_F(InShadow, DecisionsAreThoseOfTheConfiguration) {
    connect();
    pause();
    client_->execute("insert into shade values (1)");
    const int before = shadowed();
    EXPECT_EQ(server_of_read(), "leader");
    EXPECT_TRUE(client_->reason() == "MarkOpen" || client_->reason() == "ReplicaBehind") << client_->reason();
    EXPECT_EQ(server_of_read("/* freshread leader */ "), "leader");
    EXPECT_EQ(client_->reason(), "HintLeader");
    EXPECT_EQ(shadowed(), before);
    EXPECT_EQ(server_of_read("/* freshread replica */ "), "leader");
    EXPECT_EQ(client_->reason(), "Shadow");
    client_->execute("set freshread.criticaltables = 'pg_catalog.pg_class'");
    EXPECT_EQ(server_of_read(), "leader");
    EXPECT_EQ(client_->reason(), "Shadow");
    EXPECT_EQ(shadowed(), before + 2);
}

// What an application would notice is left out.
TEST_F(InShadow, NothingWaitsAndNothingIsRefused) {
    connect("OnLag=error");
    pause();
    client_->execute("insert into shade values (2)");
    EXPECT_EQ(server_of_read(), "leader");
    EXPECT_TRUE(client_->reason() == "MarkOpen" || client_->reason() == "ReplicaBehind") << client_->reason();
    const std::string down = "User=" + user_ + ";Store=redis://127.0.0.1:1;OnStoreDown=error;";
    Client refused(freshread(state_, down));
    EXPECT_THROW(refused.execute("insert into shade values (3)"), OdbcError);
    Client client(freshread(state_, down + "Shadow=yes"));
    client.execute("insert into shade values (3)");
}

TEST_F(InShadow, TransactionsThatWouldReadOnAReplica) {
    connect("TransactionReads=until-write");
    const int before = shadowed();
    for (const char* begin :
         {"begin read only", "begin isolation level repeatable read read only", "begin"}) {
        client_->execute(begin);
        for (int i = 0; i < 2; ++i) {
            EXPECT_EQ(server_of_read(), "leader") << begin;
            EXPECT_EQ(client_->reason(), "Shadow") << begin;
        }
        client_->execute("commit");
    }
    EXPECT_EQ(shadowed(), before + 6);
    client_->execute("begin");
    client_->execute("insert into shade values (4)");
    EXPECT_EQ(server_of_read(), "leader");
    EXPECT_EQ(client_->reason(), "InTransaction");
    client_->execute("rollback");
}

TEST_F(InShadow, SwitchedInsideASnapshot) {
    connect();
    client_->execute("begin isolation level repeatable read read only");
    EXPECT_EQ(server_of_read(), "leader");
    client_->execute("set freshread.shadow = 'no'");
    EXPECT_EQ(server_of_read(), "leader") << "its snapshot is the leader's";
    client_->execute("commit");
    EXPECT_EQ(server_of_read(), "replica");
    client_->execute("begin isolation level repeatable read read only");
    EXPECT_EQ(server_of_read(), "replica");
    client_->execute("set freshread.shadow = 'yes'");
    EXPECT_EQ(server_of_read(), "replica") << "its snapshot is the replica's";
    client_->execute("commit");
    EXPECT_EQ(server_of_read(), "leader");
    EXPECT_EQ(client_->value("show freshread.shadow"), "yes");
}

}  // namespace
}  // namespace freshread::test
