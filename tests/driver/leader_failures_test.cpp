// What the leader's driver reports is what the application gets: return code, SQLSTATE, native error and
// message, each record once and in order, by record and by field, as through the driver manager alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>

#include "tests/driver/mock_driver.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

using Lines = std::vector<std::string>;

SQLPOINTER number(SQLULEN value) {
    return reinterpret_cast<SQLPOINTER>(value);
}

SQLCHAR* text(const char* literal) {
    return reinterpret_cast<SQLCHAR*>(const_cast<char*>(literal));  // ODBC's prototypes take it without const
}

// What is called after `prepare` has brought a statement where the function may be called.
struct Case {
    std::string function;
    std::function<void(Statement&)> prepare;
    std::function<SQLRETURN(Statement&)> call;
};

void nothing(Statement&) {}
void executed(Statement& statement) {
    statement.direct("select i, i + 1 from generate_series(1, 3) i");
}
void fetched(Statement& statement) {
    executed(statement);
    statement.check(SQLFetch(statement));
}
void prepared(Statement& statement) {
    statement.prepare("select ?::int");
}

// clang-format off
const std::vector<Case>& cases() {
    static SQLINTEGER integer = 1;
    static SQLLEN length = 0;
    static SQLSMALLINT small = 0;
    static std::array<SQLCHAR, 256> buffer{};
    static const std::vector<Case> all{
        {"SQLExecDirect", nothing, [](Statement& s) { return SQLExecDirect(s, text("select 1"), SQL_NTS); }},
        {"SQLPrepare", nothing, [](Statement& s) { return SQLPrepare(s, text("select 1"), SQL_NTS); }},
        {"SQLExecute", [](Statement& s) { s.prepare("select 1"); }, [](Statement& s) { return SQLExecute(s); }},
        {"SQLBindCol", nothing, [](Statement& s) { return SQLBindCol(s, 1, SQL_C_LONG, &integer, 0, &length); }},
        {"SQLBindParameter", nothing, [](Statement& s) {
             return SQLBindParameter(s, 1, SQL_PARAM_INPUT, SQL_C_LONG, SQL_INTEGER, 0, 0, &integer, 0, &length); }},
        {"SQLNumParams", prepared, [](Statement& s) { return SQLNumParams(s, &small); }},
        {"SQLDescribeParam", prepared, [](Statement& s) {
             return SQLDescribeParam(s, 1, &small, nullptr, nullptr, nullptr); }},
        {"SQLSetStmtAttr", nothing, [](Statement& s) { return SQLSetStmtAttr(s, SQL_ATTR_MAX_ROWS, number(3), 0); }},
        {"SQLGetStmtAttr", nothing, [](Statement& s) {
             SQLULEN value = 0;
             return SQLGetStmtAttr(s, SQL_ATTR_MAX_ROWS, &value, 0, nullptr); }},
        {"SQLSetCursorName", nothing, [](Statement& s) { return SQLSetCursorName(s, text("named"), SQL_NTS); }},
        {"SQLGetCursorName", nothing, [](Statement& s) {
             return SQLGetCursorName(s, buffer.data(), static_cast<SQLSMALLINT>(buffer.size()), &small); }},
        {"SQLNumResultCols", executed, [](Statement& s) { return SQLNumResultCols(s, &small); }},
        {"SQLDescribeCol", executed, [](Statement& s) {
             return SQLDescribeCol(s, 1, buffer.data(), static_cast<SQLSMALLINT>(buffer.size()), &small, nullptr,
                                   nullptr, nullptr, nullptr); }},
        {"SQLColAttribute", executed, [](Statement& s) {
             return SQLColAttribute(s, 1, SQL_DESC_LENGTH, nullptr, 0, nullptr, &length); }},
        {"SQLRowCount", executed, [](Statement& s) { return SQLRowCount(s, &length); }},
        {"SQLFetch", executed, [](Statement& s) { return SQLFetch(s); }},
        {"SQLFetchScroll", executed, [](Statement& s) { return SQLFetchScroll(s, SQL_FETCH_NEXT, 0); }},
        {"SQLGetData", fetched, [](Statement& s) { return SQLGetData(s, 1, SQL_C_LONG, &integer, 0, &length); }},
        {"SQLMoreResults", executed, [](Statement& s) { return SQLMoreResults(s); }},
        {"SQLSetPos", fetched, [](Statement& s) { return SQLSetPos(s, 1, SQL_POSITION, SQL_LOCK_NO_CHANGE); }},
        {"SQLBulkOperations", fetched, [](Statement& s) { return SQLBulkOperations(s, SQL_ADD); }},
        {"SQLCloseCursor", executed, [](Statement& s) { return SQLCloseCursor(s); }},
        {"SQLFreeStmt", executed, [](Statement& s) { return SQLFreeStmt(s, SQL_CLOSE); }},
        {"SQLTables", nothing, [](Statement& s) {
             return SQLTables(s, nullptr, 0, nullptr, 0, text("none"), SQL_NTS, nullptr, 0); }},
        {"SQLColumns", nothing, [](Statement& s) {
             return SQLColumns(s, nullptr, 0, nullptr, 0, text("none"), SQL_NTS, nullptr, 0); }},
        {"SQLPrimaryKeys", nothing, [](Statement& s) {
             return SQLPrimaryKeys(s, nullptr, 0, nullptr, 0, text("none"), SQL_NTS); }},
        {"SQLStatistics", nothing, [](Statement& s) {
             return SQLStatistics(s, nullptr, 0, nullptr, 0, text("none"), SQL_NTS, SQL_INDEX_ALL, SQL_QUICK); }},
        {"SQLGetTypeInfo", nothing, [](Statement& s) { return SQLGetTypeInfo(s, SQL_INTEGER); }},
    };
    return all;
}
// clang-format on

