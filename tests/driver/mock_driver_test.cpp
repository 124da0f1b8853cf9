// The mock driver itself, used directly through the driver manager: what it is told it does, and only that.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "tests/driver/mock_driver.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

using Lines = std::vector<std::string>;

class MockDriver : public testing::Test {
 protected:
    void SetUp() override { mock_driver().reset(); }
    static SQLRETURN direct(SQLHSTMT statement, std::string text) {
        return SQLExecDirect(statement, reinterpret_cast<SQLCHAR*>(text.data()), SQL_NTS);
    }
};

TEST_F(MockDriver, HandsOnAndRecords) {
    Client client(mock_direct("leader"));
    mock_driver().forget_calls();
    EXPECT_EQ(client.value("select 'real'"), "real");
    const auto calls = calls_of("leader", "SQLExecDirect");
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_TRUE(calls[0].ends_with("select 'real'")) << calls[0];
    EXPECT_FALSE(calls_of("leader", "SQLFetch").empty());
}

TEST_F(MockDriver, FailsTheCallThatWasNamedAndNoOther) {
    Client client(mock_direct("leader"));
    mock_driver().rule("leader", "SQLExecDirect(select 1)#2 fail 40001 7 [Mock]first + HY000 8 second");
    Statement statement(client);
    EXPECT_EQ(direct(statement, "select 1"), SQL_SUCCESS);
    EXPECT_EQ(SQLFreeStmt(statement, SQL_CLOSE), SQL_SUCCESS);
    EXPECT_EQ(direct(statement, "select 1"), SQL_ERROR);
    const auto records = records_of(SQL_HANDLE_STMT, statement);
    ASSERT_EQ(records.size(), 2U);
    EXPECT_TRUE(records[0].starts_with("40001 7 ") && records[0].ends_with("[Mock]first")) << records[0];
    EXPECT_TRUE(records[1].starts_with("HY000 8 ") && records[1].ends_with("second")) << records[1];
    EXPECT_EQ(record_fields_of(SQL_HANDLE_STMT, statement), records);
    EXPECT_EQ(direct(statement, "select 1"), SQL_SUCCESS);
}

TEST_F(MockDriver, IsSteeredByItsConnectionString) {
    const std::string file = setting("FRESHREAD_TEST_DIR") + "/mock-calls";
    Client client(mock_direct(
        "leader",
        "Record=" + file + ";Rules={SQLExecDirect inform 01000 3 said|every SQLRowCount answer64 77}"));
    Statement statement(client);
    EXPECT_EQ(direct(statement, "select 1"), SQL_SUCCESS_WITH_INFO);
    SQLLEN rows = 0;
    EXPECT_EQ(SQLRowCount(statement, &rows), SQL_SUCCESS);
    EXPECT_EQ(rows, 77);
    std::ifstream recorded(file);
    const std::string text{std::istreambuf_iterator<char>(recorded), {}};
    EXPECT_NE(text.find("select 1"), std::string::npos);
    EXPECT_EQ(text.find("PWD"), std::string::npos);
}

TEST_F(MockDriver, HoldsACallAtAGateUntilItIsOpenedOrCancelled) {
    Client client(mock_direct("leader"));
    Statement statement(client);
    for (const bool cancelled : {false, true}) {
        const std::string gate = cancelled ? "cancelled" : "opened";
        mock_driver().rule("leader", "SQLExecDirect wait " + gate);
        SQLRETURN result = SQL_SUCCESS;
        std::thread runner([&] { result = direct(statement, "select 1"); });
        EXPECT_TRUE(mock_driver().arrived(gate));
        if (cancelled)
            EXPECT_EQ(SQLCancel(statement), SQL_SUCCESS);
        else
            mock_driver().open(gate);
        runner.join();
        EXPECT_EQ(result, cancelled ? SQL_ERROR : SQL_SUCCESS);
        if (cancelled) {
            EXPECT_EQ(error_of(SQL_HANDLE_STMT, statement).sqlstate, "HY008");
        }
        SQLFreeStmt(statement, SQL_CLOSE);
    }
}

TEST_F(MockDriver, RefusesWhatIsNoRule) {
    for (const std::string rule : {"SQLExecute", "SQLExecute explode", "SQLExecute fail 40 1 text",
                                   "SQLExecute#0 return 1", "SQLExecute return x", "SQLExecute(1 return 1"})
        EXPECT_THROW(mock_driver().rule("leader", rule), std::invalid_argument) << rule;
}

}  // namespace
}  // namespace freshread::test
