// The library itself: what it exports, what it is linked with, which underlying drivers it loads.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <sstream>
#include <vector>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

std::string output_of(const std::string& command) {
    std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), &::pclose);
    std::string output;
    std::array<char, 4096> buffer{};
    while (pipe && std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe.get()))
        output += buffer.data();
    return output;
}

TEST(Loading, OnlyNamesOfOdbcAreExported) {
    std::istringstream lines(output_of("nm -D --defined-only " + setting("FRESHREAD_DRIVER")));
    std::string address;
    std::string type;
    std::string name;
    int count = 0;
    while (lines >> address >> type >> name) {
        EXPECT_EQ(name.rfind("SQL", 0), 0U) << name;
        ++count;
    }
    EXPECT_GT(count, 80);
}

TEST(Loading, TheDriverManagerIsNotLinked) {
    const std::string libraries = output_of("ldd " + setting("FRESHREAD_DRIVER"));
    EXPECT_NE(libraries.find("libodbcinst.so"), std::string::npos);
    EXPECT_EQ(libraries.find("libodbc.so"), std::string::npos) << libraries;
}

TEST(Loading, TheAnsiDriverOfPostgreSqlWorksForAnsiApplications) {
    const std::string state = fresh_state_directory();
    Client client("DSN=freshread_ansi;Explain=yes;StateDir=" + state);
    EXPECT_EQ(client.value("select 'ansi'"), "ansi");
    EXPECT_TRUE(eventually([&] {
        client.query("select 1");
        return client.on_replica();
    })) << client.reason();
}

// A driver answers a wide connection's ANSI calls in UTF-16: everything asked of it has to use the entry it
// was opened by.
TEST(Loading, AWideConnectionFindsItsEngine) {
    const std::string state = fresh_state_directory();
    SQLHENV environment = SQL_NULL_HENV;
    SQLHDBC connection = SQL_NULL_HDBC;
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment);
    SQLSetEnvAttr(environment, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
    SQLAllocHandle(SQL_HANDLE_DBC, environment, &connection);
    std::vector<SQLWCHAR> wide;
    for (const char c : "DSN=freshread;StateDir=" + state) wide.push_back(static_cast<SQLWCHAR>(c));
    EXPECT_EQ(SQLDriverConnectW(connection, nullptr, wide.data(), static_cast<SQLSMALLINT>(wide.size()),
                                nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT),
              SQL_SUCCESS)
        << error_of(SQL_HANDLE_DBC, connection).what();
    SQLDisconnect(connection);
    SQLFreeHandle(SQL_HANDLE_DBC, connection);
    SQLFreeHandle(SQL_HANDLE_ENV, environment);
}

TEST(Loading, SqliteWorksAsAnEngineWithoutPositions) {
    const std::string state = fresh_state_directory();
    Client client("Driver=Freshread;Leader={Driver=SQLite3;Database=" + state +
                  "/data.db};Explain=yes;StateDir=" + state);
    client.execute("create table item (id integer, name text)");
    client.execute("insert into item values (1, 'one')");
    EXPECT_EQ(client.value("select name from item where id = 1"), "one");
    EXPECT_EQ(client.reason(), "NoReplicas");
}

TEST(Loading, APolicyThatNeedsPositionsIsRefusedWhereThereAreNone) {
    const std::string state = fresh_state_directory();
    const std::string node = "{Driver=SQLite3;Database=" + state + "/data.db}";
    try {
        Client client("Driver=Freshread;Leader=" + node + ";Replicas=" + node + ";StateDir=" + state);
        FAIL() << "accepted";
    } catch (const OdbcError& error) {
        EXPECT_NE(std::string(error.what()).find("leader, window, fallback, any"), std::string::npos)
            << error.what();
    }
    Client any("Driver=Freshread;Policy=any;Explain=yes;Leader=" + node + ";Replicas=" + node +
               ";StateDir=" + state);
    EXPECT_EQ(any.value("select 1"), "1");
    EXPECT_TRUE(any.on_replica()) << any.reason();
}

TEST(Loading, AWindowWorksWithoutPositions) {
    const std::string state = fresh_state_directory();
    const std::string node = "{Driver=SQLite3;Database=" + state + "/data.db}";
    const std::string dsn = "Driver=Freshread;Policy=window;Window=200ms;Explain=yes;Leader=" + node +
                            ";Replicas=" + node + ";StateDir=" + state + ";User=";
    Client writer(dsn + "u1");
    writer.execute("create table item (id integer)");
    Client other(dsn + "u2");
    EXPECT_TRUE(eventually([&] {
        other.query("select id from item");
        return other.on_replica();
    })) << other.reason();
    EXPECT_TRUE(eventually([&] {
        writer.query("select id from item");
        return writer.on_replica();
    })) << writer.reason();
    Client pinned("Driver=Freshread;Policy=window;Window=10min;Explain=yes;Leader=" + node +
                  ";Replicas=" + node + ";StateDir=" + state + ";User=u3");
    pinned.execute("insert into item values (1)");
    EXPECT_EQ(pinned.value("select id from item"), "1");
    EXPECT_EQ(pinned.reason(), "WithinWindow");
}

// No server: that the driver was loaded and asked shows in whose message it is.
TEST(Loading, MariaDbsDriverLoads) {
    try {
        Client client("Driver=Freshread;Leader={Driver=MariaDB Unicode;Server=127.0.0.1;Port=1};StateDir=" +
                      fresh_state_directory());
        FAIL() << "nobody listens on port 1";
    } catch (const OdbcError& error) {
        EXPECT_NE(std::string(error.what()).find("[ma-"), std::string::npos) << error.what();
    }
}

// Debian registers its drivers by bare file names, which the driver manager looks up in a directory of its
// own.
TEST(Loading, ADriverIsFoundByItsFileName) {
    const std::string node =
        "{Driver=psqlodbcw.so;Servername=127.0.0.1;Port=" + setting("FRESHREAD_TEST_LEADER_PORT") +
        ";Database=postgres;SSLmode=disable;UID=app;PWD=" + setting("FRESHREAD_TEST_PASSWORD") + "}";
    Client client("Driver=Freshread;Leader=" + node + ";StateDir=" + fresh_state_directory());
    EXPECT_EQ(client.value("select 'found'"), "found");
}

TEST(Loading, AWrongPathIsAClearError) {
    for (const std::string path : {"/no/such/driver.so", "/etc/hostname"}) {
        try {
            Client client("Driver=Freshread;Leader={Driver=" + path +
                          "};StateDir=" + fresh_state_directory());
            FAIL() << path;
        } catch (const OdbcError& error) {
            EXPECT_EQ(error.sqlstate, "IM003") << error.what();
            EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
        }
    }
}

// libm resolves the ODBC names nowhere; libodbc would offer the driver manager's own, which would call back
// into itself.
TEST(Loading, ALibraryThatIsNoDriverIsRefused) {
    try {
        Client client("Driver=Freshread;Leader={Driver=libm.so.6};StateDir=" + fresh_state_directory());
        FAIL();
    } catch (const OdbcError& error) {
        EXPECT_EQ(error.sqlstate, "IM003") << error.what();
    }
}

}  // namespace
}  // namespace freshread::test
