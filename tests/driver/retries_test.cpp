// I3: a read that a replica could not answer is answered by the leader, and the application never knows.
#include <gtest/gtest.h>

#include <array>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

class Retries : public testing::Test {
 protected:
    void SetUp() override {
        on_node(
            "leader",
            "drop view if exists numbered; drop table if exists late_table; drop table if exists calls; "
            "create table calls (n serial); "
            "create or replace function call_again() returns int language sql volatile security definer as "
            "'insert into calls default values returning n'; "
            "create view numbered as select call_again() as n; grant all on numbered to public");
        cluster("wait replica1");
        state_ = warm_state_directory();
    }
    void TearDown() override { cluster("resume replica1"); }

    std::string state_{};
};

TEST_F(Retries, ATableTheReplicaDoesNotHaveYet) {
    cluster("pause replica1");
    on_node("leader", "create table late_table as select 'here' as word; grant all on late_table to public");
    Client client(freshread(state_, "Policy=any"));
    EXPECT_EQ(client.value("select word from late_table"), "here");
    EXPECT_EQ(client.reason(), "RetriedOnLeader");
}

TEST_F(Retries, APreparedReadOfATableTheReplicaDoesNotHaveYet) {
    cluster("pause replica1");
    on_node("leader", "create table late_table as select 'here' as word; grant all on late_table to public");
    Client client(freshread(state_, "Policy=any"));
    Statement statement(client);
    statement.prepare("select word from late_table where word = ?");
    SQLCHAR word[] = "here";
    SQLLEN length = SQL_NTS;
    statement.check(SQLBindParameter(statement, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 10, 0, word,
                                     sizeof word, &length));
    statement.execute();
    EXPECT_EQ(statement.reason(), "RetriedOnLeader");
    EXPECT_EQ(statement.rows().size(), 1U);
}

// A parameter array is one execution: it is the leader's for all of its sets.
TEST_F(Retries, AnArrayOfParametersIsRunWholeOnTheLeader) {
    cluster("pause replica1");
    on_node("leader",
            "create table late_table as select n as id, 'row ' || n as word from generate_series(1, 3) n; "
            "grant all on late_table to public");
    std::string reason;
    const auto told = [&](const std::string& source) {
        Client client(source);
        Statement statement(client);
        std::array<SQLINTEGER, 3> ids{3, 1, 2};
        std::array<SQLUSMALLINT, 3> status{77, 77, 77};
        SQLULEN processed = 77;
        SQLSetStmtAttr(statement, SQL_ATTR_PARAMSET_SIZE, reinterpret_cast<SQLPOINTER>(ids.size()), 0);
        SQLSetStmtAttr(statement, SQL_ATTR_PARAM_STATUS_PTR, status.data(), 0);
        SQLSetStmtAttr(statement, SQL_ATTR_PARAMS_PROCESSED_PTR, &processed, 0);
        SQLBindParameter(statement, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, ids.data(), 0,
                         nullptr);
        statement.direct("select word from late_table where id = ?");
        reason = statement.reason();
        std::string text = std::to_string(processed) + " processed;";
        for (const SQLUSMALLINT one : status) text += " " + std::to_string(one);
        do {
            for (const Row& row : statement.rows()) text += "; " + row.front().value_or("null");
        } while (SQL_SUCCEEDED(SQLMoreResults(statement)));
        return text;
    };
    const std::string direct = told("DSN=pg_leader");
    EXPECT_EQ(direct, "3 processed; 0 0 0; row 3; row 1; row 2");
    EXPECT_EQ(told(freshread(state_, "Policy=any")), direct);
    EXPECT_EQ(reason, "RetriedOnLeader");
}

TEST_F(Retries, AnErrorOfTheLeaderIsTheLeaders) {
    Client client(freshread(state_, "User=u1"));
    try {
        client.query("select * from no_such_table");
        FAIL() << "no error";
    } catch (const OdbcError& error) {
        EXPECT_EQ(error.sqlstate, "42P01");
    }
    client.query("select 1");
    EXPECT_TRUE(client.on_replica()) << "a replica that answers with an error is not a failed one: "
                                     << client.reason();
}

// The administrator was wrong about the function: the replica refuses the view over it as a write, and it
// counts as one.
TEST_F(Retries, AReadThatWritesIsRefusedByTheReplicaAndTrackedOnTheLeader) {
    Client client(freshread(state_, "User=u1;FreeFunctions=call_again"));
    EXPECT_EQ(client.value("select n from numbered"), "1");
    EXPECT_EQ(client.reason(), "RetriedOnLeader");
    EXPECT_EQ(client.value("select n from numbered"), "2");
    EXPECT_EQ(client.reason(), "RefusedByReplica");
    cluster("pause replica1");
    EXPECT_EQ(client.value("select n from numbered"), "3");
    Client reader(freshread(state_, "User=u1"));
    reader.query("select 1");
    EXPECT_FALSE(reader.on_replica());
}

TEST_F(Retries, AReplicaThatCannotBeReached) {
    Client client(
        "Driver=Freshread;Leader=pg_leader;Replicas={Driver=PostgreSQL Unicode;Servername=127.0.0.1;Port=1};"
        "Explain=yes;Policy=any;StateDir=" +
        state_);
    EXPECT_EQ(client.value("select 'answered'"), "answered");
    EXPECT_EQ(client.reason(), "NoHealthyReplica");
    EXPECT_EQ(client.value("select 'again'"), "again");
}

TEST_F(Retries, ALeaderListedAsAReplicaIsNoReplica) {
    Client client("Driver=Freshread;Leader=pg_leader;Replicas=pg_leader;Explain=yes;Policy=any;StateDir=" +
                  state_);
    EXPECT_EQ(client.value("select 'answered'"), "answered");
    EXPECT_EQ(client.reason(), "NoHealthyReplica");
}

}  // namespace
}  // namespace freshread::test
