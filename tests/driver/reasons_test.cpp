// Why a statement ran where it ran, as SHOW freshread.*, Explain= and the counters tell it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <memory>

#include "tests/driver/mock_driver.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

const Row kNothing{std::nullopt, std::nullopt, std::nullopt, std::nullopt};

class Reasons : public testing::Test {
 protected:
    void SetUp() override { mock_driver().reset(); }

    static Row last_route(Client& client) {
        const auto rows = client.query("show freshread.last_route");
        return rows.size() == 1 ? rows[0] : Row{};
    }
    static std::string reason_shown(Client& client) { return last_route(client).at(2).value_or("null"); }
    // What was served for a reason, by the name of its node.
    static long count(Client& client, const std::string& node, const std::string& reason) {
        for (const Row& row : client.query("show freshread.counters"))
            if (row.at(0) == node && row.at(1) == reason) return std::stol(row.at(2).value_or("0"));
        return 0;
    }

    std::string over_ = freshread_over(mock_node("leader"), mock_node("replica1"), "Explain=no");
    Client client_{over_};
};

TEST_F(Reasons, TheLastRouteNamesNodeRoleAndReason) {
    EXPECT_EQ(last_route(client_), kNothing) << "nothing was executed yet";
    client_.query("select 1");
    EXPECT_EQ(last_route(client_), (Row{"pg_replica1", "replica", "ReadOnReplica", std::nullopt}));
    EXPECT_EQ(last_route(client_), (Row{"pg_replica1", "replica", "ReadOnReplica", std::nullopt}))
        << "asking is no statement of its own";
    client_.query("/* freshread leader */ select 1");
    EXPECT_EQ(last_route(client_), (Row{"pg_leader", "leader", "HintLeader", std::nullopt}));
    mock_driver().rule("replica1", "SQLExecDirect(select 42) fail 40001 7 [Mock]conflict");
    client_.query("select 42");
    EXPECT_EQ(reason_shown(client_), "RetriedOnLeader");
    client_.execute("set time zone 'UTC'");
    EXPECT_EQ(reason_shown(client_), "SessionState");
    EXPECT_THROW(client_.query("/* freshread leader */ select no_such_column"), OdbcError);
    EXPECT_EQ(reason_shown(client_), "HintLeader") << "a statement that failed had a way, too";
}

TEST_F(Reasons, EverySpellingIsUnderstood) {
    client_.query("select 1");
    for (const char* spelling :
         {"show freshread.last_route", "SHOW FRESHREAD.LAST_ROUTE", "show freshread last_route;",
          "Show Freshread . Last_Route ;", "/* a comment */ show /* freshread leader */ freshread.last_route",
          "\n show\tfreshread\n last_route -- behind"}) {
        const auto rows = client_.query(spelling);
        ASSERT_EQ(rows.size(), 1U) << spelling;
        EXPECT_EQ(rows[0].at(2), "ReadOnReplica") << spelling;
    }
    for (const char* other :
         {"show freshread.nonsense", "show freshread.last_route now", "show freshread."}) {
        try {
            client_.query(other);
            ADD_FAILURE() << other << " was answered";
        } catch (const OdbcError& error) {
            EXPECT_EQ(error.sqlstate == "42704" || error.sqlstate == "42601", true) << other << error.what();
        }
    }
}

