// The driver manager's connection pooling, which holds for a whole process: what a borrower leaves behind is
// what the next one finds on psqlodbc used directly (which resets nothing), the same on every node, and
// nobody becomes another user.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <vector>

#include "tests/driver/odbc_client.h"
#include "tests/driver/overlap_driver.h"
#include "tests/driver/test_cluster.h"

// The driver manager loses what it allocates for conversion with each connection that it lends, used directly
// just as well, and never frees those in the pool. Stacks in it end before they tell whose call it was, so
// leaks are left to the other tests.
extern "C" __attribute__((visibility("default"))) int __lsan_is_turned_off();
extern "C" int __lsan_is_turned_off() {
    return 1;
}

namespace freshread::test {
namespace {

// As `cluster run` registers the drivers, with pooling.
void switch_pooling_on() {
    std::ifstream before(setting("ODBCSYSINI") + "/odbcinst.ini");
    const std::string directory = setting("FRESHREAD_TEST_DIR") + "/pooling";
    std::filesystem::create_directories(directory);
    std::ofstream after(directory + "/odbcinst.ini");
    for (std::string line; std::getline(before, line);) {
        after << line << "\n";
        if (line.starts_with("[")) after << "CPTimeout = 600\n";
    }
    after << "\n[ODBC]\nPooling = Yes\n";
    after.close();
    ::setenv("ODBCSYSINI", directory.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): before any other thread
}

std::string answer(Client& client, const std::string& sql) {
    try {
        return client.value(sql);
    } catch (const OdbcError& error) {
        return error.sqlstate;
    }
}

std::string attribute(Client& client, SQLINTEGER id) {
    SQLUINTEGER value = 0;
    const SQLRETURN result = SQLGetConnectAttr(client.handle(), id, &value, 0, nullptr);
    return std::to_string(result) + ":" + std::to_string(value);
}

const std::vector<std::string>& settings() {
    static const std::vector<std::string> names{"search_path",
                                                "timezone",
                                                "datestyle",
                                                "statement_timeout",
                                                "role",
                                                "extra_float_digits",
                                                "application_name",
                                                "default_transaction_isolation",
                                                "default_transaction_read_only"};
    return names;
}

// Everything of a session that a borrower could notice. On the leader.
std::vector<std::string> state_of(Client& client) {
    std::vector<std::string> state;
    for (const std::string& name : settings())
        state.push_back(name + "=" +
                        answer(client, "/* freshread leader */ select current_setting('" + name + "')"));
    for (const std::string sql :
         {"select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()",
          "select count(*) from scratch", "execute plan", "select count(*) from pg_listening_channels()",
          "select now() = statement_timestamp()", "show transaction_isolation",
          "select count(*) from pg_cursors where name = 'left_open'"})
        state.push_back(sql + ("=" + answer(client, sql)));
    for (const SQLINTEGER id : {SQL_ATTR_AUTOCOMMIT, SQL_ATTR_TXN_ISOLATION, SQL_ATTR_ACCESS_MODE})
        state.push_back(std::to_string(id) + "=" + attribute(client, id));
    return state;
}

void set(Client& client, SQLINTEGER id, std::uintptr_t value) {
    SQLSetConnectAttr(client.handle(), id, reinterpret_cast<SQLPOINTER>(value), 0);
}

struct Trace {
    const char* name;
    std::function<void(Client&)> leave;
};

std::function<void(Client&)> texts(std::vector<std::string> all) {
    return [all = std::move(all)](Client& client) {
        for (const std::string& sql : all) client.execute(sql);
    };
}

const std::vector<Trace>& traces() {
    static const std::vector<Trace> all{
        {"nothing", [](Client&) {}},
        {"settings", texts({"set search_path = pg_catalog", "set timezone = 'Asia/Tokyo'",
                            "set statement_timeout = 12345"})},
        {"settings of a transaction", texts({"begin", "set datestyle = 'German'", "commit", "begin",
                                             "set extra_float_digits = 2", "rollback"})},
        {"an open transaction",
         texts({"begin", "set local timezone = 'Asia/Tokyo'", "create temp table scratch (id int)"})},
        {"a broken transaction",
         [](Client& client) {
             client.execute("begin");
             answer(client, "select no_such_column");
         }},
        {"a temporary table", texts({"create temp table scratch (id int)"})},
        {"an advisory lock", texts({"select pg_advisory_lock_shared(1)"})},
        {"a prepared statement and a channel", texts({"prepare plan as select 'planned'", "listen channel"})},
        {"session characteristics",
         texts({"set session characteristics as transaction isolation level serializable",
                "set default_transaction_read_only = on"})},
        {"a cursor", texts({"begin", "declare left_open cursor for select 1"})},
        {"autocommit off", [](Client& client) { client.set_autocommit(false); }},
        {"autocommit off, committed",
         [](Client& client) {
             client.set_autocommit(false);
             client.execute("create temp table scratch (id int)");
             client.execute("set timezone = 'Asia/Tokyo'");
             client.end_transaction(SQL_COMMIT);
         }},
        {"autocommit off, rolled back",
         [](Client& client) {
             client.set_autocommit(false);
             client.execute("set timezone = 'Asia/Tokyo'");
             client.end_transaction(SQL_ROLLBACK);
         }},
        {"attributes",
         [](Client& client) {
             set(client, SQL_ATTR_TXN_ISOLATION, SQL_TXN_SERIALIZABLE);
             set(client, SQL_ATTR_ACCESS_MODE, SQL_MODE_READ_ONLY);
         }},
        {"a result half read",
         [](Client& client) {
             // The driver manager forgets the handle when the connection is given back.
             SQLHSTMT left = SQL_NULL_HSTMT;
             SQLAllocHandle(SQL_HANDLE_STMT, client.handle(), &left);
             std::string sql = "select generate_series(1, 1000)";
             SQLExecDirect(left, reinterpret_cast<SQLCHAR*>(sql.data()), SQL_NTS);
             SQLFetch(left);
         }},
    };
    return all;
}

class Pooling : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        switch_pooling_on();
        make_item_table();
        cluster("wait replica1");
    }
    void SetUp() override { state_ = warm_state_directory(); }

