// I3: a replica that refuses something is left alone; the application gets the leader's answer, sees no
// record of it, and has lost nothing afterwards. I4: nothing runs twice, but a read of which no row was
// delivered.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <functional>

#include "tests/driver/mock_driver.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

SQLPOINTER number(SQLULEN value) {
    return reinterpret_cast<SQLPOINTER>(value);
}

class Refusals : public testing::Test {
 protected:
    void SetUp() override { mock_driver().reset(); }

    // A fetched row, then the end.
    static std::string only_row(Statement& statement) {
        const auto rows = statement.rows();
        return rows.size() == 1 ? rows[0][0].value_or("null") : std::to_string(rows.size()) + " rows";
    }
    static void expect_no_trace(SQLSMALLINT type, SQLHANDLE handle) {
        for (const std::string& record : records_of(type, handle))
            EXPECT_EQ(record.find("[Mock]"), std::string::npos) << record;
    }

    std::string over_ = freshread_over(mock_node("leader"), mock_node("replica1"));
    Client client_{over_};
};

// Every SQLSTATE that replicas are known to fail reads with, and some that they are not.
class RefusedWith : public Refusals, public testing::WithParamInterface<std::string> {};

TEST_P(RefusedWith, ADirectReadIsAnsweredByTheLeader) {
    mock_driver().rule("replica1", "SQLExecDirect(select 42) fail " + GetParam() + " 7 [Mock]refused");
    Statement statement(client_);
    statement.direct("select 42");
    EXPECT_EQ(statement.reason(), "RetriedOnLeader");
    expect_no_trace(SQL_HANDLE_STMT, statement);
    EXPECT_EQ(only_row(statement), "42");
    EXPECT_EQ(calls_of("leader", "SQLExecDirect", "select 42").size(), 1U);
    EXPECT_EQ(calls_of("replica1", "SQLExecDirect", "select 42").size(), 1U);
    statement.close();
    statement.direct("select 43 as another");
    EXPECT_TRUE(statement.on_replica())
        << "one refused read is no reason to leave it: " << statement.reason();
}

TEST_P(RefusedWith, APreparedReadIsAnsweredByTheLeaderWithItsBindings) {
    Statement statement(client_);
    statement.prepare("select ?::int + 1");
    SQLINTEGER value = 41;
    SQLLEN length = 0;
    SQLINTEGER sum = 0;
    SQLLEN sum_length = 0;
    statement.check(
        SQLBindParameter(statement, 1, SQL_PARAM_INPUT, SQL_C_LONG, SQL_INTEGER, 0, 0, &value, 0, &length));
    statement.check(SQLBindCol(statement, 1, SQL_C_LONG, &sum, sizeof sum, &sum_length));
    mock_driver().rule("replica1", "SQLExecute#2 fail " + GetParam() + " 7 [Mock]refused");
    // What was refused as a write is one from then on.
    const std::string later = GetParam() == "25006" ? "RefusedByReplica" : "ReadOnReplica";
    for (const std::string& expected :
         {std::string("ReadOnReplica"), std::string("RetriedOnLeader"), later}) {
        sum = 0;
        statement.execute();
        EXPECT_EQ(statement.reason(), expected);
        expect_no_trace(SQL_HANDLE_STMT, statement);
        EXPECT_EQ(SQLFetch(statement), SQL_SUCCESS);
        EXPECT_EQ(sum, 42);
        statement.close();
    }
}

INSTANTIATE_TEST_SUITE_P(SqlStates, RefusedWith,
                         testing::Values("08S01", "08006", "40001", "40P01", "25006", "53300", "57P01",
                                         "57P03", "0A000", "42P01", "HY000", "HY001", "HYC00", "HYT01",
                                         "S1000"),
                         [](const auto& of) { return of.param; });

