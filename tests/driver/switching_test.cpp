// The same handles on one node now and on another next time: what the application set holds everywhere.
#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

class Switching : public testing::Test {
 protected:
    void SetUp() override {
        on_node("leader",
                "drop table if exists item; create table item (id int primary key, name text, price "
                "numeric(10,2)); "
                "insert into item select i, 'name ' || i, i from generate_series(1, 20) i; grant all on item "
                "to public");
        cluster("wait replica1");
        state_ = warm_state_directory();
    }
    void TearDown() override { cluster("resume replica1"); }

    // Puts `user` behind the replica: the next read of theirs goes to the leader.
    void write_elsewhere(const std::string& user, int id) const {
        Client writer(freshread(state_, "User=" + user));
        writer.execute("update item set name = 'changed " + std::to_string(id) +
                       "' where id = " + std::to_string(id));
    }

    std::string state_{};
};

// A prepared SELECT with a bound column and a bound parameter: replica, leader, replica.
TEST_F(Switching, APreparedStatementKeepsItsBindings) {
    Client client(freshread(state_, "User=u1"));
    Statement statement(client);
    SQLINTEGER id = 1;
    SQLLEN id_length = 0;
    std::array<char, 64> name{};
    SQLLEN name_length = 0;
    statement.prepare("select name from item where id = ?");
    statement.check(
        SQLBindParameter(statement, 1, SQL_PARAM_INPUT, SQL_C_LONG, SQL_INTEGER, 0, 0, &id, 0, &id_length));
    statement.check(SQLBindCol(statement, 1, SQL_C_CHAR, name.data(), name.size(), &name_length));
    const auto read = [&](SQLINTEGER number) {
        id = number;
        name.fill('\0');
        statement.execute();
        EXPECT_EQ(SQLFetch(statement), SQL_SUCCESS);
        const std::string got = name.data();
        EXPECT_EQ(SQLFetch(statement), SQL_NO_DATA);
        statement.close();
        return got;
    };
    EXPECT_EQ(read(1), "name 1");
    EXPECT_TRUE(statement.on_replica()) << statement.reason();

    cluster("pause replica1");
    write_elsewhere("u1", 2);
    EXPECT_EQ(read(2), "changed 2");
    EXPECT_FALSE(statement.on_replica());
    EXPECT_EQ(read(3), "name 3");

    cluster("resume replica1");
    EXPECT_TRUE(eventually([&] {
        EXPECT_EQ(read(2), "changed 2");
        return statement.on_replica();
    }));
    EXPECT_EQ(read(4), "name 4");
}

TEST_F(Switching, RowArraysStatusAndLimitsHoldOnBothNodes) {
    constexpr SQLULEN kRows = 5;
    Client client(freshread(state_, "User=u1"));
    Statement statement(client);
    std::array<SQLINTEGER, kRows> ids{};
    std::array<SQLLEN, kRows> lengths{};
    std::array<SQLUSMALLINT, kRows> status{};
    SQLULEN fetched = 0;
    const auto set = [&](SQLINTEGER attribute, SQLPOINTER value) {
        statement.check(SQLSetStmtAttr(statement, attribute, value, 0));
    };
    set(SQL_ATTR_ROW_ARRAY_SIZE, reinterpret_cast<SQLPOINTER>(kRows));
    set(SQL_ATTR_ROW_STATUS_PTR, status.data());
    set(SQL_ATTR_ROWS_FETCHED_PTR, &fetched);
    set(SQL_ATTR_MAX_ROWS, reinterpret_cast<SQLPOINTER>(SQLULEN{8}));
    statement.check(SQLBindCol(statement, 1, SQL_C_LONG, ids.data(), 0, lengths.data()));
    const auto read = [&] {
        ids.fill(0);
        statement.direct("select id from item order by id");
        EXPECT_EQ(SQLFetch(statement), SQL_SUCCESS);
        EXPECT_EQ(fetched, 5U);
        EXPECT_EQ(ids, (std::array<SQLINTEGER, kRows>{1, 2, 3, 4, 5}));
        EXPECT_EQ(status[4], SQL_ROW_SUCCESS);
        EXPECT_EQ(SQLFetch(statement), SQL_SUCCESS);
        EXPECT_EQ(fetched, 3U) << "SQL_ATTR_MAX_ROWS is 8";
        statement.close();
    };
    read();
    EXPECT_TRUE(statement.on_replica()) << statement.reason();
    cluster("pause replica1");
    write_elsewhere("u1", 1);
    read();
    EXPECT_FALSE(statement.on_replica());
}

