// Switching between nodes applies only what differs: counted in the calls that the underlying drivers get.
#include <gtest/gtest.h>

#include <array>

#include "tests/driver/mock_driver.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

const std::array<std::string, 2> kNodes{"leader", "replica1"};

SQLPOINTER number(SQLULEN value) {
    return reinterpret_cast<SQLPOINTER>(value);
}

// Autocommit on and a write on it: from then on executions of reads are the leader's, until it is ended.
class Carrying : public testing::Test {
 protected:
    void SetUp() override { mock_driver().reset(); }

    // Moves the session to a node for the statements that follow: a transaction is the leader's.
    void move_to(const std::string& node) {
        const bool transaction = node == "leader";
        if (transaction == in_transaction_) return;
        in_transaction_ = transaction;
        if (transaction) {
            client_.set_autocommit(false);
        } else {
            client_.end_transaction(SQL_COMMIT);
            client_.set_autocommit(true);
        }
    }
    static std::size_t count(const std::string& node, const std::string& function,
                             const std::string& containing = "") {
        return calls_of(node, function, containing).size();
    }

    Client client_{freshread_over(mock_node("leader"), mock_node("replica1"))};

 private:
    bool in_transaction_ = false;
};

TEST_F(Carrying, APreparedTextIsPreparedOncePerNode) {
    Statement statement(client_);
    statement.prepare("select 4711");
    for (int round = 0; round < 4; ++round)
        for (const auto& node : kNodes) {
            move_to(node);
            statement.execute();
            EXPECT_EQ(statement.rows().at(0).at(0), "4711");
            EXPECT_EQ(statement.on_replica(), node == "replica1") << statement.reason();
            statement.close();
        }
    for (const auto& node : kNodes) {
        EXPECT_EQ(count(node, "SQLPrepare", "select 4711"), 1U) << node;
        EXPECT_EQ(count(node, "SQLExecute"), 4U) << node;
    }
    // Another text is a new one, also when it is the same once more.
    statement.prepare("select 4712");
    statement.prepare("select 4711");
    statement.execute();
    EXPECT_EQ(statement.rows().at(0).at(0), "4711");
    EXPECT_EQ(count("replica1", "SQLPrepare", "select 4711"), 2U);
    EXPECT_EQ(count("leader", "SQLPrepare", "select 4711"), 1U);
    EXPECT_EQ(count("leader", "SQLPrepare", "select 4712"), 0U) << "never executed there";
}

TEST_F(Carrying, AttributesAndBindingsAreAppliedOncePerNodeAndChange) {
    Statement statement(client_);
    statement.prepare("select name from (values (1, 'one'), (2, 'two')) v (id, name) where id = ?");
    SQLINTEGER id = 1;
    SQLLEN id_length = 0;
    std::array<char, 64> name{};
    SQLLEN name_length = 0;
    statement.check(SQLSetStmtAttr(statement, SQL_ATTR_QUERY_TIMEOUT, number(77), 0));
    statement.check(SQLSetStmtAttr(statement, SQL_ATTR_MAX_ROWS, number(88), 0));
    statement.check(
        SQLBindParameter(statement, 1, SQL_PARAM_INPUT, SQL_C_LONG, SQL_INTEGER, 0, 0, &id, 0, &id_length));
    statement.check(SQLBindCol(statement, 1, SQL_C_CHAR, name.data(), name.size(), &name_length));
    const auto rounds = [&] {
        for (int round = 0; round < 3; ++round)
            for (const auto& node : kNodes) {
                move_to(node);
                id = 1 + round % 2;
                statement.execute();
                EXPECT_EQ(SQLFetch(statement), SQL_SUCCESS);
                EXPECT_STREQ(name.data(), round % 2 ? "two" : "one") << node;
                statement.close();
            }
    };
    rounds();
    for (const auto& node : kNodes) {
        EXPECT_EQ(count(node, "SQLSetStmtAttr"), 2U) << node;
        EXPECT_EQ(count(node, "SQLBindParameter"), 1U) << node;
        EXPECT_EQ(count(node, "SQLBindCol"), 1U) << node;
        EXPECT_EQ(count(node, "SQLPrepare"), 1U) << node;
    }
    mock_driver().forget_calls();
    rounds();
    statement.check(SQLSetStmtAttr(statement, SQL_ATTR_MAX_ROWS, number(99), 0));
    rounds();
    for (const auto& node : kNodes) {
        EXPECT_EQ(count(node, "SQLSetStmtAttr"), 1U) << node << ": only what changed";
        EXPECT_EQ(count(node, "SQLSetStmtAttr", " 1 99 "), 1U) << node;
        EXPECT_EQ(count(node, "SQLBindParameter") + count(node, "SQLBindCol") + count(node, "SQLPrepare"), 0U)
            << node;
    }
}