// Prepared, bound, described and fetched in either variant, as tools do.
TEST_F(Reasons, TheLastRouteIsAResultLikeAnyOther) {
    Statement statement(client_);
    statement.prepare("show freshread.last_route");
    SQLSMALLINT columns = 0;
    statement.check(SQLNumResultCols(statement, &columns));
    ASSERT_EQ(columns, 4);
    const std::array<std::string, 4> names{"node", "role", "reason", "at_least"};
    for (SQLUSMALLINT column = 1; column <= 4; ++column) {
        std::array<SQLCHAR, 64> name{};
        SQLSMALLINT length = 0;
        SQLSMALLINT type = 0;
        SQLULEN size = 0;
        SQLSMALLINT digits = 0;
        SQLSMALLINT nullable = 0;
        statement.check(SQLDescribeCol(statement, column, name.data(), static_cast<SQLSMALLINT>(name.size()),
                                       &length, &type, &size, &digits, &nullable));
        EXPECT_EQ(reinterpret_cast<const char*>(name.data()), names.at(column - 1U));
        EXPECT_TRUE(type == SQL_VARCHAR || type == SQL_WVARCHAR) << type;
    }
    std::array<SQLCHAR, 64> reason{};
    SQLLEN length = 0;
    statement.check(
        SQLBindCol(statement, 3, SQL_C_CHAR, reason.data(), static_cast<SQLLEN>(reason.size()), &length));
    for (const std::string expected : {"ReadOnReplica", "HintLeader", "ReadOnReplica"}) {
        client_.query(expected == "HintLeader" ? "/* freshread leader */ select 1" : "select 1");
        statement.execute();
        ASSERT_EQ(SQLFetch(statement), SQL_SUCCESS);
        EXPECT_EQ(reinterpret_cast<const char*>(reason.data()), expected) << "the answer of now";
        EXPECT_EQ(SQLFetch(statement), SQL_NO_DATA);
        statement.close();
    }
    // The handle goes on as if nothing had been.
    statement.check(SQLFreeStmt(statement, SQL_UNBIND));
    statement.direct("select 42");
    EXPECT_EQ(statement.rows(), (std::vector<Row>{{"42"}}));
}

TEST_F(Reasons, TheSettledWayIsShownAndCounted) {
    Statement statement(client_);
    statement.prepare("select 1");
    const long before = count(client_, "pg_replica1", "ReadOnReplica");
    for (int i = 0; i < 10; ++i) {
        statement.execute();
        EXPECT_EQ(statement.rows().size(), 1U);
        statement.close();
    }
    EXPECT_EQ(count(client_, "pg_replica1", "ReadOnReplica"), before + 10);
    client_.query("/* freshread leader */ select 1");
    statement.execute();
    statement.close();
    EXPECT_EQ(reason_shown(client_), "ReadOnReplica");
}

TEST_F(Reasons, AreCountedByNodeOverAllConnectionsOfTheProcess) {
    Client other(over_);
    const long hints = count(client_, "pg_leader", "HintLeader");
    const long writes = count(client_, "pg_leader", "Write");
    client_.query("/* freshread leader */ select 1");
    other.query("/* freshread leader */ select 1");
    other.execute("drop table if exists never_there");
    EXPECT_EQ(count(client_, "pg_leader", "HintLeader"), hints + 2);
    EXPECT_EQ(count(client_, "pg_leader", "Write"), writes + 1);
    EXPECT_EQ(count(client_, "pg_replica1", "Write"), 0);
}

// An aborted transaction refuses everything but its end; a question to the driver is not part of it.
TEST_F(Reasons, CanBeAskedInsideATransaction) {
    client_.query("select 1");
    client_.set_autocommit(false);
    EXPECT_THROW(client_.query("select no_such_column"), OdbcError);
    EXPECT_EQ(reason_shown(client_), "InTransaction");
    client_.end_transaction(SQL_ROLLBACK);
    client_.set_autocommit(true);
    EXPECT_EQ(reason_shown(client_), "InTransaction");
    client_.query("select 1");
    EXPECT_EQ(reason_shown(client_), "ReadOnReplica");
}

TEST_F(Reasons, ThePositionThatAReadHadToSeeIsShown) {
    on_node("leader", "create table if not exists reasons (n int); grant all on reasons to public");
    const std::string state = warm_state_directory();
    Client client(freshread(state, "Capture=commit;User=reasons"));
    client.query("select 1");
    ASSERT_TRUE(client.on_replica()) << client.reason();
    const Row read = last_route(client);
    EXPECT_NE(read.at(3).value_or("").find(" on timeline 1"), std::string::npos)
        << read.at(3).value_or("null");
    cluster("pause replica1");
    client.execute("insert into reasons values (1)");
    EXPECT_EQ(last_route(client), (Row{"pg_leader", "leader", "Write", std::nullopt}));
    client.query("select n from reasons");
    const Row behind = last_route(client);
    EXPECT_EQ(behind.at(2), "ReplicaBehind");
    EXPECT_TRUE(behind.at(3)) << "the write has to be seen";
    EXPECT_NE(behind.at(3), read.at(3));
    cluster("resume replica1");
}

// --- Explain=yes

class Explained : public Reasons {
 protected:
    static std::string record(const std::string& reason, const std::string& node) {
        return "01000 0 [Freshread][ODBC Driver]" + reason + ": served by " + node;
    }