// Both ways, the same node and the same rules; each with a connection of its own.
class LeaderFailures : public testing::Test {
 protected:
    static std::string through(const std::string& more = "") {
        return "Driver=Freshread;Leader=" + mock_node("leader") + ";Replicas=" + mock_node("replica1") +
               ";Policy=leader;StateDir=" + fresh_state_directory() + ";" + more;
    }
    // `play` on a connection made directly and on one through Freshread.
    static void compare(const std::string& what, const std::function<Lines(Client&)>& play) {
        std::array<Lines, 2> seen;
        for (const bool direct : {true, false}) {
            mock_driver().reset();
            Client client(direct ? mock_direct("leader") : through());
            mock_driver().forget_calls();
            seen.at(direct ? 0 : 1) = play(client);
        }
        EXPECT_EQ(seen[0], seen[1]) << what << ": direct, then through Freshread";
    }
    static void add(Lines& lines, const Lines& more, const std::string& title) {
        lines.push_back(title);
        lines.insert(lines.end(), more.begin(), more.end());
    }
};

TEST_F(LeaderFailures, OfAStatementsFunctionsAreToldAsTheyAre) {
    for (const std::string verb : {"fail HY123 17 [Mock]first + 01000 -3 second + HY456 0 third",
                                   "lose 40001 7 [Mock]only after it was done",
                                   "inform 01S02 5 [Mock]by the way", "return -1", "return -2", "return 100"})
        compare(verb, [&](Client& client) {
            Lines seen;
            for (const Case& the : cases()) {
                Statement statement(client);
                the.prepare(statement);
                mock_driver().rule("leader", the.function + " " + verb);
                seen.push_back(the.function + " " + std::to_string(the.call(statement)));
                add(seen, records_of(SQL_HANDLE_STMT, statement), "records");
                add(seen, records_of(SQL_HANDLE_STMT, statement), "again");
                add(seen, record_fields_of(SQL_HANDLE_STMT, statement), "fields");
                mock_driver().reset();
            }
            return seen;
        });
}

TEST_F(LeaderFailures, OfAConnectionsFunctionsAreToldAsTheyAre) {
    const std::vector<std::pair<std::string, std::function<SQLRETURN(SQLHDBC)>>> functions{
        {"SQLSetConnectAttr",
         [](SQLHDBC connection) {
             return SQLSetConnectAttr(connection, SQL_ATTR_METADATA_ID, number(1), 0);
         }},
        {"SQLGetConnectAttr",
         [](SQLHDBC connection) {
             SQLUINTEGER value = 0;
             return SQLGetConnectAttr(connection, SQL_ATTR_TXN_ISOLATION, &value, 0, nullptr);
         }},
        {"SQLGetInfo",
         [](SQLHDBC connection) {
             std::array<SQLCHAR, 64> name{};
             SQLSMALLINT length = 0;
             return SQLGetInfo(connection, SQL_DBMS_VER, name.data(), static_cast<SQLSMALLINT>(name.size()),
                               &length);
         }},
        {"SQLNativeSql",
         [](SQLHDBC connection) {
             std::array<SQLCHAR, 64> out{};
             SQLINTEGER length = 0;
             return SQLNativeSql(connection, text("select 1"), SQL_NTS, out.data(),
                                 static_cast<SQLINTEGER>(out.size()), &length);
         }},
        {"SQLEndTran", [](SQLHDBC connection) { return SQLEndTran(SQL_HANDLE_DBC, connection, SQL_COMMIT); }},
        {"SQLDisconnect", [](SQLHDBC connection) { return SQLDisconnect(connection); }},
    };
    for (const std::string verb : {"fail HY123 17 [Mock]first + 25000 -3 second", "return -1"})
        for (const auto& [function, call] : functions)
            compare(function + " " + verb, [&, &named = function, &called = call](Client& client) {
                Lines seen;
                mock_driver().rule("leader", named + " " + verb);
                seen.push_back(std::to_string(called(client.handle())));
                add(seen, records_of(SQL_HANDLE_DBC, client.handle()), "records");
                add(seen, record_fields_of(SQL_HANDLE_DBC, client.handle()), "fields");
                return seen;
            });
}