// A text that a replica refused as a write is one from then on, whatever its literals are, in every
// connection of the account, until the next day.
class RefusedAsWrite : public Refusals, public testing::WithParamInterface<std::string> {
 protected:
    static std::string refusing(const std::string& text) {
        return "SQLExecDirect(" + text + ") fail " + GetParam() + " [Mock]read-only";
    }
};

TEST_P(RefusedAsWrite, IsRemembered) {
    const std::string column = "c" + std::to_string(::getpid()) + GetParam().substr(6);
    const auto text = [&](int value) { return "select " + std::to_string(value) + " as " + column; };
    mock_driver().rule("replica1", refusing(column));
    Client other(over_);
    EXPECT_EQ(client_.value(text(1)), "1");
    EXPECT_EQ(client_.reason(), "RetriedOnLeader");
    EXPECT_EQ(client_.value(text(2)), "2");
    EXPECT_EQ(client_.reason(), "RefusedByReplica");
    EXPECT_EQ(other.value(text(3)), "3");
    EXPECT_EQ(other.reason(), "RefusedByReplica") << "another connection has to know it";
    EXPECT_EQ(calls_of("replica1", "SQLExecDirect", column).size(), 1U);
    EXPECT_EQ(calls_of("leader", "SQLExecDirect", column).size(), 3U);
    other.query("select 1 as " + column + "x");
    EXPECT_TRUE(other.on_replica()) << "another text: " << other.reason();
}

TEST_P(RefusedAsWrite, IsRememberedOfAPreparedTextToo) {
    const std::string column = "p" + std::to_string(::getpid()) + GetParam().substr(6);
    mock_driver().rule("replica1", "SQLExecute#2 fail " + GetParam() + " [Mock]read-only");
    Statement statement(client_);
    statement.prepare("select 1 as " + column);
    Statement same(client_);
    same.prepare("select 2 as " + column);
    for (const std::string expected : {"ReadOnReplica", "RetriedOnLeader", "RefusedByReplica"}) {
        statement.execute();
        EXPECT_EQ(statement.reason(), expected);
        EXPECT_EQ(only_row(statement), "1");
        statement.close();
    }
    same.execute();
    EXPECT_EQ(same.reason(), "RefusedByReplica");
    EXPECT_EQ(only_row(same), "2");
}

INSTANTIATE_TEST_SUITE_P(Engines, RefusedAsWrite, testing::Values("25006 7", "HY000 1290", "HY000 1792"),
                         [](const auto& of) { return of.param.substr(6); });

// What the application itself brought about is its own to know.
TEST_F(Refusals, WhatTheApplicationDidIsNotAskedAgain) {
    Statement statement(client_);
    for (const std::string state : {"HY008", "HYT00", "07002"}) {
        mock_driver().rule("replica1", "SQLExecDirect(select 1) fail " + state + " 7 [Mock]told");
        try {
            statement.direct("select 1");
            ADD_FAILURE() << state << " was kept from the application";
        } catch (const OdbcError& error) {
            EXPECT_EQ(error.sqlstate, state);
        }
    }
    EXPECT_TRUE(calls_of("leader", "SQLExecDirect", "select 1").empty());
}

TEST_F(Refusals, AConnectionThatIsRefused) {
    mock_driver().rule("replica1", "SQLDriverConnect fail 08001 7 [Mock]not today");
    EXPECT_EQ(client_.value("select 42"), "42");
    EXPECT_EQ(client_.reason(), "NoHealthyReplica");
    expect_no_trace(SQL_HANDLE_DBC, client_.handle());
    EXPECT_EQ(calls_of("replica1", "SQLDriverConnect").size(), 1U);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(client_.value("select 42"), "42");
    EXPECT_EQ(calls_of("replica1", "SQLDriverConnect").size(), 1U) << "not at once again";
    EXPECT_EQ(calls_of("", "SQLFreeHandle", " 2").size(), 0U);
}