TEST_F(Carrying, ConnectionAttributesReachEveryNodeOnce) {
    client_.query("select 1");
    ASSERT_TRUE(client_.on_replica()) << client_.reason();
    mock_driver().forget_calls();
    ASSERT_TRUE(
        SQL_SUCCEEDED(SQLSetConnectAttr(client_.handle(), SQL_ATTR_METADATA_ID, number(SQL_TRUE), 0)));
    EXPECT_EQ(count("replica1", "SQLSetConnectAttr"), 0U) << "not before it is needed";
    for (int round = 0; round < 3; ++round)
        for (const auto& node : kNodes) {
            move_to(node);
            client_.query("select 1");
        }
    const std::string metadata = " " + std::to_string(SQL_ATTR_METADATA_ID) + " ";
    for (const auto& node : kNodes) EXPECT_EQ(count(node, "SQLSetConnectAttr", metadata), 1U) << node;
    const std::string autocommit = " " + std::to_string(SQL_ATTR_AUTOCOMMIT) + " ";
    EXPECT_EQ(count("replica1", "SQLSetConnectAttr", autocommit), 0U) << "a replica is always in autocommit";
}

TEST_F(Carrying, WhatWasSetBeforeANodeOpensReachesIt) {
    ASSERT_TRUE(
        SQL_SUCCEEDED(SQLSetConnectAttr(client_.handle(), SQL_ATTR_METADATA_ID, number(SQL_TRUE), 0)));
    client_.execute("set intervalstyle = 'iso_8601'");
    ASSERT_EQ(count("replica1", "SQLDriverConnect"), 0U) << "nothing was read yet";
    Statement statement(client_);
    statement.check(SQLSetStmtAttr(statement, SQL_ATTR_MAX_ROWS, number(1), 0));
    SQLHDESC row = SQL_NULL_HDESC;
    statement.check(SQLGetStmtAttr(statement, SQL_ATTR_APP_ROW_DESC, &row, SQL_IS_POINTER, nullptr));
    ASSERT_EQ(SQLSetDescField(row, 0, SQL_DESC_ARRAY_SIZE, number(3), SQL_IS_UINTEGER), SQL_SUCCESS);
    ASSERT_EQ(
        SQLSetCursorName(statement, reinterpret_cast<SQLCHAR*>(std::string("carried_name").data()), SQL_NTS),
        SQL_SUCCESS);
    statement.direct("select (interval '1 day')::text from generate_series(1, 5)");
    EXPECT_TRUE(statement.on_replica()) << statement.reason();
    EXPECT_EQ(count("replica1", "SQLSetConnectAttr", std::to_string(SQL_ATTR_METADATA_ID)), 1U);
    EXPECT_EQ(count("replica1", "SQLExecDirect", "intervalstyle = 'iso_8601'"), 1U);
    EXPECT_EQ(count("replica1", "SQLSetStmtAttr", " 1 1 "), 1U);
    EXPECT_EQ(count("replica1", "SQLSetDescField", " 0 20 3 "), 1U);
    EXPECT_EQ(count("replica1", "SQLSetCursorName", "carried_name"), 1U);
    EXPECT_EQ(SQLFetch(statement), SQL_SUCCESS);
    std::array<char, 64> text{};
    SQLLEN length = 0;
    statement.check(SQLGetData(statement, 1, SQL_C_CHAR, text.data(), text.size(), &length));
    EXPECT_STREQ(text.data(), "P1D");
}