TEST_F(Switching, UnboundColumnsStayUnboundElsewhere) {
    Client client(freshread(state_, "User=u1"));
    Statement statement(client);
    std::array<char, 64> name{};
    SQLLEN length = 0;
    statement.check(SQLBindCol(statement, 1, SQL_C_CHAR, name.data(), name.size(), &length));
    const auto read = [&] {
        name.fill('\0');
        statement.direct("select name from item where id = 1");
        statement.check(SQLFetch(statement));
        statement.close();
        return std::string(name.data());
    };
    EXPECT_EQ(read(), "name 1");
    cluster("pause replica1");
    write_elsewhere("u1", 2);
    EXPECT_EQ(read(), "name 1");
    EXPECT_FALSE(statement.on_replica());
    statement.check(SQLFreeStmt(statement, SQL_UNBIND));
    cluster("resume replica1");
    EXPECT_TRUE(eventually([&] {
        EXPECT_EQ(read(), "") << "nothing is bound any more";
        return statement.on_replica();
    }));
}

// pyodbc sets descriptor fields by hand for decimals.
TEST_F(Switching, DescriptorFieldsSetByHandHoldOnBothNodes) {
    Client client(freshread(state_, "User=u1"));
    Statement statement(client);
    SQL_NUMERIC_STRUCT price{};
    SQLLEN length = 0;
    const auto pointer = [](std::intptr_t value) { return reinterpret_cast<SQLPOINTER>(value); };
    SQLHDESC row = SQL_NULL_HDESC;
    statement.check(SQLGetStmtAttr(statement, SQL_ATTR_APP_ROW_DESC, &row, SQL_IS_POINTER, nullptr));
    statement.check(SQLBindCol(statement, 1, SQL_C_NUMERIC, &price, sizeof price, &length));
    ASSERT_EQ(SQLSetDescField(row, 1, SQL_DESC_TYPE, pointer(SQL_C_NUMERIC), 0), SQL_SUCCESS);
    ASSERT_EQ(SQLSetDescField(row, 1, SQL_DESC_PRECISION, pointer(10), 0), SQL_SUCCESS);
    ASSERT_EQ(SQLSetDescField(row, 1, SQL_DESC_SCALE, pointer(2), 0), SQL_SUCCESS);
    ASSERT_EQ(SQLSetDescField(row, 1, SQL_DESC_DATA_PTR, &price, 0), SQL_SUCCESS);
    const auto read = [&] {
        std::memset(&price, 0, sizeof price);
        statement.direct("select price from item where id = 12");
        statement.check(SQLFetch(statement));
        statement.close();
        return price.val[0] + 256 * price.val[1];
    };
    const int first = read();
    EXPECT_TRUE(statement.on_replica()) << statement.reason();
    cluster("pause replica1");
    write_elsewhere("u1", 2);
    EXPECT_EQ(read(), first);
    EXPECT_FALSE(statement.on_replica());
}