TEST_F(Refusals, AConnectionAttributeThatIsRefused) {
    client_.query("select 1");
    ASSERT_TRUE(client_.on_replica()) << client_.reason();
    mock_driver().rule("replica1", "SQLSetConnectAttr(10014) fail HYC00 7 [Mock]not here");
    ASSERT_TRUE(
        SQL_SUCCEEDED(SQLSetConnectAttr(client_.handle(), SQL_ATTR_METADATA_ID, number(SQL_TRUE), 0)));
    EXPECT_EQ(client_.value("select 42"), "42");
    EXPECT_EQ(client_.reason(), "NoHealthyReplica");
    expect_no_trace(SQL_HANDLE_DBC, client_.handle());
}

TEST_F(Refusals, AConnectionAttributeSetBeforeTheReplicaOpened) {
    ASSERT_TRUE(
        SQL_SUCCEEDED(SQLSetConnectAttr(client_.handle(), SQL_ATTR_METADATA_ID, number(SQL_TRUE), 0)));
    mock_driver().rule("", "SQLSetConnectAttr(10014) fail HYC00 7 [Mock]not here");
    mock_driver().rule("replica1", "SQLSetConnectAttr(10014) fail HYC00 7 [Mock]not here");
    EXPECT_EQ(client_.value("select 42"), "42");
    EXPECT_NE(client_.reason(), "ReadOnReplica") << "it does not have what the application set";
}

TEST_F(Refusals, ASettingThatIsRefusedWhenItIsReplayed) {
    mock_driver().rule("replica1", "SQLExecDirect(intervalstyle) fail 22023 7 [Mock]not here");
    client_.execute("set intervalstyle = 'iso_8601'");
    EXPECT_EQ(client_.value("select (interval '1 day')::text"), "P1D");
    EXPECT_NE(client_.reason(), "ReadOnReplica");
    expect_no_trace(SQL_HANDLE_DBC, client_.handle());
}

// Statements that the application has before their text is known are made, and their setters tried, on the
// node of the session's last read.
class RefusedSetters : public Refusals {
 protected:
    void SetUp() override {
        Refusals::SetUp();
        client_.query("select 1");
        ASSERT_TRUE(client_.on_replica()) << client_.reason();
    }
    // `refused`: a call of the replica's that fails from now on.
    static void refuse(const std::string& refused) {
        mock_driver().rule("replica1", "every " + refused + " fail HY001 7 [Mock]refused");
    }
    static void expect_leader_answers(Statement& statement) {
        EXPECT_NE(statement.reason(), "ReadOnReplica");
        EXPECT_FALSE(statement.reason().empty());
        expect_no_trace(SQL_HANDLE_STMT, statement);
    }
};

TEST_F(RefusedSetters, AStatement) {
    refuse("SQLAllocHandle(3)");
    Statement statement(client_);
    ASSERT_EQ(SQLSetStmtAttr(statement, SQL_ATTR_MAX_ROWS, number(2), 0), SQL_SUCCESS);
    statement.direct("select i from generate_series(1, 5) i");
    expect_leader_answers(statement);
    EXPECT_EQ(statement.rows().size(), 2U);
}

TEST_F(RefusedSetters, AStatementAttribute) {
    refuse("SQLSetStmtAttr");
    Statement statement(client_);
    EXPECT_EQ(SQLSetStmtAttr(statement, SQL_ATTR_MAX_ROWS, number(2), 0), SQL_SUCCESS);
    statement.direct("select i from generate_series(1, 5) i");
    expect_leader_answers(statement);
    EXPECT_EQ(statement.rows().size(), 2U);
}

TEST_F(RefusedSetters, AStatementAttributeThatNobodyTakesIsTheLeadersError) {
    refuse("SQLSetStmtAttr");
    mock_driver().rule("leader", "SQLSetStmtAttr fail HY024 8 [Mock]of the leader");
    Statement statement(client_);
    EXPECT_EQ(SQLSetStmtAttr(statement, SQL_ATTR_MAX_ROWS, number(2), 0), SQL_ERROR);
    const auto records = records_of(SQL_HANDLE_STMT, statement);
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].substr(0, 8), "HY024 8 ") << records[0];
    statement.direct("select i from generate_series(1, 5) i");
    EXPECT_EQ(statement.rows().size(), 5U) << "nobody took it";
}