TEST_F(LeaderFailures, WhileConnectingAreToldAsTheyAre) {
    for (const std::string verb :
         {"fail 28000 17 [Mock]who are you + HY000 3 second", "fail 08001 1 [Mock]no"}) {
        std::array<std::string, 2> seen;
        for (const bool direct : {true, false}) {
            mock_driver().reset();
            mock_driver().rule("leader", "SQLDriverConnect " + verb);
            try {
                Client client(direct ? mock_direct("leader") : through());
                ADD_FAILURE() << verb;
            } catch (const OdbcError& error) {
                seen.at(direct ? 0 : 1) = std::to_string(error.native) + error.what();
            }
        }
        EXPECT_EQ(seen[0], seen[1]);
    }
}

TEST_F(LeaderFailures, ManyAndLongRecordsAreAllTold) {
    std::string records = "01000 0 " + std::string(3000, 'x');
    for (int i = 1; i < 60; ++i) records += " + 01000 " + std::to_string(i) + " record " + std::to_string(i);
    for (const std::string verb : {"fail ", "inform "})
        compare(verb, [&](Client& client) {
            Lines seen;
            Statement statement(client);
            mock_driver().rule("leader", "SQLExecDirect(select 1) " + verb + records);
            seen.push_back(std::to_string(SQLExecDirect(statement, text("select 1"), SQL_NTS)));
            add(seen, records_of(SQL_HANDLE_STMT, statement), "records");
            std::array<SQLCHAR, 6> state{};
            std::array<SQLCHAR, 10> short_buffer{};
            SQLINTEGER native = 0;
            SQLSMALLINT length = 0;
            const SQLRETURN cut =
                SQLGetDiagRec(SQL_HANDLE_STMT, statement, 1, state.data(), &native, short_buffer.data(),
                              static_cast<SQLSMALLINT>(short_buffer.size()), &length);
            seen.push_back(std::to_string(cut) + " " + std::to_string(length) + " " +
                           reinterpret_cast<const char*>(short_buffer.data()));
            return seen;
        });
}

// A driver that has no more memory says so itself.
TEST_F(LeaderFailures, ToAllocateAreToldAsTheyAre) {
    for (const SQLSMALLINT type : std::to_array<SQLSMALLINT>({SQL_HANDLE_STMT, SQL_HANDLE_DESC})) {
        mock_driver().reset();
        Client client(through());
        mock_driver().rule("leader",
                           "every SQLAllocHandle(" + std::to_string(type) + ") fail HY001 7 [Mock]no memory");
        SQLHANDLE handle = SQL_NULL_HANDLE;
        // Freshread's own handles need none of a driver's until they are used.
        ASSERT_EQ(SQLAllocHandle(type, client.handle(), &handle), SQL_SUCCESS);
        if (type == SQL_HANDLE_STMT) {
            EXPECT_EQ(SQLExecDirect(handle, text("select 1"), SQL_NTS), SQL_ERROR);
        } else {
            EXPECT_EQ(SQLSetDescField(handle, 0, SQL_DESC_ARRAY_SIZE, number(3), SQL_IS_UINTEGER), SQL_ERROR);
        }
        const auto records = records_of(type, handle);
        ASSERT_FALSE(records.empty());
        EXPECT_EQ(records[0], "HY001 7 [Mock]no memory");
        SQLFreeHandle(type, handle);
    }
}

