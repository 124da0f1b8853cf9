// The attributes of driver/freshread.h, by both functions of the driver manager, which converts nothing of
// them.
#include "driver/freshread.h"

#include <gtest/gtest.h>
#include <sqlext.h>

#include <array>
#include <functional>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

using Setter = decltype(&SQLSetConnectAttr);
using Getter = decltype(&SQLGetConnectAttr);

class OwnAttributes : public testing::Test {
 protected:
    void SetUp() override { state_ = warm_state_directory(); }

    static SQLPOINTER bytes_of(std::string& text) { return text.data(); }
    static SQLPOINTER bytes_of(std::u16string& text) { return text.data(); }
    static std::string narrow(Client& client, SQLINTEGER id, Getter get = &SQLGetConnectAttr) {
        std::array<char, 200> text{};
        SQLINTEGER length = 0;
        EXPECT_EQ(get(client.handle(), id, text.data(), text.size(), &length), SQL_SUCCESS);
        EXPECT_EQ(std::string(text.data()).size(), static_cast<std::size_t>(length));
        return text.data();
    }
    static std::u16string wide(Client& client, SQLINTEGER id, Getter get = &SQLGetConnectAttrW) {
        std::array<char16_t, 200> text{};
        SQLINTEGER length = 0;
        EXPECT_EQ(get(client.handle(), id, text.data(), sizeof text, &length), SQL_SUCCESS);
        EXPECT_EQ(std::u16string(text.data()).size() * 2, static_cast<std::size_t>(length));
        return text.data();
    }
    static std::string refusal(Client& client, SQLRETURN result) {
        return result == SQL_ERROR ? error_of(SQL_HANDLE_DBC, client.handle()).what() : std::string();
    }

    std::string state_{};
};

TEST_F(OwnAttributes, ByEitherFunction) {
    Client client(freshread(state_, "User=u1"));
    int number = 0;
    for (const Setter set : {&SQLSetConnectAttr, &SQLSetConnectAttrW}) {
        std::string name = "al\xC3\xAF" + std::to_string(++number);
        EXPECT_EQ(set(client.handle(), FRESHREAD_ATTR_USER, bytes_of(name), SQL_NTS), SQL_SUCCESS);
        EXPECT_EQ(client.value("show freshread.user"), name);
        EXPECT_EQ(narrow(client, FRESHREAD_ATTR_USER), name);
        EXPECT_EQ(narrow(client, FRESHREAD_ATTR_USER, &SQLGetConnectAttrW), name);

        std::u16string other = u"b\u00F6\U0001F600 and more";
        EXPECT_EQ(set(client.handle(), FRESHREAD_ATTR_USER_W, bytes_of(other), 8), SQL_SUCCESS);
        EXPECT_EQ(narrow(client, FRESHREAD_ATTR_USER), "b\xC3\xB6\xF0\x9F\x98\x80");
        EXPECT_EQ(wide(client, FRESHREAD_ATTR_USER_W), u"b\u00F6\U0001F600");
        EXPECT_EQ(wide(client, FRESHREAD_ATTR_USER_W, &SQLGetConnectAttr), u"b\u00F6\U0001F600");
        EXPECT_EQ(set(client.handle(), FRESHREAD_ATTR_USER_W, nullptr, 0), SQL_SUCCESS);
        EXPECT_EQ(narrow(client, FRESHREAD_ATTR_USER), "u1");
    }
}

TEST_F(OwnAttributes, AStatementIsAStrongerWordForTheUser) {
    Client client(freshread(state_, "User=u1"));
    std::string name = "alice";
    EXPECT_EQ(SQLSetConnectAttr(client.handle(), FRESHREAD_ATTR_USER, bytes_of(name), SQL_NTS), SQL_SUCCESS);
    client.execute("set freshread.user = 'bob'");
    EXPECT_EQ(narrow(client, FRESHREAD_ATTR_USER), "bob");
    client.execute("reset freshread.user");
    EXPECT_EQ(narrow(client, FRESHREAD_ATTR_USER), "alice");
    SQLSetConnectAttr(client.handle(), SQL_ATTR_RESET_CONNECTION,
                      reinterpret_cast<SQLPOINTER>(SQL_RESET_CONNECTION_YES), 0);
    EXPECT_EQ(narrow(client, FRESHREAD_ATTR_USER), "u1") << "the next who borrows the connection";
}

