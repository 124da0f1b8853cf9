// OnLag, LeaderBudget: what becomes of a read that no replica is far enough for. The replica stands still,
// and the servers' own logs say who was asked.
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

class OnLag : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        make_item_table();
        state_ = warm_state_directory();
        await_replay("replica1");
        pause_replay("replica1");
    }
    static void TearDownTestSuite() { resume_replay("replica1"); }

    static std::string dsn(const std::string& more) {
        return freshread(state_, "User=u1;Replicas=pg_replica1;" + more);
    }
    static void write(Client& client) { client.execute("insert into item values (1)"); }
    static std::string count(const std::string& tag) {
        return "select count(*) from item where '" + tag + "' <> ''";
    }
    static std::string asked_for(const std::string& tag) {
        return std::string(served_by("replica1", tag) > 0 ? "replica " : "") +
               (served_by("leader", tag) > 0 ? "leader" : "");
    }
    // What a read found, and who was asked for it.
    static std::string read(Client& client) {
        const std::string tag = unique_literal();
        const std::string found = client.value(count(tag));
        return (found == "0" ? "old " : "new ") + asked_for(tag);
    }
    // Runs `read` in a thread of its own, `meanwhile` when it waits for a replica: that has to end the wait.
    template <typename Read, typename Meanwhile>
    static void while_it_waits(const std::string& log, Read read, Meanwhile meanwhile) {
        std::atomic<bool> over{false};
        std::thread reader([&] {
            try {
                read();
            } catch (const OdbcError& error) {
                ADD_FAILURE() << error.what();
            }
            over = true;
        });
        EXPECT_TRUE(eventually([&] { return over || lines_with(log, "waits for a replica") > 0; }));
        EXPECT_FALSE(over) << "it does not wait";
        meanwhile();
        EXPECT_TRUE(eventually([&] { return over.load(); })) << "it still waits";
        reader.join();
    }
    static std::string log_of_its_own() { return fresh_state_directory() + "/log"; }
    static std::string logging_to(const std::string& log) { return ";LogLevel=debug;Log=" + log; }

    static inline std::string state_{};
};

TEST_F(OnLag, ThenTheLeader) {
    for (const std::string on_lag : {"leader", "{wait 20ms, leader}"}) {
        Client client(dsn("OnLag=" + on_lag));
        write(client);
        EXPECT_EQ(read(client), "new leader") << on_lag;
    }
}

TEST_F(OnLag, ThenAnError) {
    Client client(dsn("OnLag=error"));
    write(client);
    for (const std::string on_lag : {"error", "wait 20 ms, error"}) {
        client.execute("set freshread.onlag = '" + on_lag + "'");
        std::string message;
        // How far the leader was behind the write turns out a little later.
        EXPECT_TRUE(eventually([&] {
            const std::string tag = unique_literal();
            try {
                client.query(count(tag));
                ADD_FAILURE() << "served: " << client.reason();
            } catch (const OdbcError& error) {
                EXPECT_EQ(error.sqlstate, "HYT00");
                message = error.what();
            }
            EXPECT_EQ(asked_for(tag), "");
            return message.find("(MarkOpen): a write of this user") == std::string::npos;
        })) << message;
        EXPECT_NE(message.find("(ReplicaBehind): it has to see "), std::string::npos) << message;
        EXPECT_NE(message.find("'pg_replica1' is at "), std::string::npos) << message;
        EXPECT_NE(message.find(" and lacks "), std::string::npos) << message;
    }
    EXPECT_EQ(client.value("show freshread.onlag"), "wait 20 ms, error") << "answered all the same";
    EXPECT_NE(client.value("/* freshread leader */ select count(*) from item"), "0");
    client.execute("begin");
    EXPECT_NE(client.value("select count(*) from item"), "0") << "the leader's anyway";
    client.execute("commit");
}

TEST_F(OnLag, ThenAnOldAnswer) {
    Client client(dsn("OnLag=stale"));
    write(client);
    for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(read(client), "old replica ");
        EXPECT_EQ(client.reason(), "StaleOnReplica");
    }
    client.execute("set freshread.onlag = leader");
    EXPECT_EQ(read(client), "new leader") << "nothing was settled by it";
}

// What is prepared waits for nothing, and is executed like anything else.
TEST_F(OnLag, PreparedReads) {
    Client client(dsn("OnLag=error"));
    write(client);
    Statement prepared(client);
    const std::string tag = unique_literal();
    prepared.prepare(count(tag));
    EXPECT_THROW(prepared.execute(), OdbcError);
    client.execute("set freshread.onlag = stale");
    prepared.execute();
    EXPECT_EQ(prepared.rows(), (std::vector<Row>{{"0"}}));
    EXPECT_EQ(asked_for(tag), "replica ");
}