    // The server's process, past the statement cache of nobody.
    static std::string server_of(Client& client) {
        return client.value("/* freshread leader */ select pg_backend_pid()");
    }
    std::string state_{};
};

TEST_F(Pooling, ABorrowerFindsWhatADirectOneFinds) {
    int number = 0;
    for (const Trace& trace : traces()) {
        // A description of its own makes a pool of its own.
        const std::string own = ";Description=" + std::to_string(++number);
        std::vector<std::vector<std::string>> found;
        for (const std::string& dsn : {"DSN=pg_leader" + own, freshread(state_, "User=u1" + own)}) {
            std::string server;
            {
                Client first(dsn);
                server = answer(first, "/* freshread leader */ select pg_backend_pid()");
                // So that a replica's connection is lent, too.
                first.query("/* freshread replica */ select 1");
                trace.leave(first);
            }
            Client second(dsn);
            found.push_back(state_of(second));
            if (std::string(trace.name) != "a broken transaction") {
                EXPECT_EQ(server_of(second), server) << trace.name << ": not pooled";
            }
        }
        EXPECT_EQ(found[1], found[0]) << trace.name;
    }
}

// What one node got and the other did not would be worse than any leak.
TEST_F(Pooling, EveryNodeHasTheStateTheLeaderHas) {
    int number = 100;
    for (const Trace& trace : traces()) {
        const std::string dsn = freshread(state_, "User=u2;Description=" + std::to_string(++number));
        {
            Client first(dsn);
            first.query("/* freshread replica */ select 1");
            EXPECT_TRUE(first.on_replica()) << trace.name << ": " << first.reason();
            trace.leave(first);
        }
        Client second(dsn);
        for (const std::string& name : settings()) {
            // What a replica's connection never gets, because it is always in autocommit.
            if (name.starts_with("default_transaction_")) continue;
            const std::string sql = "select current_setting('" + name + "')";
            EXPECT_EQ(answer(second, "/* freshread replica */ " + sql),
                      answer(second, "/* freshread leader */ " + sql))
                << trace.name << ": " << name << ", " << second.reason();
        }
        EXPECT_EQ(answer(second, "/* freshread replica */ select count(*) from scratch"),
                  answer(second, "/* freshread leader */ select count(*) from scratch"))
            << trace.name;
    }
}

TEST_F(Pooling, WritersReadTheirWritesThroughWhateverConnectionTheyBorrow) {
    const std::string u3 = freshread(state_, "User=u3");
    const std::string u4 = freshread(state_, "User=u4");
    for (int round = 0; round < rounds(10, 100); ++round) {
        const std::string id = std::to_string(round);
        if (round % 5 == 0) cluster("pause replica1");
        {
            Client writer(u3);
            if (round % 2 == 0) writer.set_autocommit(false);
            writer.execute("insert into item values (" + id + ")");
            if (round % 2 == 0) {
                writer.end_transaction(SQL_COMMIT);
                writer.set_autocommit(true);
            }
        }
        {
            Client reader(u3);
            EXPECT_EQ(reader.value("select count(*) from item where id = " + id), "1") << round;
            if (round % 5 == 0) {
                EXPECT_FALSE(reader.on_replica());
            }
        }
        {
            Client other(u4);
            other.query("select count(*) from item");
            EXPECT_TRUE(other.on_replica()) << "somebody else's pin: " << other.reason();
        }
        if (round % 5 == 0) {
            cluster("resume replica1");
            cluster("wait replica1");
        }
    }
}