TEST_F(RefusedSetters, AColumnBinding) {
    refuse("SQLBindCol");
    Statement statement(client_);
    SQLINTEGER value = 0;
    SQLLEN length = 0;
    EXPECT_EQ(SQLBindCol(statement, 1, SQL_C_LONG, &value, 0, &length), SQL_SUCCESS);
    statement.direct("select 42");
    expect_leader_answers(statement);
    EXPECT_EQ(SQLFetch(statement), SQL_SUCCESS);
    EXPECT_EQ(value, 42);
}

TEST_F(RefusedSetters, AParameter) {
    refuse("SQLBindParameter");
    Statement statement(client_);
    statement.prepare("select ?::int + 1");
    SQLINTEGER value = 41;
    SQLLEN length = 0;
    EXPECT_EQ(
        SQLBindParameter(statement, 1, SQL_PARAM_INPUT, SQL_C_LONG, SQL_INTEGER, 0, 0, &value, 0, &length),
        SQL_SUCCESS);
    statement.execute();
    expect_leader_answers(statement);
    EXPECT_EQ(only_row(statement), "42");
}

TEST_F(RefusedSetters, APreparation) {
    refuse("SQLPrepare");
    Statement statement(client_);
    statement.prepare("select 42");
    expect_no_trace(SQL_HANDLE_STMT, statement);
    statement.execute();
    expect_leader_answers(statement);
    EXPECT_EQ(only_row(statement), "42");
    EXPECT_EQ(calls_of("leader", "SQLPrepare").size(), 1U);
}

// What a prepared text looks like is asked of a server by some drivers, and the replica may not have the
// table yet.
TEST_F(RefusedSetters, AQuestionAboutAPreparedText) {
    for (const std::string function :
         {"SQLNumResultCols", "SQLDescribeCol", "SQLColAttribute", "SQLNumParams", "SQLDescribeParam"})
        mock_driver().rule("replica1", "every " + function + " fail 42P01 7 [Mock]no such table");
    const auto questions = std::to_array<std::function<SQLRETURN(SQLHSTMT)>>({
        [](SQLHSTMT statement) {
            SQLSMALLINT count = 0;
            return SQLNumResultCols(statement, &count);
        },
        [](SQLHSTMT statement) {
            SQLSMALLINT type = 0;
            return SQLDescribeCol(statement, 1, nullptr, 0, nullptr, &type, nullptr, nullptr, nullptr);
        },
        [](SQLHSTMT statement) {
            SQLLEN value = 0;
            return SQLColAttribute(statement, 1, SQL_DESC_CONCISE_TYPE, nullptr, 0, nullptr, &value);
        },
        [](SQLHSTMT statement) {
            SQLSMALLINT count = 0;
            return SQLNumParams(statement, &count);
        },
        [](SQLHSTMT statement) {
            SQLSMALLINT type = 0;
            return SQLDescribeParam(statement, 1, &type, nullptr, nullptr, nullptr);
        },
    });
    for (const auto& ask : questions) {
        Statement statement(client_);
        statement.prepare("select 42 where 1 = ?");
        EXPECT_EQ(ask(statement), SQL_SUCCESS) << &ask - questions.data();
        expect_no_trace(SQL_HANDLE_STMT, statement);
        SQLINTEGER one = 1;
        SQLLEN length = 0;
        statement.check(
            SQLBindParameter(statement, 1, SQL_PARAM_INPUT, SQL_C_LONG, SQL_INTEGER, 0, 0, &one, 0, &length));
        statement.execute();
        SQLINTEGER value = 0;
        EXPECT_EQ(SQLFetch(statement), SQL_SUCCESS);
        EXPECT_EQ(SQLGetData(statement, 1, SQL_C_LONG, &value, 0, &length), SQL_SUCCESS);
        EXPECT_EQ(value, 42);
    }
}