    Client explained_{freshread_over(mock_node("leader"), mock_node("replica1"))};
};

TEST_F(Explained, BySQLExecute) {
    Statement statement(explained_);
    statement.prepare("select 1");
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(SQLExecute(statement), SQL_SUCCESS_WITH_INFO);
        const std::vector<std::string> expected{record("ReadOnReplica", "the replica 'pg_replica1'")};
        // Read as often as one likes, in every way.
        for (int again = 0; again < 3; ++again) {
            EXPECT_EQ(records_of(SQL_HANDLE_STMT, statement), expected);
            EXPECT_EQ(record_fields_of(SQL_HANDLE_STMT, statement), expected);
        }
        EXPECT_EQ(statement.rows().size(), 1U);
        statement.close();
    }
}

TEST_F(Explained, ByCatalogFunctions) {
    Statement statement(explained_);
    std::string type = "TABLE";
    ASSERT_EQ(SQLTables(statement, nullptr, 0, nullptr, 0, nullptr, 0,
                        reinterpret_cast<SQLCHAR*>(type.data()), SQL_NTS),
              SQL_SUCCESS_WITH_INFO);
    EXPECT_EQ(records_of(SQL_HANDLE_STMT, statement),
              (std::vector<std::string>{record("ReadOnReplica", "the replica 'pg_replica1'")}));
    statement.close();
    ASSERT_EQ(SQLGetTypeInfo(statement, SQL_ALL_TYPES), SQL_SUCCESS_WITH_INFO);
    EXPECT_EQ(records_of(SQL_HANDLE_STMT, statement).size(), 1U);
}

TEST_F(Explained, BesideTheRecordsOfTheUnderlyingDriver) {
    Statement statement(explained_);
    mock_driver().rule("replica1",
                       "SQLExecDirect(select 42) inform 01000 3 [Mock]first + 01S02 4 [Mock]second");
    std::string text = "select 42";
    ASSERT_EQ(SQLExecDirect(statement, reinterpret_cast<SQLCHAR*>(text.data()), SQL_NTS),
              SQL_SUCCESS_WITH_INFO);
    for (int again = 0; again < 2; ++again) {
        const auto records = records_of(SQL_HANDLE_STMT, statement);
        ASSERT_EQ(records.size(), 3U);
        EXPECT_EQ(records[0], record("ReadOnReplica", "the replica 'pg_replica1'"));
        EXPECT_EQ(records[1], "01000 3 [Mock]first");
        EXPECT_EQ(records[2], "01S02 4 [Mock]second");
    }
}

TEST_F(Explained, AnErrorHasNoRecordOfOurs) {
    Statement statement(explained_);
    EXPECT_THROW(statement.direct("select no_such_column"), OdbcError);
    for (const std::string& shown : records_of(SQL_HANDLE_STMT, statement))
        EXPECT_EQ(shown.find("[Freshread]"), std::string::npos) << shown;
}

TEST_F(Explained, AQuestionToTheDriverHasNone) {
    Statement statement(explained_);
    std::string text = "show freshread.last_route";
    EXPECT_EQ(SQLExecDirect(statement, reinterpret_cast<SQLCHAR*>(text.data()), SQL_NTS), SQL_SUCCESS);
}

// --- health

// A replica that refuses connections is asked once, not by every connection of the process.
TEST_F(Reasons, AFailedReplicaIsTriedByOneConnectionForAll) {
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 8; ++i) clients.push_back(std::make_unique<Client>(over_));
    mock_driver().rule("replica1", "every SQLDriverConnect fail 53300 7 [Mock]too many connections");
    for (const auto& client : clients) {
        EXPECT_EQ(client->value("select 42"), "42");
        EXPECT_EQ(reason_shown(*client), "NoHealthyReplica");
    }
    EXPECT_LT(calls_of("replica1", "SQLDriverConnect").size(), clients.size() / 2);
    mock_driver().reset();
    // Once one of them found it well again, it is for all.
    EXPECT_TRUE(eventually([&] {
        clients[0]->query("select 1");
        return reason_shown(*clients[0]) == "ReadOnReplica";
    }));
    for (const auto& client : clients) {
        client->query("select 1");
        EXPECT_EQ(reason_shown(*client), "ReadOnReplica");
    }
}