TEST_F(OwnAttributes, ThePolicyDecides) {
    Client client(freshread(state_, "User=u1"));
    std::u16string policy = u"leader";
    EXPECT_EQ(SQLSetConnectAttrW(client.handle(), FRESHREAD_ATTR_POLICY_W, bytes_of(policy), SQL_NTS),
              SQL_SUCCESS);
    EXPECT_EQ(narrow(client, FRESHREAD_ATTR_POLICY), "leader");
    client.query("select 1");
    EXPECT_EQ(client.reason(), "PolicyLeader");
    EXPECT_EQ(narrow(client, FRESHREAD_ATTR_LAST_ROUTE), "PolicyLeader: served by the leader 'pg_leader'");
    EXPECT_EQ(SQLSetConnectAttr(client.handle(), FRESHREAD_ATTR_POLICY, nullptr, 0), SQL_SUCCESS);
    EXPECT_TRUE(eventually([&] {
        client.query("select 1");
        return client.on_replica();
    }));
    EXPECT_EQ(wide(client, FRESHREAD_ATTR_LAST_ROUTE_W),
              u"ReadOnReplica: served by the replica 'pg_replica1'");
}

TEST_F(OwnAttributes, WhatIsRefusedChangesNothing) {
    Client client(freshread(state_, "User=u1"));
    EXPECT_EQ(narrow(client, FRESHREAD_ATTR_LAST_ROUTE), "");
    std::string wrong = "psition";
    std::string empty;
    const auto set = [&](SQLINTEGER id, std::string& text, SQLINTEGER length = SQL_NTS) {
        return refusal(client, SQLSetConnectAttr(client.handle(), id, bytes_of(text), length));
    };
    EXPECT_NE(set(FRESHREAD_ATTR_POLICY, wrong).find("accepted: leader, window"), std::string::npos);
    EXPECT_EQ(set(FRESHREAD_ATTR_POLICY, wrong).substr(0, 5), "HY024");
    EXPECT_EQ(set(FRESHREAD_ATTR_USER, empty).substr(0, 5), "HY024");
    EXPECT_EQ(set(FRESHREAD_ATTR_USER, wrong, -7).substr(0, 5), "HY090");
    EXPECT_EQ(set(FRESHREAD_ATTR_LAST_ROUTE, wrong).substr(0, 5), "HY092");
    EXPECT_EQ(narrow(client, FRESHREAD_ATTR_POLICY), "position");
    EXPECT_EQ(narrow(client, FRESHREAD_ATTR_USER), "u1");
}

TEST_F(OwnAttributes, AValueThatDoesNotFitIsCut) {
    Client client(freshread(state_, "User=somebody"));
    std::array<char, 5> text{};
    SQLINTEGER length = 0;
    EXPECT_EQ(SQLGetConnectAttr(client.handle(), FRESHREAD_ATTR_USER, text.data(), text.size(), &length),
              SQL_SUCCESS_WITH_INFO);
    EXPECT_STREQ(text.data(), "some");
    EXPECT_EQ(length, 8);
    EXPECT_EQ(error_of(SQL_HANDLE_DBC, client.handle()).sqlstate, "01004");
    std::array<SQLWCHAR, 5> wide_text{};
    EXPECT_EQ(SQLGetConnectAttrW(client.handle(), FRESHREAD_ATTR_USER_W, wide_text.data(), sizeof wide_text,
                                 &length),
              SQL_SUCCESS_WITH_INFO);
    EXPECT_EQ(wide_text.at(3), 'e');
    EXPECT_EQ(length, 16);
}

TEST_F(OwnAttributes, SetBeforeTheConnectionIsOpen) {
    SQLHENV environment = SQL_NULL_HENV;
    SQLHDBC connection = SQL_NULL_HDBC;
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment);
    SQLSetEnvAttr(environment, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
    SQLAllocHandle(SQL_HANDLE_DBC, environment, &connection);
    std::string user = "alice";
    std::string policy = "leader";
    EXPECT_EQ(SQLSetConnectAttr(connection, FRESHREAD_ATTR_USER, bytes_of(user), SQL_NTS), SQL_SUCCESS);
    EXPECT_EQ(SQLSetConnectAttr(connection, FRESHREAD_ATTR_POLICY, bytes_of(policy), SQL_NTS), SQL_SUCCESS);
    std::string given = freshread(state_, "User=u1");
    ASSERT_TRUE(SQL_SUCCEEDED(SQLDriverConnect(connection, nullptr, reinterpret_cast<SQLCHAR*>(given.data()),
                                               SQL_NTS, nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT)));
    std::array<char, 20> text{};
    EXPECT_EQ(SQLGetConnectAttr(connection, FRESHREAD_ATTR_USER, text.data(), text.size(), nullptr),
              SQL_SUCCESS);
    EXPECT_STREQ(text.data(), "alice");
    EXPECT_EQ(SQLGetConnectAttr(connection, FRESHREAD_ATTR_POLICY, text.data(), text.size(), nullptr),
              SQL_SUCCESS);
    EXPECT_STREQ(text.data(), "leader");
    SQLDisconnect(connection);
    SQLFreeHandle(SQL_HANDLE_DBC, connection);
    SQLFreeHandle(SQL_HANDLE_ENV, environment);
}

}  // namespace
}  // namespace freshread::test