TEST_F(RefusedSetters, ACursorName) {
    refuse("SQLSetCursorName");
    Statement statement(client_);
    std::string name = "named";
    EXPECT_EQ(SQLSetCursorName(statement, reinterpret_cast<SQLCHAR*>(name.data()), SQL_NTS), SQL_SUCCESS);
    statement.direct("select 42");
    expect_leader_answers(statement);
    std::array<SQLCHAR, 64> given{};
    SQLSMALLINT length = 0;
    statement.check(
        SQLGetCursorName(statement, given.data(), static_cast<SQLSMALLINT>(given.size()), &length));
    EXPECT_STREQ(reinterpret_cast<const char*>(given.data()), "named");
}

TEST_F(RefusedSetters, ADescriptorField) {
    refuse("SQLSetDescField");
    Statement statement(client_);
    SQLHDESC row = SQL_NULL_HDESC;
    statement.check(SQLGetStmtAttr(statement, SQL_ATTR_APP_ROW_DESC, &row, SQL_IS_POINTER, nullptr));
    EXPECT_EQ(SQLSetDescField(row, 0, SQL_DESC_ARRAY_SIZE, number(3), SQL_IS_UINTEGER), SQL_SUCCESS);
    SQLULEN fetched = 0;
    EXPECT_EQ(SQLSetStmtAttr(statement, SQL_ATTR_ROWS_FETCHED_PTR, &fetched, 0), SQL_SUCCESS);
    statement.direct("select i from generate_series(1, 5) i");
    expect_leader_answers(statement);
    EXPECT_EQ(SQLFetch(statement), SQL_SUCCESS);
    EXPECT_EQ(fetched, 3U);
}

// Set while the leader ran the statement; the replica is to be given it when it runs it next, and refuses.
TEST_F(RefusedSetters, WhatIsCarriedLater) {
    Statement statement(client_);
    statement.direct("/* freshread leader */ select 1");
    statement.close();
    refuse("SQLSetStmtAttr");
    EXPECT_EQ(SQLSetStmtAttr(statement, SQL_ATTR_MAX_ROWS, number(2), 0), SQL_SUCCESS);
    for (int round = 0; round < 2; ++round) {
        statement.direct("select i from generate_series(1, 5) i");
        expect_leader_answers(statement);
        EXPECT_EQ(statement.rows().size(), 2U);
        statement.close();
    }
}

TEST_F(Refusals, AFetchThatFailsBehindADeliveredRowIsTheReplicas) {
    mock_driver().rule("replica1", "SQLFetch#3 fail 40001 7 [Mock]conflict");
    Statement statement(client_);
    statement.direct("select i from generate_series(1, 3) i order by 1");
    ASSERT_TRUE(statement.on_replica()) << statement.reason();
    ASSERT_EQ(SQLFetch(statement), SQL_SUCCESS);
    EXPECT_EQ(SQLFetch(statement), SQL_ERROR);
    EXPECT_EQ(error_of(SQL_HANDLE_STMT, statement).sqlstate, "40001");
    EXPECT_TRUE(calls_of("leader", "SQLExecDirect", "generate_series").empty()) << "rows would come twice";
}

// --- what fails with the first fetch: rows come in portions, and no row was delivered

class FirstFetch : public Refusals {
 protected:
    void SetUp() override {
        Refusals::SetUp();
        client_.query("select 1");
        ASSERT_TRUE(client_.on_replica()) << client_.reason();
    }
    // Executed by `execute` on a replica whose fetch number `failing` fails; all rows there are.
    static void fail(int failing, const std::string& state = "40001") {
        mock_driver().rule("replica1",
                           "SQLFetch#" + std::to_string(failing) + " fail " + state + " 7 [Mock]conflict");
    }
    std::string last_reason() { return client_.query("show freshread.last_route").at(0).at(2).value_or(""); }
    static constexpr const char* kText = "select i from generate_series(1, 3) i order by 1";
    const std::vector<Row> kRows{{"1"}, {"2"}, {"3"}};
};

