#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include <libpq-fe.h>

#include "tests/stores/redis_server.h"
#include "tests/stores/store_under_test.h"
#include "tests/unit/state/scratch_directory.h"

namespace freshread::test {

namespace {

class SqliteUnderTest : public StoreUnderTest {
 public:
    [[nodiscard]] StoreUrl url() const override { return parse_store_url("sqlite:"); }
    [[nodiscard]] std::string directory() const override { return scratch_.path(); }
    bool lose() override {
        std::filesystem::remove(file());
        return true;
    }
    void disturb() override { std::filesystem::remove(file() + "-generations"); }

 private:
    [[nodiscard]] std::string file() const { return scratch_.file("positions.db"); }

    ScratchDirectory scratch_;
};

class MemoryUnderTest : public StoreUnderTest {
 public:
    [[nodiscard]] StoreUrl url() const override { return parse_store_url("memory:"); }
    bool lose() override { return false; }
    [[nodiscard]] bool between_processes() const override { return false; }
};

// One server for all tests of the program: each has a cluster, and so tables, of its own.
class RedisUnderTest : public StoreUnderTest {
 public:
    [[nodiscard]] StoreUrl url() const override {
        return parse_store_url("redis+unix://" + server().socket());
    }
    bool lose() override {
        server().command({"FLUSHALL"});
        return true;
    }
    void disturb() override { server().command({"SCRIPT", "FLUSH"}); }
    bool freeze() override {
        server().freeze();
        return true;
    }
    void thaw() override { server().thaw(); }
    [[nodiscard]] int steps() const override { return 1000; }

 private:
    [[nodiscard]] static RedisServer& server() {
        static RedisServer one;
        return one;
    }
};

// The leader of the cluster that the program runs in, if it does: as good a database as any.
class PostgresqlUnderTest : public StoreUnderTest {
 public:
    PostgresqlUnderTest() { on_each_table("drop table"); }
    [[nodiscard]] StoreUrl url() const override { return parse_store_url(postgresql_url()); }
    bool lose() override {
        on_each_table("truncate");
        return true;
    }
    // Everybody has to connect anew.
    void disturb() override {
        execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = "
            "'freshread-store'");
    }

    // Connecting costs a process of the server.
    [[nodiscard]] int steps() const override { return 400; }

 private:
    static void on_each_table(const std::string& what) {
        execute(
            "do $$ declare t text; begin for t in select relname from pg_class where relkind = 'r' and "
            "relname like 'freshread_%' loop execute '" +
            what + " ' || t; end loop; end $$");
    }
    static void execute(const std::string& sql) {
        const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(postgresql_url().c_str()),
                                                                      &PQfinish);
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()),
                                                                   &PQclear);
        if (PQresultStatus(result.get()) != PGRES_COMMAND_OK &&
            PQresultStatus(result.get()) != PGRES_TUPLES_OK)
            throw std::runtime_error(PQerrorMessage(connection.get()));
    }
};

std::unique_ptr<StoreUnderTest> made_on_postgresql() {
    if (postgresql_url().empty()) return nullptr;
    return std::make_unique<PostgresqlUnderTest>();
}

template <typename Store>
std::unique_ptr<StoreUnderTest> made() {
    return std::make_unique<Store>();
}

}  // namespace

std::string postgresql_url() {
    // "host=... port=... user=...": the words of a connection string become parameters of a URL.
    const char* conninfo = std::getenv("FRESHREAD_TEST_LEADER");  // NOLINT(concurrency-mt-unsafe)
    if (conninfo == nullptr) return {};
    std::istringstream words(conninfo);
    std::string url = "postgresql:///postgres";
    char joint = '?';
    for (std::string word; words >> word; joint = '&') url += joint + word;
    return url;
}

std::vector<KindOfStore> kinds_of_stores() {
    return {{"Sqlite", made<SqliteUnderTest>},
            {"Memory", made<MemoryUnderTest>},
            {"Redis", made<RedisUnderTest>},
            {"Postgresql", made_on_postgresql}};
}

}  // namespace freshread::test