TEST_F(LeaderFailures, OfAnEnvironmentFailTheConnection) {
    for (const std::string refused : {"SQLAllocHandle(1) return -1", "SQLSetEnvAttr fail HY024 7 [Mock]no",
                                      "SQLAllocHandle(2) fail HY001 7 [Mock]no memory"}) {
        mock_driver().reset();
        mock_driver().rule("", "every " + refused);
        try {
            Client client(through());
            ADD_FAILURE() << refused;
        } catch (const OdbcError& error) {
            EXPECT_TRUE(error.sqlstate.starts_with("IM00") || error.sqlstate == "HY001") << error.what();
        }
    }
    mock_driver().reset();
    Client client(through());
    EXPECT_EQ(client.value("select 42"), "42") << "nothing of it stays";
}

// One of several connections of an environment fails: which others are ended is the driver manager's choice.
TEST_F(LeaderFailures, OfOneConnectionOfAnEnvironment) {
    on_node("leader", "drop table if exists ended; create table ended (n int); grant all on ended to public");
    std::array<Lines, 2> seen;
    for (const bool direct : {true, false}) {
        mock_driver().reset();
        Lines& lines = seen.at(direct ? 0 : 1);
        SQLHENV environment = SQL_NULL_HENV;
        SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment);
        SQLSetEnvAttr(environment, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
        std::array<SQLHDBC, 3> connections{};
        std::string connect = direct ? mock_direct("leader") : through();
        for (SQLHDBC& connection : connections) {
            SQLAllocHandle(SQL_HANDLE_DBC, environment, &connection);
            ASSERT_TRUE(SQL_SUCCEEDED(SQLDriverConnect(connection, nullptr,
                                                       reinterpret_cast<SQLCHAR*>(connect.data()), SQL_NTS,
                                                       nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT)));
            SQLSetConnectAttr(connection, SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_OFF), 0);
            SQLHSTMT statement = SQL_NULL_HSTMT;
            SQLAllocHandle(SQL_HANDLE_STMT, connection, &statement);
            ASSERT_EQ(SQLExecDirect(statement, text("insert into ended values (1)"), SQL_NTS), SQL_SUCCESS);
            SQLFreeHandle(SQL_HANDLE_STMT, statement);
        }
        mock_driver().rule("leader", "SQLEndTran#2 fail 40001 7 [Mock]not this one");
        for (int round = 0; round < 2; ++round) {
            lines.push_back(std::to_string(SQLEndTran(SQL_HANDLE_ENV, environment, SQL_COMMIT)));
            add(lines, records_of(SQL_HANDLE_ENV, environment), "environment");
            for (SQLHDBC connection : connections)
                add(lines, records_of(SQL_HANDLE_DBC, connection), "connection");
            lines.push_back(on_node("leader", "select count(*) from ended"));
        }
        on_node("leader", "delete from ended");
        for (SQLHDBC connection : connections) {
            SQLDisconnect(connection);
            SQLFreeHandle(SQL_HANDLE_DBC, connection);
        }
        SQLFreeHandle(SQL_HANDLE_ENV, environment);
    }
    EXPECT_EQ(seen[0], seen[1]);
}

// A function that the driver says it lacks is not offered; the driver manager refuses it.
TEST_F(LeaderFailures, AFunctionTheDriverLacksIsLackingThroughFreshread) {
    for (const std::string& lacking :
         {std::to_string(SQL_API_SQLNUMPARAMS), std::to_string(SQL_API_SQLSETPOS)}) {
        std::array<Lines, 2> seen;
        for (const bool direct : {true, false}) {
            mock_driver().reset();
            mock_driver().rule("leader", "every SQLGetFunctions lack " + lacking);
            Client client(direct ? mock_direct("leader") : through());
            std::array<SQLUSMALLINT, SQL_API_ODBC3_ALL_FUNCTIONS_SIZE> supported{};
            ASSERT_EQ(SQLGetFunctions(client.handle(), SQL_API_ODBC3_ALL_FUNCTIONS, supported.data()),
                      SQL_SUCCESS);
            for (unsigned id = 0; id < SQL_API_ODBC3_ALL_FUNCTIONS_SIZE * 16U; ++id) {
                // Freshread has them whatever the driver has.
                if (id == SQL_API_SQLBROWSECONNECT || id == SQL_API_SQLSETDESCREC || id == SQL_API_SQLCONNECT)
                    continue;
                if ((unsigned{supported.at(id / 16U)} >> (id % 16U)) & 1U)
                    seen.at(direct ? 0 : 1).push_back(std::to_string(id));
            }
        }
        EXPECT_EQ(seen[0], seen[1]) << lacking;
        EXPECT_EQ(std::count(seen[1].begin(), seen[1].end(), lacking), 0);
    }
}

}  // namespace
}  // namespace freshread::test