// User={env:NAME} names somebody else now: the connection in the pool is not theirs.
TEST_F(Pooling, AConnectionOfAnotherUserIsNotLent) {
    const std::string dsn = freshread(state_, "User=the-{env:FRESHREAD_POOLED_USER}");
    ::setenv("FRESHREAD_POOLED_USER", "u5", 1);  // NOLINT(concurrency-mt-unsafe)
    cluster("pause replica1");
    std::string server;
    {
        Client writer(dsn);
        writer.execute("insert into item values (1000)");
        server = server_of(writer);
    }
    {
        Client again(dsn);
        EXPECT_EQ(server_of(again), server) << "not pooled";
        EXPECT_EQ(again.value("select count(*) from item where id = 1000"), "1");
        EXPECT_FALSE(again.on_replica());
    }
    ::setenv("FRESHREAD_POOLED_USER", "u6", 1);  // NOLINT(concurrency-mt-unsafe)
    {
        Client other(dsn);
        other.query("select count(*) from item");
        EXPECT_TRUE(other.on_replica()) << other.reason();
    }
    cluster("resume replica1");
}

// A server process that ended while its connection lay in the pool.
TEST_F(Pooling, ADeadConnectionIsWhatItIsDirectly) {
    std::vector<std::vector<std::string>> found;
    for (const std::string& dsn :
         {std::string("DSN=pg_leader;Description=dead"), freshread(state_, "User=u7;Description=dead")}) {
        std::string server;
        {
            Client first(dsn);
            server = server_of(first);
        }
        on_node("leader", "select pg_terminate_backend(" + server + ", 5000)");
        std::vector<std::string> answers;
        for (int attempt = 0; attempt < 3; ++attempt) {
            Client next(dsn);
            answers.push_back(answer(next, "/* freshread leader */ select 'alive'"));
        }
        found.push_back(answers);
    }
    EXPECT_EQ(found[1], found[0]);
}

// A replica's connection that broke in the pool costs the borrower nothing.
TEST_F(Pooling, ADeadReplicaIsNobodysBusiness) {
    const std::string dsn = freshread(state_, "User=u8;Description=replica");
    {
        Client first(dsn);
        first.query("/* freshread replica */ select 1");
        EXPECT_TRUE(first.on_replica()) << first.reason();
    }
    on_node("replica1",
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'app' and "
            "backend_type = 'client backend'");
    // pg_terminate_backend would wait for one after the other, a tenth of a second each. A monitor comes
    // back.
    EXPECT_TRUE(eventually([] {
        return on_node("replica1",
                       "select count(*) from pg_stat_activity where usename = 'app' and backend_type = "
                       "'client backend' and application_name <> 'freshread-monitor'") == "0";
    }));
    Client second(dsn);
    EXPECT_EQ(second.value("/* freshread replica */ select 'alive'"), "alive");
}

// psqlodbc does not know SQL_ATTR_RESET_CONNECTION. A driver that does resets all nodes, and a node opened
// later has nothing to reset.
TEST_F(Pooling, AResetReachesEveryNodeOnce) {
    void* library = ::dlopen(FRESHREAD_OVERLAP_DRIVER, RTLD_NOW | RTLD_LOCAL);
    ASSERT_TRUE(library) << ::dlerror();  // NOLINT(concurrency-mt-unsafe)
    auto& resets = reinterpret_cast<decltype(&overlaps_seen)>(::dlsym(library, "overlaps_seen"))()->resets;
    const std::string node = std::string("{Driver=") + FRESHREAD_OVERLAP_DRIVER + "}";
    Client client("Driver=Freshread;Policy=any;Explain=yes;Leader=" + node + ";Replicas=" + node +
                  ";StateDir=" + state_);
    const auto reset = [&] {
        return SQLSetConnectAttr(client.handle(), SQL_ATTR_RESET_CONNECTION,
                                 reinterpret_cast<SQLPOINTER>(SQL_RESET_CONNECTION_YES), 0);
    };
    const auto read = [&] {
        Statement statement(client);
        statement.direct("select 1");
        EXPECT_TRUE(statement.on_replica()) << statement.reason();
    };
    EXPECT_EQ(reset(), SQL_SUCCESS);
    EXPECT_EQ(resets, 1);
    read();
    EXPECT_EQ(resets, 1);
    EXPECT_EQ(reset(), SQL_SUCCESS);
    EXPECT_EQ(resets, 3);
    read();
    EXPECT_EQ(resets, 3);
    ::dlclose(library);
}

}  // namespace
}  // namespace freshread::test