TEST_F(FirstFetch, OfADirectReadIsAnsweredByTheLeader) {
    for (const std::string state : {"40001", "08S01", "HY000", "57P01"}) {
        Statement statement(client_);
        fail(1, state);
        statement.direct(kText);
        ASSERT_TRUE(statement.on_replica()) << statement.reason();
        EXPECT_EQ(statement.rows(), kRows) << state;
        expect_no_trace(SQL_HANDLE_STMT, statement);
        EXPECT_EQ(last_reason(), "RetriedOnLeader");
        statement.close();
        statement.direct(kText);
        EXPECT_TRUE(statement.on_replica()) << statement.reason();
        EXPECT_EQ(statement.rows(), kRows);
    }
    EXPECT_EQ(calls_of("leader", "SQLExecDirect", "generate_series").size(), 4U);
}

TEST_F(FirstFetch, OfAPreparedReadIsAnsweredByTheLeaderIntoItsBindings) {
    Statement statement(client_);
    statement.prepare(kText);
    SQLINTEGER value = 0;
    SQLLEN length = 0;
    statement.check(SQLBindCol(statement, 1, SQL_C_LONG, &value, sizeof value, &length));
    for (int round = 0; round < 3; ++round) {
        if (round == 1) fail(1);
        statement.execute();
        ASSERT_TRUE(statement.on_replica()) << statement.reason();
        for (int i = 1; i <= 3; ++i) {
            ASSERT_EQ(SQLFetch(statement), SQL_SUCCESS) << round;
            EXPECT_EQ(value, i);
        }
        EXPECT_EQ(SQLFetch(statement), SQL_NO_DATA);
        statement.close();
    }
    EXPECT_EQ(calls_of("leader", "SQLExecDirect", "generate_series").size(), 1U);
}

TEST_F(FirstFetch, ByAScrollingCall) {
    Statement statement(client_);
    mock_driver().rule("replica1", "SQLFetchScroll fail 40001 7 [Mock]conflict");
    statement.direct(kText);
    ASSERT_EQ(SQLFetchScroll(statement, SQL_FETCH_NEXT, 0), SQL_SUCCESS);
    EXPECT_EQ(last_reason(), "RetriedOnLeader");
}

// Of the three fetches the last fails, whatever was called between them.
TEST_F(FirstFetch, BehindADeliveredRowItIsTheReplicas) {
    Statement statement(client_);
    fail(3);
    statement.direct(kText);
    SQLSMALLINT columns = 0;
    statement.check(SQLNumResultCols(statement, &columns));
    ASSERT_EQ(SQLFetch(statement), SQL_SUCCESS);
    statement.check(SQLNumResultCols(statement, &columns));
    ASSERT_EQ(SQLFetch(statement), SQL_SUCCESS);
    EXPECT_EQ(SQLFetch(statement), SQL_ERROR);
    EXPECT_EQ(error_of(SQL_HANDLE_STMT, statement).sqlstate, "40001");
    EXPECT_TRUE(calls_of("leader", "SQLExecDirect", "generate_series").empty());
}

TEST_F(FirstFetch, WithParametersItIsTheReplicas) {
    Statement statement(client_);
    statement.prepare("select i from generate_series(1, ?::int) i");
    SQLINTEGER last = 3;
    SQLLEN length = 0;
    statement.check(
        SQLBindParameter(statement, 1, SQL_PARAM_INPUT, SQL_C_LONG, SQL_INTEGER, 0, 0, &last, 0, &length));
    fail(1);
    statement.execute();
    last = 5;  // a value of the next execution
    EXPECT_EQ(SQLFetch(statement), SQL_ERROR);
    EXPECT_EQ(error_of(SQL_HANDLE_STMT, statement).sqlstate, "40001");
}

