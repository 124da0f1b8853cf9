// ending_program WAY CONNECTION_STRING: uses the driver and ends, in one of the ways in which programs end.
// Exit code 0: it ended as it meant to; 42: from inside.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/driver/odbc_client.h"

namespace freshread::test {
namespace {

constexpr int kFromInside = 42;

// Opens what there is to be open: a result on each node, an explicit descriptor, a transaction; its monitor
// runs.
struct Everything {
    explicit Everything(const std::string& dsn)
        : client(dsn), on_leader(client), on_replica(client), waiting(client) {
        client.execute("create temp table t (id int)");
        on_replica.direct("/* freshread replica */ select generate_series(1, 1000)");
        on_leader.direct("/* freshread leader */ select generate_series(1, 1000)");
        waiting.prepare("select 1");
        SQLAllocHandle(SQL_HANDLE_DESC, client.handle(), &descriptor);
        client.execute("begin");
        client.execute("insert into item values (1)");
    }
    Client client;
    Statement on_leader;
    Statement on_replica;
    Statement waiting;
    SQLHDESC descriptor = SQL_NULL_HDESC;
};

// Destroyed after main, by whatever runs then.
std::unique_ptr<Everything>& kept() {
    static std::unique_ptr<Everything> everything;
    return everything;
}

int leave_it_open(const std::string& dsn) {
    // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): nobody ever frees it
    static auto* everything = new Everything(dsn);
    return everything->client.handle() ? 0 : 1;
}

int destroy_it_statically(const std::string& dsn) {
    kept() = std::make_unique<Everything>(dsn);
    return 0;
}

int exit_from_a_thread(const std::string& dsn) {
    Everything everything(dsn);
    std::thread other([] { std::exit(kFromInside); });  // NOLINT(concurrency-mt-unsafe): that is the case
    Statement statement(everything.client);
    statement.direct("select pg_sleep(60)");
    other.join();
    return 1;
}

int exit_while_threads_work(const std::string& dsn) {
    for (int number = 0; number < 3; ++number)
        std::thread([dsn] {
            try {
                while (true) {
                    Client client(dsn);
                    client.execute("insert into item values (2)");
                    client.query("select count(*) from item");
                }
            } catch (const OdbcError&) {
                return;  // the driver manager is being taken apart
            }
        }).detach();
    Client client(dsn);
    for (int round = 0; round < 20; ++round) client.query("select count(*) from item");
    std::_Exit(kFromInside);
}

int disconnect_with_everything_open(const std::string& dsn) {
    // The statements' handles end with the connection: nobody may free them a second time.
    // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): nobody ever frees them, and leaks are looked for later
    static auto& ended = *new std::vector<Everything*>;
    for (int round = 0; round < 3; ++round) {
        auto* everything = new Everything(dsn);  // NOLINT(cppcoreguidelines-owning-memory)
        ended.push_back(everything);
        everything->client.execute("rollback");
        if (!SQL_SUCCEEDED(SQLDisconnect(everything->client.handle()))) return 1;
        if (!SQL_SUCCEEDED(SQLFreeHandle(SQL_HANDLE_DBC, everything->client.handle()))) return 1;
        if (!SQL_SUCCEEDED(SQLFreeHandle(SQL_HANDLE_ENV, everything->client.environment()))) return 1;
    }
    return 0;
}

int fail_to_connect(const std::string& dsn) {
    for (int round = 0; round < 5; ++round) {
        try {
            const Client client(dsn + ";PWD=wrong;UID=nobody_at_all;Servername=/nowhere");
        } catch (const OdbcError&) {
            continue;
        }
    }
    return 0;
}

}  // namespace
}  // namespace freshread::test

int main(int count, char** arguments) {
    using namespace freshread::test;
    const std::map<std::string, std::function<int(const std::string&)>> ways{
        {"open", leave_it_open},
        {"static", destroy_it_statically},
        {"thread", exit_from_a_thread},
        {"threads", exit_while_threads_work},
        {"disconnect", disconnect_with_everything_open},
        {"refused", fail_to_connect},
    };
    if (count != 3 || !ways.contains(arguments[1])) return 2;
    try {
        return ways.at(arguments[1])(arguments[2]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", arguments[1], error.what());
        return 3;
    }
}