TEST_F(Switching, AnExplicitDescriptorIsInForceOnBothNodes) {
    Client client(freshread(state_, "User=u1"));
    Statement statement(client);
    SQLHDESC descriptor = SQL_NULL_HDESC;
    ASSERT_EQ(SQLAllocHandle(SQL_HANDLE_DESC, client.handle(), &descriptor), SQL_SUCCESS);
    std::array<char, 64> name{};
    SQLLEN length = 0;
    statement.check(SQLSetStmtAttr(statement, SQL_ATTR_APP_ROW_DESC, descriptor, SQL_IS_POINTER));
    statement.check(SQLBindCol(statement, 1, SQL_C_CHAR, name.data(), name.size(), &length));
    const auto read = [&] {
        name.fill('\0');
        statement.direct("select name from item where id = 1");
        statement.check(SQLFetch(statement));
        statement.close();
        return std::string(name.data());
    };
    EXPECT_EQ(read(), "name 1");
    EXPECT_TRUE(statement.on_replica()) << statement.reason();
    cluster("pause replica1");
    write_elsewhere("u1", 2);
    EXPECT_EQ(read(), "name 1");
    EXPECT_FALSE(statement.on_replica());
    ASSERT_EQ(SQLFreeHandle(SQL_HANDLE_DESC, descriptor), SQL_SUCCESS);
    EXPECT_EQ(read(), "") << "the implicit descriptor is in force again";
}

// Numbers that only psqlodbc knows: SOCI sets one on every connection.
TEST_F(Switching, AnAttributeOfPsqlodbcsOwnHoldsOnBothNodes) {
    constexpr SQLINTEGER kBoolsAsChar = 65545;
    Client client(freshread(state_, "User=u1"));
    const auto type_of_a_bool = [&] {
        Statement statement(client);
        statement.direct("select name = 'name 1' from item where id = 1");
        SQLSMALLINT type = 0;
        statement.check(SQLDescribeCol(statement, 1, nullptr, 0, nullptr, &type, nullptr, nullptr, nullptr));
        EXPECT_TRUE(statement.on_replica()) << statement.reason();
        return type;
    };
    const auto set = [&](SQLULEN value) {
        ASSERT_EQ(SQLSetConnectAttr(client.handle(), kBoolsAsChar, reinterpret_cast<SQLPOINTER>(value), 0),
                  SQL_SUCCESS);
    };
    set(0);
    EXPECT_EQ(type_of_a_bool(), SQL_BIT);  // a replica opened afterwards
    set(1);
    EXPECT_EQ(type_of_a_bool(), SQL_VARCHAR);  // one that is open
    set(0);
    EXPECT_EQ(type_of_a_bool(), SQL_BIT);
}

TEST_F(Switching, AParameterChangesBetweenNodes) {
    Client client(freshread(state_, "User=u1"));
    Statement statement(client);
    statement.prepare("select name from item where name = ?");
    std::array<char, 64> wanted{"name 7"};
    SQLLEN length = SQL_NTS;
    statement.check(SQLBindParameter(statement, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 64, 0,
                                     wanted.data(), wanted.size(), &length));
    statement.execute();
    EXPECT_EQ(statement.rows().size(), 1U);
    statement.close();
    cluster("pause replica1");
    write_elsewhere("u1", 7);
    statement.execute();
    EXPECT_TRUE(statement.rows().empty()) << "renamed meanwhile, and the leader knows";
    statement.close();
    SQLINTEGER number = 9;
    SQLLEN number_length = 0;
    statement.prepare("select name from item where id = ?");
    statement.check(SQLBindParameter(statement, 1, SQL_PARAM_INPUT, SQL_C_LONG, SQL_INTEGER, 0, 0, &number, 0,
                                     &number_length));
    statement.execute();
    EXPECT_EQ(statement.rows().size(), 1U);
    statement.close();
    cluster("resume replica1");
    EXPECT_TRUE(eventually([&] {
        statement.execute();
        const auto rows = statement.rows();
        EXPECT_EQ(rows.size(), 1U);
        statement.close();
        return statement.on_replica();
    }));
}