TEST_F(FirstFetch, InATransactionThatHasBegunSinceItIsTheReplicas) {
    Statement statement(client_);
    fail(1);
    statement.direct(kText);
    client_.execute("begin");
    EXPECT_EQ(SQLFetch(statement), SQL_ERROR);
    EXPECT_EQ(error_of(SQL_HANDLE_STMT, statement).sqlstate, "40001");
    client_.execute("rollback");
}

TEST_F(FirstFetch, WhatIsWrongWithTheCallIsTold) {
    for (const std::string state : {"HY010", "HY106", "22003", "07006", "HY008"}) {
        Statement statement(client_);
        fail(1, state);
        statement.direct(kText);
        EXPECT_EQ(SQLFetch(statement), SQL_ERROR);
        EXPECT_EQ(error_of(SQL_HANDLE_STMT, statement).sqlstate, state);
    }
    EXPECT_TRUE(calls_of("leader", "SQLExecDirect", "generate_series").empty());
}

TEST_F(FirstFetch, AnErrorOfTheLeaderIsTheLeaders) {
    Statement statement(client_);
    fail(1);
    mock_driver().rule("leader", "SQLExecDirect(generate_series) fail 40P01 8 [Mock]of the leader");
    statement.direct(kText);
    EXPECT_EQ(SQLFetch(statement), SQL_ERROR);
    EXPECT_EQ(records_of(SQL_HANDLE_STMT, statement),
              (std::vector<std::string>{"40P01 8 [Mock]of the leader"}));
}

TEST_F(Refusals, AWriteNeverRunsTwice) {
    on_node("leader", "drop table if exists once; create table once (n int); grant all on once to public");
    for (const std::string state : {"40001", "08S01", "57P01", "HY000"}) {
        mock_driver().rule("leader", "SQLExecDirect(insert into once) lose " + state + " 7 [Mock]lost");
        try {
            client_.execute("insert into once values (1)");
            ADD_FAILURE() << "it was reported as done";
        } catch (const OdbcError& error) {
            EXPECT_EQ(error.sqlstate, state);
        }
    }
    EXPECT_EQ(on_node("leader", "select count(*) from once"), "4");
    EXPECT_TRUE(calls_of("replica1", "SQLExecDirect", "insert").empty());
}

TEST_F(Refusals, ALeaderThatFailsAfterTheReplicaIsNotAskedAThirdTime) {
    mock_driver().rule("replica1", "SQLExecDirect(select 42) fail 40001 7 [Mock]of the replica");
    mock_driver().rule("leader", "SQLExecDirect(select 42) fail 40P01 8 [Mock]of the leader");
    Statement statement(client_);
    try {
        statement.direct("select 42");
        ADD_FAILURE() << "both nodes refused";
    } catch (const OdbcError& error) {
        EXPECT_EQ(error.sqlstate, "40P01");
    }
    EXPECT_EQ(records_of(SQL_HANDLE_STMT, statement).size(), 1U);
    EXPECT_EQ(calls_of("leader", "SQLExecDirect", "select 42").size(), 1U);
    EXPECT_EQ(calls_of("replica1", "SQLExecDirect", "select 42").size(), 1U);
}

TEST_F(Refusals, ACatalogFunctionIsAnsweredByTheLeader) {
    mock_driver().rule("replica1", "SQLTables fail 08S01 7 [Mock]refused");
    Statement statement(client_);
    std::string type = "TABLE";
    statement.check(SQLTables(statement, nullptr, 0, nullptr, 0, nullptr, 0,
                              reinterpret_cast<SQLCHAR*>(type.data()), SQL_NTS));
    EXPECT_EQ(statement.reason(), "RetriedOnLeader");
    expect_no_trace(SQL_HANDLE_STMT, statement);
    EXPECT_EQ(calls_of("leader", "SQLTables").size(), 1U);
}

}  // namespace
}  // namespace freshread::test
