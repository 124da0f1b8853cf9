// I5: what the leader's driver says of itself and of its server reaches the application as it was said.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/driver/mock_driver.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

SQLPOINTER odbc3() {
    return reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3);
}

SQLWCHAR* wide(std::u16string& text) {
    return reinterpret_cast<SQLWCHAR*>(text.data());
}

class Answers : public testing::Test {
 protected:
    void SetUp() override { mock_driver().reset(); }

    static std::string server_name(SQLHSTMT statement) {
        std::string text = "selec";
        EXPECT_EQ(SQLExecDirect(statement, reinterpret_cast<SQLCHAR*>(text.data()), SQL_NTS), SQL_ERROR);
        std::array<SQLCHAR, 100> name{};
        EXPECT_EQ(SQLGetDiagField(SQL_HANDLE_STMT, statement, 1, SQL_DIAG_SERVER_NAME, name.data(),
                                  name.size(), nullptr),
                  SQL_SUCCESS);
        return reinterpret_cast<const char*>(name.data());
    }
    // Over the mock driver, by a data source.
    static std::string data_source() {
        return "DSN=freshread;Leader=" + mock_node("leader") +
               ";Replicas=;StateDir=" + fresh_state_directory();
    }
};

TEST_F(Answers, AServerThatADriverNamesIsNamed) {
    Client client(data_source());
    mock_driver().rule("leader", "SQLExecDirect(selec) fail 42601 7 [Mock]wrong");
    Statement statement(client);
    EXPECT_EQ(server_name(statement), "host.example");
}

TEST_F(Answers, ADataSourceThatADriverNamesIsTheApplications) {
    Client client("DSN=freshread;StateDir=" + fresh_state_directory());
    Statement statement(client);
    EXPECT_EQ(server_name(statement), "freshread");
}

// psqlodbca cuts a long message into records of the length that is asked for first.
TEST_F(Answers, ALongMessageIsCutAsTheDriverCutsIt) {
    const auto lengths_over = [](std::u16string connection_string) {
        SQLHENV environment = SQL_NULL_HENV;
        SQLHDBC connection = SQL_NULL_HDBC;
        SQLHSTMT statement = SQL_NULL_HSTMT;
        SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment);
        SQLSetEnvAttr(environment, SQL_ATTR_ODBC_VERSION, odbc3(), 0);
        SQLAllocHandle(SQL_HANDLE_DBC, environment, &connection);
        EXPECT_TRUE(SQL_SUCCEEDED(SQLDriverConnectW(connection, nullptr, wide(connection_string), SQL_NTS,
                                                    nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT)));
        SQLAllocHandle(SQL_HANDLE_STMT, connection, &statement);
        std::u16string text = u"DO $$ BEGIN RAISE NOTICE '%', repeat('long ', 100); END $$";
        EXPECT_EQ(SQLExecDirectW(statement, wide(text), SQL_NTS), SQL_SUCCESS_WITH_INFO);
        std::vector<int> lengths;
        for (SQLSMALLINT number = 1; number < 20; ++number) {
            std::array<SQLWCHAR, 6> state{};
            std::array<SQLWCHAR, 200> message{};
            SQLINTEGER native = 0;
            SQLSMALLINT length = 0;
            if (!SQL_SUCCEEDED(SQLGetDiagRecW(SQL_HANDLE_STMT, statement, number, state.data(), &native,
                                              message.data(), message.size(), &length)))
                break;
            lengths.push_back(length);
        }
        SQLFreeHandle(SQL_HANDLE_STMT, statement);
        SQLDisconnect(connection);
        SQLFreeHandle(SQL_HANDLE_DBC, connection);
        SQLFreeHandle(SQL_HANDLE_ENV, environment);
        return lengths;
    };
    EXPECT_EQ(lengths_over(u"DSN=freshread_ansi"), lengths_over(u"DSN=pg_leader_ansi"));
}

TEST_F(Answers, AFunctionOfBothIsReported) {
    const std::string claims =
        "Rules={every SQLGetFunctions have " + std::to_string(SQL_API_SQLBROWSECONNECT) + "}";
    Client client(freshread_over(mock_node("leader", claims), mock_node("replica1")));
    SQLUSMALLINT supported = SQL_FALSE;
    EXPECT_EQ(SQLGetFunctions(client.handle(), SQL_API_SQLBROWSECONNECT, &supported), SQL_SUCCESS);
    EXPECT_EQ(supported, SQL_TRUE);
}

TEST_F(Answers, AFunctionThatOnlyTheDriverHasIsNot) {
    constexpr SQLUSMALLINT kNobodys = 78;
    const std::string claims = "Rules={every SQLGetFunctions have " + std::to_string(kNobodys) + "}";
    Client client(freshread_over(mock_node("leader", claims), mock_node("replica1")));
    std::array<SQLUSMALLINT, SQL_API_ODBC3_ALL_FUNCTIONS_SIZE> supported{};
    EXPECT_EQ(SQLGetFunctions(client.handle(), SQL_API_ODBC3_ALL_FUNCTIONS, supported.data()), SQL_SUCCESS);
    EXPECT_FALSE(SQL_FUNC_EXISTS(supported.data(), kNobodys));
}

}  // namespace
}  // namespace freshread::test
