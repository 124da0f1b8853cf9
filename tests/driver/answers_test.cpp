// I5: what the leader's driver says of itself and of its server reaches the application as it was said.
#include <gtest/gtest.h>

#include <array>

#include "tests/driver/mock_driver.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

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