// An attribute whose value nobody but its driver can read: it may be a pointer, a length, a secret of that
// connection.
TEST_F(Carrying, AnUnknownConnectionAttributeKeepsTheConnectionOnTheLeader) {
    constexpr SQLINTEGER kDriverDefined = 65536 + 77;
    client_.query("select 1");
    ASSERT_TRUE(client_.on_replica()) << client_.reason();
    mock_driver().rule("leader", "SQLSetConnectAttr(" + std::to_string(kDriverDefined) + ") return 0");
    ASSERT_EQ(SQLSetConnectAttr(client_.handle(), kDriverDefined, number(1), 0), SQL_SUCCESS);
    client_.query("select 1");
    EXPECT_EQ(client_.reason(), "SessionUnreplicated");
    EXPECT_EQ(count("replica1", "SQLSetConnectAttr", std::to_string(kDriverDefined)), 0U);
}

TEST_F(Carrying, AnUnknownStatementAttributeKeepsTheStatementOnTheLeader) {
    constexpr SQLINTEGER kDriverDefined = 65536 + 78;
    Statement statement(client_);
    for (const auto& node : kNodes)
        mock_driver().rule(node, "SQLSetStmtAttr(" + std::to_string(kDriverDefined) + ") return 0");
    ASSERT_EQ(SQLSetStmtAttr(statement, kDriverDefined, number(1), 0), SQL_SUCCESS);
    statement.direct("select 1");
    EXPECT_EQ(statement.reason(), "UpdatableCursor");
    EXPECT_EQ(count("leader", "SQLSetStmtAttr", std::to_string(kDriverDefined)), 1U);
    client_.query("select 1");
    EXPECT_TRUE(client_.on_replica()) << "another statement is free: " << client_.reason();
}

// Before the connection is made nobody can say what a driver-defined attribute is, and it is given to the
// leader only.
TEST(CarryingBeforeConnecting, AttributesReachTheNodesThatMayHaveThem) {
    constexpr SQLINTEGER kDriverDefined = 65536 + 79;
    mock_driver().reset();
    const std::string defined = "SQLSetConnectAttr(" + std::to_string(kDriverDefined) + ") return 0";
    mock_driver().rule("", "every " + defined);
    SQLHENV environment = SQL_NULL_HENV;
    SQLHDBC connection = SQL_NULL_HDBC;
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment);
    SQLSetEnvAttr(environment, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
    SQLAllocHandle(SQL_HANDLE_DBC, environment, &connection);
    ASSERT_EQ(SQLSetConnectAttr(connection, SQL_ATTR_LOGIN_TIMEOUT, number(17), 0), SQL_SUCCESS);
    ASSERT_EQ(SQLSetConnectAttr(connection, kDriverDefined, number(1), 0), SQL_SUCCESS);
    std::string text = freshread_over(mock_node("leader"), mock_node("replica1"));
    ASSERT_TRUE(SQL_SUCCEEDED(SQLDriverConnect(connection, nullptr, reinterpret_cast<SQLCHAR*>(text.data()),
                                               SQL_NTS, nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT)))
        << error_of(SQL_HANDLE_DBC, connection).what();
    SQLHSTMT statement = SQL_NULL_HSTMT;
    ASSERT_EQ(SQLAllocHandle(SQL_HANDLE_STMT, connection, &statement), SQL_SUCCESS);
    std::string query = "select 1";
    ASSERT_TRUE(SQL_SUCCEEDED(SQLExecDirect(statement, reinterpret_cast<SQLCHAR*>(query.data()), SQL_NTS)));
    EXPECT_NE(records_of(SQL_HANDLE_STMT, statement).at(0).find("SessionUnreplicated"), std::string::npos);
    EXPECT_EQ(calls_of("leader", "SQLSetConnectAttr", std::to_string(kDriverDefined)).size(), 1U);
    EXPECT_EQ(calls_of("leader", "SQLSetConnectAttr", " 103 17 ").size(), 1U);
    EXPECT_TRUE(calls_of("replica1", "SQLSetConnectAttr", std::to_string(kDriverDefined)).empty());
    SQLFreeHandle(SQL_HANDLE_STMT, statement);
    SQLDisconnect(connection);
    SQLFreeHandle(SQL_HANDLE_DBC, connection);
    SQLFreeHandle(SQL_HANDLE_ENV, environment);
}

}  // namespace
}  // namespace freshread::test
