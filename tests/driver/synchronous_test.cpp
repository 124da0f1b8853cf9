// Policy=synchronous: a write returns when replicas have applied it, and anybody's read finds it there. The
// servers' own logs say who served.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

class Synchronous : public testing::Test {
 protected:
    static void SetUpTestSuite() { state_ = warm_state_directory(); }
    void SetUp() override {
        make_item_table();
        for (const char* replica : {"replica1", "replica2"}) await_replay(replica);
    }
    void TearDown() override {
        for (const char* replica : {"replica1", "replica2"}) resume_replay(replica);
    }

    static std::string dsn(const std::string& user, const std::string& more = "") {
        // Of a keyword given twice the first one counts.
        return freshread(state_, more + ";Policy=synchronous;SyncTimeout=1 min;User=" + user);
    }
    static void write(Client& client) { client.execute("insert into item values (1)"); }
    // What a read found, and which node the servers say has served it.
    static std::string read(Client& client) {
        const std::string tag = unique_literal();
        const std::string found = client.value("select count(*) from item where '" + tag + "' <> ''");
        const std::string node = node_that_served(tag);
        return node.empty() ? found : found + " on " + node;
    }
    // Has its connections open and its catalog, so that nothing but positions decides.
    static void warm(Client& client) {
        EXPECT_TRUE(eventually([&] {
            read(client);
            return client.on_replica();
        })) << client.reason();
    }
    static std::string refusal_of(const std::function<void()>& call) {
        try {
            call();
        } catch (const OdbcError& error) {
            return error.what();
        }
        return {};
    }

    static inline std::string state_{};
};

TEST_F(Synchronous, WhatHasReturnedIsOnTheReplicasForEverybody) {
    Client writer(dsn("writer"));
    Client another(dsn("another"));
    warm(another);
    for (int written = 1; written <= rounds(20, 500); ++written) {
        write(writer);
        for (Client* reader : {&writer, &another}) {
            const std::string answer = read(*reader);
            EXPECT_TRUE(answer.starts_with(std::to_string(written) + " on replica"))
                << answer << " " << reader->reason();
        }
    }
}

// It returns when the replica has it, and not before.
TEST_F(Synchronous, AWriteWaitsForAllOfThem) {
    for (const bool manual : {false, true}) {
        const std::string log = fresh_state_directory() + "/log";
        Client writer(dsn("writer", "LogLevel=debug;Log=" + log), !manual);
        pause_replay("replica2");
        std::atomic<bool> returned{false};
        std::thread writing([&] {
            write(writer);
            if (manual) writer.end_transaction(SQL_COMMIT);
            returned = true;
        });
        EXPECT_TRUE(eventually([&] { return lines_with(log, "a write waits for replicas") > 0; }));
        await_replay("replica1");
        EXPECT_FALSE(returned);
        resume_replay("replica2");
        writing.join();
        EXPECT_EQ(on_node("replica2", "select count(*) from item"), manual ? "2" : "1");
    }
}

// The one that was not waited for serves nobody before it is as far.
TEST_F(Synchronous, SomeOfThemAreEnough) {
    Client writer(dsn("writer", "SyncReplicas=1"));
    Client another(dsn("another", "Monotonic=no;Replicas={pg_replica1, pg_replica2*1000}"));
    warm(another);
    pause_replay("replica2");
    for (int written = 1; written <= 5; ++written) {
        write(writer);
        EXPECT_EQ(read(writer), std::to_string(written) + " on replica1") << writer.reason();
        EXPECT_EQ(read(another), std::to_string(written) + " on replica1") << another.reason();
    }
}

TEST_F(Synchronous, TheTimeoutLeavesItToTheUser) {
    Client writer(dsn("writer", "SyncTimeout=50ms"));
    Client another(dsn("another"));
    warm(another);
    for (const char* replica : {"replica1", "replica2"}) pause_replay(replica);
    write(writer);
    EXPECT_EQ(read(writer), "1 on leader");
    EXPECT_TRUE(read(another).starts_with("0 on replica")) << another.reason();
}

TEST_F(Synchronous, TheTimeoutAsAnError) {
    for (const char* replica : {"replica1", "replica2"}) pause_replay(replica);
    const std::string words = "HYT00: ";
    Client writer(dsn("writer", "SyncTimeout=50ms;OnSyncTimeout=error"));
    const std::string refusal = refusal_of([&] { write(writer); });
    EXPECT_TRUE(refusal.starts_with(words)) << refusal;
    EXPECT_NE(refusal.find("stands on the leader"), std::string::npos) << refusal;
    EXPECT_NE(refusal.find("within 50 ms"), std::string::npos) << refusal;
    EXPECT_EQ(read(writer), "1 on leader");
    writer.set_autocommit(false);
    write(writer);
    EXPECT_TRUE(refusal_of([&] { writer.end_transaction(SQL_COMMIT); }).starts_with(words));
    EXPECT_EQ(on_node("leader", "select count(*) from item"), "2");
    write(writer);
    EXPECT_TRUE(refusal_of([&] { writer.set_autocommit(true); }).starts_with(words));
    EXPECT_EQ(on_node("leader", "select count(*) from item"), "3");
    writer.execute("begin");
    write(writer);
    EXPECT_TRUE(refusal_of([&] { writer.execute("commit"); }).starts_with(words));
    EXPECT_EQ(read(writer), "4 on leader");
}

TEST_F(Synchronous, ReadsAndOtherPoliciesWaitForNothing) {
    for (const char* replica : {"replica1", "replica2"}) pause_replay(replica);
    Client writer(dsn("writer", "OnSyncTimeout=error;SyncTimeout=50ms"));
    EXPECT_EQ(writer.value("/* freshread leader */ select count(*) from item"), "0");
    writer.execute("begin");
    write(writer);
    writer.execute("rollback");
    writer.execute("/* freshread policy=position */ insert into item values (1)");
    writer.execute("set freshread.policy = position");
    write(writer);
    EXPECT_NE(
        refusal_of([&] { writer.execute("/* freshread policy=synchronous */ insert into item values (1)"); }),
        "");
}

TEST_F(Synchronous, ADeadReplicaIsNotWaitedFor) {
    Client writer(dsn("writer"));
    write(writer);
    cluster("kill replica2");
    write(writer);
    EXPECT_EQ(read(writer), "2 on replica1") << writer.reason();
    cluster("start replica2");
    await_replay("replica2");
    write(writer);
    EXPECT_EQ(on_node("replica2", "select count(*) from item"), "3");
}

TEST_F(Synchronous, SqlCancelEndsTheWait) {
    const std::string log = fresh_state_directory() + "/log";
    Client writer(dsn("writer", "LogLevel=debug;Log=" + log));
    pause_replay("replica1");
    Statement statement(writer);
    std::thread writing([&] { statement.direct("insert into item values (1)"); });
    EXPECT_TRUE(eventually([&] { return lines_with(log, "a write waits for replicas") > 0; }));
    EXPECT_EQ(SQLCancel(statement), SQL_SUCCESS);
    writing.join();
    EXPECT_EQ(on_node("leader", "select count(*) from item"), "1");
}

}  // namespace
}  // namespace freshread::test
