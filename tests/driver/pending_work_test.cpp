// Cursors and pending work stay where they are, whatever the rest of the connection does.
#include <gtest/gtest.h>

#include <memory>

#include "tests/driver/mock_driver.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

SQLPOINTER number(SQLULEN value) {
    return reinterpret_cast<SQLPOINTER>(value);
}

class PendingWork : public testing::Test {
 protected:
    void SetUp() override {
        on_node("leader",
                "drop table if exists word; create table word (w text); grant all on word to public");
        cluster("wait replica1");
        mock_driver().reset();
    }
    static std::size_t count(const std::string& node, const std::string& function) {
        return calls_of(node, function).size();
    }
    static Client& connect(std::unique_ptr<Client>& client) {
        client = std::make_unique<Client>(freshread_over(mock_node("leader"), mock_node("replica1")));
        return *client;
    }

    std::unique_ptr<Client> owner_{};
};

TEST_F(PendingWork, FurtherResultsAreTakenFromTheNodeThatHasThem) {
    Client& client = connect(owner_);
    Statement statement(client);
    statement.direct("select i from generate_series(1, 2) i");
    ASSERT_TRUE(statement.on_replica()) << statement.reason();
    client.execute("insert into word values ('x')");
    mock_driver().forget_calls();
    mock_driver().rule("replica1", "SQLMoreResults return 0");
    EXPECT_EQ(SQLMoreResults(statement), SQL_SUCCESS);
    EXPECT_EQ(SQLFetch(statement), SQL_SUCCESS);
    EXPECT_EQ(SQLMoreResults(statement), SQL_NO_DATA);
    EXPECT_EQ(count("replica1", "SQLMoreResults"), 2U);
    EXPECT_EQ(count("replica1", "SQLFetch"), 1U);
    EXPECT_EQ(count("leader", "SQLMoreResults") + count("leader", "SQLFetch"), 0U);
}

// A write that waits for its data stays on the leader, while other statements read from the replica.
TEST_F(PendingWork, AWriteThatNeedsDataStaysOnTheLeader) {
    Client& client = connect(owner_);
    Statement write(client);
    write.prepare("insert into word values (?)");
    SQLLEN at_execution = SQL_DATA_AT_EXEC;
    int token = 0;
    write.check(SQLBindParameter(write, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 100, 0, &token, 0,
                                 &at_execution));
    ASSERT_EQ(SQLExecute(write), SQL_NEED_DATA);
    SQLPOINTER wanted = nullptr;
    ASSERT_EQ(SQLParamData(write, &wanted), SQL_NEED_DATA);
    EXPECT_EQ(wanted, &token);
    client.query("select 1");
    EXPECT_TRUE(client.on_replica()) << client.reason();
    std::string part = "part";
    EXPECT_EQ(SQLPutData(write, part.data(), 4), SQL_SUCCESS);
    client.query("select 1");
    EXPECT_EQ(SQLPutData(write, part.data(), 4), SQL_SUCCESS);
    EXPECT_TRUE(SQL_SUCCEEDED(SQLParamData(write, &wanted)));
    EXPECT_EQ(on_node("leader", "select w from word"), "partpart");
    EXPECT_EQ(count("replica1", "SQLPutData") + count("replica1", "SQLParamData"), 0U);
}

// Data that is given piece by piece cannot be given twice: such a read is the leader's from the first piece.
TEST_F(PendingWork, AReadThatNeedsDataIsTheLeaders) {
    Client& client = connect(owner_);
    Statement read(client);
    read.prepare("select ?::text");
    SQLLEN at_execution = SQL_DATA_AT_EXEC;
    int token = 0;
    read.check(SQLBindParameter(read, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 100, 0, &token, 0,
                                &at_execution));
    ASSERT_EQ(SQLExecute(read), SQL_NEED_DATA);
    SQLPOINTER wanted = nullptr;
    ASSERT_EQ(SQLParamData(read, &wanted), SQL_NEED_DATA);
    std::string part = "whole";
    EXPECT_EQ(SQLPutData(read, part.data(), 5), SQL_SUCCESS);
    EXPECT_TRUE(SQL_SUCCEEDED(SQLParamData(read, &wanted)));
    EXPECT_EQ(read.rows().at(0).at(0), "whole");
    EXPECT_EQ(count("leader", "SQLPutData"), 1U);
    EXPECT_EQ(count("replica1", "SQLPutData"), 0U);
    EXPECT_EQ(count("replica1", "SQLCancel"), count("replica1", "SQLExecute"))
        << "nothing is left waiting there";
}