// --- the log

class Logged : public Reasons {
 protected:
    Logged() {
        static int number = 0;
        path_ = setting("FRESHREAD_TEST_DIR") + "/log-" + std::to_string(::getpid()) + "-" +
                std::to_string(++number);
    }
    [[nodiscard]] std::string over(const std::string& level) const {
        return over_ + ";Log=" + path_ + ";LogLevel=" + level;
    }
    [[nodiscard]] std::vector<std::string> lines(const std::string& containing = "") const {
        std::ifstream log(path_);
        std::vector<std::string> found;
        for (std::string line; std::getline(log, line);)
            if (line.find(containing) != std::string::npos) found.push_back(line);
        return found;
    }

    std::string path_{};
};

TEST_F(Logged, EveryDecisionAtDebug) {
    Client client(over("debug"));
    client.query("select 1");
    client.query("/* freshread leader */ select 2");
    Statement statement(client);
    statement.prepare("select 3");
    for (int i = 0; i < 5; ++i) {
        statement.execute();
        statement.close();
    }
    EXPECT_EQ(lines("[debug] ReadOnReplica: served by the replica 'pg_replica1'").size(), 6U);
    EXPECT_EQ(lines("[debug] HintLeader: served by the leader 'pg_leader'").size(), 1U);
    EXPECT_EQ(lines().size(), 7U);
}

TEST_F(Logged, NoTextNoPasswordNoUser) {
    Client client(over("trace") + ";User=somebody-secret;UID=app;PWD=pass-secret");
    const std::string refused = "select 'literal-secret' as logged, 4711";
    mock_driver().rule("replica1", "SQLExecDirect(as logged) fail 25006 7 [Mock]read-only message-secret");
    client.query(refused);
    client.query("select 'literal-secret'");
    EXPECT_THROW(client.query("select nonsense-secret"), OdbcError);
    EXPECT_FALSE(lines().empty());
    EXPECT_TRUE(lines("secret").empty());
    EXPECT_TRUE(lines("4711").empty());
}

TEST_F(Logged, WarningsOnce) {
    Client client(over("warn"));
    client.query("select 1");
    EXPECT_TRUE(lines().empty());
    mock_driver().rule("replica1", "every SQLExecDirect(pg_class) fail 25006 7 [Mock]read-only");
    for (int i = 0; i < 3; ++i) client.query("select count(*) from pg_class");
    ASSERT_EQ(lines("refused a read as a write").size(), 1U);
    EXPECT_NE(lines("refused a read as a write")[0].find("pg_class"), std::string::npos);
    client.execute("set session characteristics as transaction read write");
    client.execute("listen something");
    client.execute("discard plans");
    for (int i = 0; i < 3; ++i) client.query("select 1");
    EXPECT_LE(lines("replicas cannot be given").size(), 1U);
}

TEST_F(Logged, AReplicaThatFailsAndOneThatIsBack) {
    Client client(over("info"));
    mock_driver().rule("replica1", "SQLDriverConnect fail 08001 7 [Mock]not today");
    client.query("select 1");
    client.query("select 1");
    EXPECT_EQ(lines("[warning] the replica 'pg_replica1' cannot be opened").size(), 1U);
    EXPECT_TRUE(eventually([&] {
        client.query("select 1");
        return reason_shown(client) == "ReadOnReplica";
    }));
    EXPECT_EQ(lines("[info] the replica 'pg_replica1' is back").size(), 1U);
}

TEST_F(Logged, IsNotForOthersToRead) {
    Client client(over("debug"));
    client.query("select 1");
    EXPECT_EQ(std::filesystem::status(path_).permissions() &
                  (std::filesystem::perms::others_all | std::filesystem::perms::group_write),
              std::filesystem::perms::none);
}

TEST_F(Logged, WhatCannotBeOpenedFailsTheConnection) {
    for (const std::string bad : {"Log=/no/such/directory/log", "Log=relative", "LogLevel=loud"}) {
        try {
            const Client client(over_ + ";" + bad);
            ADD_FAILURE() << bad << " was accepted";
        } catch (const OdbcError& error) {
            EXPECT_NE(std::string(error.what()).find("'" + bad.substr(0, bad.find('=')) + "'"),
                      std::string::npos)
                << error.what();
        }
    }
}

}  // namespace
}  // namespace freshread::test