// Nobody asks the leader meanwhile. The mark of the write is open when the wait begins.
TEST_F(OnLag, TheWaitEndsWhenTheReplicaIsThere) {
    const std::string log = log_of_its_own();
    Client client(dsn("OnLag={wait 1 min, error}" + logging_to(log)));
    write(client);
    while_it_waits(
        log, [&] { EXPECT_EQ(read(client), "new replica "); }, [] { resume_replay("replica1"); });
    EXPECT_EQ(client.reason(), "ReadOnReplica");
    pause_replay("replica1");
}

// Other statements of the connection go on meanwhile.
TEST_F(OnLag, TheConnectionIsFreeMeanwhile) {
    const std::string log = log_of_its_own();
    Client client(dsn("OnLag={wait 1 min, error}" + logging_to(log)));
    write(client);
    Statement waiting(client);
    while_it_waits(
        log, [&] { waiting.direct("select count(*) from item"); },
        [&] {
            EXPECT_NE(client.value("/* freshread leader */ select count(*) from item"), "0");
            resume_replay("replica1");
        });
    EXPECT_TRUE(waiting.on_replica()) << waiting.reason();
    pause_replay("replica1");
}

TEST_F(OnLag, SqlCancelEndsTheWait) {
    const std::string log = log_of_its_own();
    Client client(dsn("OnLag={wait 1 min, leader}" + logging_to(log)));
    write(client);
    Statement waiting(client);
    const std::string tag = unique_literal();
    std::string sqlstate;
    while_it_waits(
        log,
        [&] {
            try {
                waiting.direct(count(tag));
            } catch (const OdbcError& error) {
                sqlstate = error.sqlstate;
            }
        },
        [&] { EXPECT_EQ(SQLCancel(waiting), SQL_SUCCESS); });
    EXPECT_EQ(sqlstate, "HY008");
    EXPECT_EQ(asked_for(tag), "");
    waiting.direct("/* freshread leader */ select 'alive'");
    EXPECT_EQ(waiting.rows().size(), 1U);
}

// The wait takes half of the query timeout at most; the leader is given what is left.
TEST_F(OnLag, TheQueryTimeoutIsOneBudget) {
    Client client(dsn("OnLag={wait 1 min, leader}"));
    write(client);
    Statement timed(client);
    timed.check(SQLSetStmtAttr(timed, SQL_ATTR_QUERY_TIMEOUT, reinterpret_cast<SQLPOINTER>(2), 0));
    const int before = served_by("leader", "statement_timeout = 1000");
    const std::string tag = unique_literal();
    timed.direct(count(tag));
    EXPECT_EQ(asked_for(tag), "leader");
    EXPECT_EQ(served_by("leader", "statement_timeout = 1000"), before + 1);
}

// A window is a time of the leader's, and no lag.
TEST_F(OnLag, WhatIsNoLagIsTheLeaders) {
    Client client(dsn("OnLag=error;Policy=window"));
    write(client);
    EXPECT_EQ(read(client), "new leader");
    client.execute("set freshread.policy = leader");
    EXPECT_EQ(read(client), "new leader");
}

TEST_F(OnLag, ABudgetForTheLeader) {
    std::string log;
    std::optional<Client> client;
    EXPECT_TRUE(eventually([&] {
        log = log_of_its_own();
        client.emplace(dsn("LeaderBudget=1;OnLag={wait 1 min, leader}" + logging_to(log)));
        write(*client);
        EXPECT_EQ(read(*client), "new leader");
        return lines_with(log, "waits for a replica") == 0;
    })) << "the first one of a second goes at once";
    const auto until_one_waits = [&] {
        for (int i = 0; i < 100 && lines_with(log, "waits for a replica") == 0; ++i)
            EXPECT_EQ(read(*client), "new leader");
    };
    // For the budget of another second.
    while_it_waits(log, until_one_waits, [] {});
}

// A read beyond the budget is the replica's when that is there before the next second.
TEST_F(OnLag, NoBudgetButTheReplica) {
    EXPECT_TRUE(eventually([] {
        const std::string log = log_of_its_own();
        Client client(dsn("LeaderBudget=1;OnLag={wait 1 min, leader}" + logging_to(log)));
        write(client);
        const auto until_one_waits = [&] {
            for (int i = 0; i < 100 && lines_with(log, "waits for a replica") == 0; ++i) read(client);
        };
        while_it_waits(log, until_one_waits, [] { resume_replay("replica1"); });
        pause_replay("replica1");
        return client.on_replica() || HasFailure();
    }));
}

}  // namespace
}  // namespace freshread::test