TEST_F(PendingWork, APositionedCallGoesToTheCursor) {
    Client& client = connect(owner_);
    Statement statement(client);
    statement.check(SQLSetStmtAttr(statement, SQL_ATTR_CURSOR_TYPE, number(SQL_CURSOR_STATIC), 0));
    statement.direct("select i from generate_series(1, 3) i");
    ASSERT_TRUE(statement.on_replica()) << statement.reason();
    ASSERT_EQ(SQLFetchScroll(statement, SQL_FETCH_FIRST, 0), SQL_SUCCESS);
    client.execute("insert into word values ('x')");
    EXPECT_EQ(SQLSetPos(statement, 1, SQL_POSITION, SQL_LOCK_NO_CHANGE), SQL_SUCCESS);
    EXPECT_EQ(SQLFetchScroll(statement, SQL_FETCH_LAST, 0), SQL_SUCCESS);
    EXPECT_EQ(count("replica1", "SQLSetPos"), 1U);
    EXPECT_EQ(count("leader", "SQLSetPos") + count("leader", "SQLFetchScroll"), 0U);
}

// Information of the node that served comes with what Freshread adds, and only once.
TEST_F(PendingWork, InformationOfTheNodeThatServedIsTold) {
    Client& client = connect(owner_);
    for (const std::string node : {"leader", "replica1"}) {
        mock_driver().rule(node, "SQLExecDirect(select 42) inform 01000 9 [Mock]of " + node);
        Statement statement(client);
        statement.direct(node == "leader" ? "/* freshread leader */ select 42" : "select 42");
        const auto records = records_of(SQL_HANDLE_STMT, statement);
        ASSERT_EQ(records.size(), 2U);
        EXPECT_EQ(records[1], "01000 9 [Mock]of " + node);
        EXPECT_EQ(record_fields_of(SQL_HANDLE_STMT, statement), records);
    }
}

// SQL_ASYNC_MODE is SQL_AM_NONE, and a driver that could run asynchronously is not told to: the steps behind
// an execution need its outcome.
TEST_F(PendingWork, NothingRunsAsynchronously) {
    for (const std::string node : {"leader", "replica1"})
        mock_driver().rule(node, "every SQLGetInfo(10021) answer32 2");
    Client& client = connect(owner_);
    SQLUINTEGER mode = SQL_AM_STATEMENT;
    EXPECT_EQ(SQLGetInfo(client.handle(), SQL_ASYNC_MODE, &mode, sizeof mode, nullptr), SQL_SUCCESS);
    EXPECT_EQ(mode, static_cast<SQLUINTEGER>(SQL_AM_NONE));
    for (const bool on_replica : {false, true}) {
        if (on_replica) client.query("select 1");
        Statement statement(client);
        EXPECT_EQ(SQLSetStmtAttr(statement, SQL_ATTR_ASYNC_ENABLE, number(SQL_ASYNC_ENABLE_ON), 0),
                  SQL_ERROR);
        EXPECT_EQ(error_of(SQL_HANDLE_STMT, statement).sqlstate, "HYC00");
        EXPECT_EQ(SQLSetStmtAttr(statement, SQL_ATTR_ASYNC_ENABLE, number(SQL_ASYNC_ENABLE_OFF), 0),
                  SQL_SUCCESS);
    }
    EXPECT_EQ(SQLSetConnectAttr(client.handle(), SQL_ATTR_ASYNC_ENABLE, number(SQL_ASYNC_ENABLE_ON), 0),
              SQL_ERROR);
    EXPECT_EQ(error_of(SQL_HANDLE_DBC, client.handle()).sqlstate, "HYC00");
    EXPECT_TRUE(calls_of("leader", "SQLSetStmtAttr", " 4 1 ").empty());
    EXPECT_TRUE(calls_of("replica1", "SQLSetStmtAttr", " 4 1 ").empty());
}

// The driver manager asks once what a commit does to cursors, and takes it as done for all of them.
TEST_F(PendingWork, ACommitClosesResultsOnReplicasAsTheLeadersDriverClosesItsOwn) {
    for (const std::string behaviour : {"0", "1", "2"}) {  // SQL_CB_DELETE, SQL_CB_CLOSE, SQL_CB_PRESERVE
        mock_driver().reset();
        mock_driver().rule("leader", "every SQLGetInfo(23) answer16 " + behaviour);
        Client& client = connect(owner_);
        Statement statement(client);
        statement.prepare("select i from generate_series(1, 3) i");
        statement.execute();
        ASSERT_TRUE(statement.on_replica()) << statement.reason();
        ASSERT_EQ(SQLFetch(statement), SQL_SUCCESS);
        client.set_autocommit(false);
        client.execute("insert into word values ('x')");
        client.end_transaction(SQL_COMMIT);
        if (behaviour == "2") {
            EXPECT_EQ(SQLFetch(statement), SQL_SUCCESS) << "preserved";
            continue;
        }
        EXPECT_EQ(SQLFetch(statement), SQL_ERROR);
        if (behaviour == "0") statement.prepare("select i from generate_series(1, 3) i");
        statement.execute();
        EXPECT_EQ(statement.rows().size(), 3U);
        client.end_transaction(SQL_COMMIT);
    }
}

}  // namespace
}  // namespace freshread::test
