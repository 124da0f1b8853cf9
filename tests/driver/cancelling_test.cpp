// SQLCancel and SQLCancelHandle from another thread: they reach what runs, wherever it runs, and nothing
// else.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

SQLRETURN cancel_by_handle(SQLHSTMT statement) {
    return SQLCancelHandle(SQL_HANDLE_STMT, statement);
}

class Cancelling : public testing::Test {
 protected:
    void SetUp() override { state_ = warm_state_directory(); }

    // Runs `sql` in a thread, cancels it once `node` runs it; its SQLSTATE, empty when it was not cancelled.
    static std::string cancelled(Client& client, Statement& statement, const std::string& node,
                                 SQLRETURN (*cancel)(SQLHSTMT)) {
        const std::string tag = unique_literal();
        const std::string hint = node == "leader" ? "leader" : "replica";
        const std::string sql = "/* freshread " + hint + " */ select pg_sleep(60), '" + tag + "'";
        std::string sqlstate;
        std::thread runner([&] {
            try {
                statement.direct(sql);
            } catch (const OdbcError& error) {
                sqlstate = error.sqlstate;
            }
        });
        EXPECT_TRUE(eventually([&] {
            return on_node(node,
                           "select count(*) from pg_stat_activity where state = 'active' and query "
                           "like '%" +
                               tag + "%' and pid <> pg_backend_pid()") == "1";
        })) << node;
        // One call has to be enough: the server says that it runs.
        EXPECT_EQ(cancel(statement), SQL_SUCCESS) << node;
        runner.join();
        EXPECT_EQ(client.value("select 'alive'"), "alive");
        return sqlstate;
    }

    std::string state_{};
};

TEST_F(Cancelling, ReachesARunningStatementAtOnce) {
    for (const auto cancel : {&SQLCancel, &cancel_by_handle}) {
        Client direct("DSN=pg_leader");
        Statement direct_statement(direct);
        const std::string expected = cancelled(direct, direct_statement, "leader", cancel);
        Client client(freshread(state_, "User=u1"));
        for (const std::string node : {"leader", "replica1", "leader"}) {
            Statement statement(client);
            EXPECT_EQ(cancelled(client, statement, node, cancel), expected) << node;
        }
    }
}

// The same statement handle on one node after the other: its cancel goes where it runs now.
TEST_F(Cancelling, FollowsTheStatementToItsNode) {
    Client client(freshread(state_, "User=u1"));
    Statement statement(client);
    for (const std::string node : {"replica1", "leader", "replica1", "leader"})
        EXPECT_EQ(cancelled(client, statement, node, &SQLCancel), "57014") << node;
}

TEST_F(Cancelling, IdleItDoesNothing) {
    for (const std::string& dsn : {std::string("DSN=pg_leader"), freshread(state_, "User=u1")}) {
        Client client(dsn);
        Statement statement(client);
        EXPECT_EQ(SQLCancel(statement), SQL_SUCCESS) << dsn;
        EXPECT_EQ(cancel_by_handle(statement), SQL_SUCCESS) << dsn;
        statement.direct("select 'not cancelled'");
        EXPECT_EQ(statement.rows(), (std::vector<Row>{{"not cancelled"}})) << dsn;
        statement.close();
        EXPECT_EQ(SQLCancel(statement), SQL_SUCCESS) << dsn;
        statement.direct("select 'not cancelled'");
        EXPECT_EQ(statement.rows().size(), 1U) << dsn;
    }
}

TEST_F(Cancelling, AConnectionAnswersAsDirectly) {
    for (const std::string& dsn : {std::string("DSN=pg_leader"), freshread(state_, "User=u1")}) {
        Client client(dsn);
        EXPECT_EQ(SQLCancelHandle(SQL_HANDLE_DBC, client.handle()), SQL_ERROR) << dsn;
        EXPECT_EQ(error_of(SQL_HANDLE_DBC, client.handle()).sqlstate, "IM001") << dsn;
    }
}

// While a replica is being opened no driver runs the statement yet.
TEST_F(Cancelling, ReachesAStatementThatWaitsForItsReplica) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), length), 0);
    ASSERT_EQ(::listen(listener, 1), 0);
    ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length), 0);
    const std::string silent =
        "{Driver=PostgreSQL Unicode;Servername=127.0.0.1;Database=postgres;UID=app;"
        "SSLmode=disable;Port=" +
        std::to_string(ntohs(address.sin_port)) + "}";
    Client client("Driver=Freshread;Leader=pg_leader;Replicas=" + silent +
                  ";Policy=any;Monitor=none;StateDir=" + state_);
    Statement statement(client);
    const std::string tag = unique_literal();
    std::string sqlstate;
    std::thread runner([&] {
        try {
            statement.direct("/* freshread replica */ select pg_sleep(60), '" + tag + "'");
        } catch (const OdbcError& error) {
            sqlstate = error.sqlstate;
        }
    });
    // It accepts and never answers, until the cancel was called.
    const int accepted = ::accept(listener, nullptr, nullptr);
    EXPECT_EQ(SQLCancel(statement), SQL_SUCCESS);
    ::close(accepted);
    ::close(listener);
    runner.join();
    EXPECT_EQ(sqlstate, "HY008");
    EXPECT_EQ(served_by("leader", tag), 0);
    statement.direct("select 'alive'");
    EXPECT_EQ(statement.rows().size(), 1U);
}

// Against executions and changes of node. Whatever comes of each call, nothing hangs, nothing
// breaks, and what was written and not refused is there. One cancel for each execution: a second one would
// discard, without a lock, the records that the driver manager is keeping of what the first one ended.
TEST_F(Cancelling, RacesWithEverythingElse) {
    on_node("leader", "drop table if exists race; create table race (id int); grant all on race to public");
    cluster("wait replica1");
    Client client(freshread(state_, "User=u2"));
    Statement statement(client);
    std::atomic<int> asked{0};
    std::atomic<int> answered{0};
    std::thread canceller([&] {
        while (asked >= 0) {
            if (asked == answered) continue;
            // Each at another moment of the execution, or when it has ended.
            for (int turn = 0; turn < answered % 40 * 500; ++turn) static_cast<void>(asked.load());
            SQLCancel(statement);
            ++answered;
        }
    });
    const auto cancel_ends = [&] {
        while (answered != asked) std::this_thread::yield();
    };
    int written = 0;
    for (int round = 0; round < rounds(50, 1000); ++round) {
        const std::string id = std::to_string(round);
        for (const std::string& sql : {"insert into race values (" + id + ")",
                                       "/* freshread replica */ select count(*), " + id + " from race",
                                       "select count(*), " + id + " from race"}) {
            ++asked;
            try {
                statement.direct(sql);
                if (sql.front() == 'i') ++written;
                cancel_ends();
                statement.close();
            } catch (const OdbcError& error) {
                cancel_ends();
                // The driver manager's SQLCancel discards the records that it holds of the statement.
                EXPECT_TRUE(error.sqlstate == "57014" || error.sqlstate == "HY008" ||
                            error.sqlstate == "-----")
                    << error.what();
                statement.close();
            }
        }
    }
    asked = -1;
    canceller.join();
    EXPECT_GE(std::stoi(client.value("select count(*) from race")), written);
    EXPECT_TRUE(eventually([&] {
        client.query("select 1");
        return client.on_replica();
    })) << client.reason();
}

}  // namespace
}  // namespace freshread::test