// Text and binary streamed at execution, for a write, and for a read on whichever node serves it.
TEST_F(Switching, DataAtExecution) {
    Client client(freshread(state_, "User=u1"));
    Statement statement(client);
    SQLLEN at_execution = SQL_LEN_DATA_AT_EXEC(0);
    int token = 0;
    const auto feed = [&] {
        SQLRETURN result = SQLExecute(statement);
        while (result == SQL_NEED_DATA) {
            SQLPOINTER wanted = nullptr;
            result = SQLParamData(statement, &wanted);
            if (result != SQL_NEED_DATA) break;
            EXPECT_EQ(wanted, &token);
            char first[] = "na";
            char second[] = "me 5";
            statement.check(SQLPutData(statement, first, 2));
            statement.check(SQLPutData(statement, second, 4));
        }
        statement.check(result);
    };
    statement.prepare("select id from item where name = ?");
    statement.check(SQLBindParameter(statement, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 100, 0, &token,
                                     0, &at_execution));
    feed();
    EXPECT_EQ(statement.rows().at(0).at(0), "5");
    statement.close();
    statement.prepare("insert into item (id, name) values (100, ?)");
    feed();
    statement.close();
    cluster("pause replica1");
    statement.prepare("insert into item (id, name) values (101, ?)");
    feed();
    statement.close();
    Client reader(freshread(state_, "User=u1"));
    EXPECT_EQ(reader.value("select name from item where id = 101"), "name 5");
    EXPECT_FALSE(reader.on_replica());
    statement.prepare("select count(*) from item where name = ?");
    feed();
    EXPECT_EQ(statement.rows().at(0).at(0), "3");
}

TEST_F(Switching, PreparedBeforeTheWriteExecutedAfterIt) {
    Client client(freshread(state_, "User=u1"));
    Statement statement(client);
    statement.prepare("select name from item where id = 3");
    cluster("pause replica1");
    write_elsewhere("u1", 3);
    statement.execute();
    EXPECT_EQ(statement.rows().at(0).at(0), "changed 3");
}

// SQLExecDirect of the text of the execution before, without Explain, which would take the long way.
TEST_F(Switching, ATextThatIsRunAgainGoesWhereItBelongs) {
    Client client("DSN=freshread;MarkAge=100ms;User=u1;StateDir=" + state_);
    Statement statement(client);
    const auto name = [&](const std::string& sql = "select name from item where id = 4") {
        statement.direct(sql);
        const auto rows = statement.rows();
        statement.close();
        return rows.at(0).at(0).value_or("");
    };
    const auto repeated = [&](const std::string& expected, const std::string& node) {
        for (int time = 0; time < 3; ++time) EXPECT_EQ(name(), expected);
        EXPECT_EQ(client.value("show freshread.last_route"), node);
    };
    repeated("name 4", "pg_replica1");

    cluster("pause replica1");
    write_elsewhere("u1", 4);
    repeated("changed 4", "pg_leader");
    cluster("resume replica1");
    cluster("wait replica1");
    EXPECT_TRUE(eventually([&] {
        name();
        return client.value("show freshread.last_route") == "pg_replica1";
    }));
    repeated("changed 4", "pg_replica1");

    EXPECT_EQ(name("select name from item where id = 5"), "name 5");
    name();
    on_node("replica1", "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'");
    EXPECT_EQ(name(), "changed 4");
}

TEST_F(Switching, AnOpenResultSurvivesWhatOtherStatementsDo) {
    Client client(freshread(state_, "User=u1"));
    Statement open(client);
    open.direct("select id from item order by id");
    EXPECT_TRUE(open.on_replica()) << open.reason();
    ASSERT_EQ(SQLFetch(open), SQL_SUCCESS);
    cluster("pause replica1");
    client.execute("delete from item where id > 10");
    EXPECT_EQ(client.value("select count(*) from item"), "10");
    EXPECT_EQ(open.rows().size(), 19U) << "its snapshot was taken before";
}

}  // namespace
}  // namespace freshread::test
