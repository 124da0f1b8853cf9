// What is particular to the store in PostgreSQL: how its table is made, lost and named. Runs inside
// tests/cluster.
#include <memory>
#include <random>

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include "state/postgresql_store.h"
#include "state/stored_text.h"
#include "tests/stores/store_under_test.h"

namespace freshread::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr UserKey kCaller = {1, 2, 3};

class PostgresqlStoreTest : public testing::Test {
 protected:
    void SetUp() override {
        if (postgresql_url().empty()) GTEST_SKIP() << "needs tests/cluster: FRESHREAD_TEST_LEADER is not set";
    }
    [[nodiscard]] PostgresqlStore::Options options() const {
        return {.url = postgresql_url(), .cluster = cluster_, .timeout = seconds(5), .mark_age = hours(1)};
    }
    [[nodiscard]] Position at(std::uint64_t lsn) const { return {cluster_, 1, lsn}; }
    [[nodiscard]] std::string table() const { return "freshread_" + to_stored(cluster_); }
    void begin_with(PostgresqlStore& store, std::uint64_t lsn) const {
        static_cast<void>(store.look(kCaller));
        store.leader_sampled(at(lsn), boot_now() + hours(2));
    }
    static std::string value(const std::string& sql) {
        const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(postgresql_url().c_str()),
                                                                      &PQfinish);
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()),
                                                                   &PQclear);
        EXPECT_TRUE(PQresultStatus(result.get()) == PGRES_COMMAND_OK ||
                    PQresultStatus(result.get()) == PGRES_TUPLES_OK)
            << PQerrorMessage(connection.get());
        return PQntuples(result.get()) == 0 ? std::string() : PQgetvalue(result.get(), 0, 0);
    }

    const std::uint64_t cluster_ = 0xF000'0000'0000'0000U | std::random_device{}();
};

TEST_F(PostgresqlStoreTest, ItsTableIsUnloggedSoACrashLosesItWhole) {
    PostgresqlStore store(options());
    store.open(kCaller, 7, 1);
    EXPECT_EQ(value("select relpersistence from pg_class where relname = '" + table() + "'"), "u");
}

// As a dump that is read back, or a table that is copied: what it says is from before.
TEST_F(PostgresqlStoreTest, R5ATableThatWasFilledAnewIsLost) {
    PostgresqlStore store(options());
    begin_with(store, 10);
    store.close(kCaller, 7, 1, at(50), BootTime(0));
    value("create table old as table " + table());
    store.close(kCaller, 7, 2, at(60), BootTime(0));
    value("truncate " + table());
    value("insert into " + table() + " table old");
    value("drop table old");
    EXPECT_FALSE(store.look(kCaller).base_set);
    store.leader_sampled(at(70), boot_now() + hours(2));
    EXPECT_EQ(store.look(kCaller).required, at(70));
}

TEST_F(PostgresqlStoreTest, R5ATableThatWasDroppedIsMadeAnew) {
    PostgresqlStore store(options());
    begin_with(store, 10);
    value("drop table " + table());
    EXPECT_FALSE(store.look(kCaller).base_set);
    store.open(kCaller, 7, 1);
    EXPECT_TRUE(store.look(kCaller).mark_open);
}

TEST_F(PostgresqlStoreTest, R4SweepsWhatNobodyLooksAt) {
    PostgresqlStore store(options());
    begin_with(store, 10);
    for (unsigned user = 0; user < 50; ++user)
        store.close({9, static_cast<std::uint8_t>(user)}, 7, 1, at(20), BootTime(0));
    store.close(kCaller, 7, 1, at(500), BootTime(0));
    store.open({8}, 8, 1);
    EXPECT_EQ(value("select count(*) from " + table()), "53");
    store.replicas_applied(at(30));
    EXPECT_EQ(value("select count(*) from " + table()), "3") << "the head, Alice and the mark";
    PostgresqlStore another(options());
    another.replicas_applied(at(30));
    another.leader_sampled(at(40), boot_now() + hours(2));
    EXPECT_FALSE(store.look({8}).mark_open);
    EXPECT_EQ(store.look({8}).required, at(40));
}

TEST_F(PostgresqlStoreTest, AStatementThatWaitsIsUnavailableWithinItsTime) {
    PostgresqlStore patient(options());
    begin_with(patient, 10);
    patient.open(kCaller, 7, 1);
    PostgresqlStore::Options impatient = options();
    impatient.timeout = milliseconds(50);
    PostgresqlStore store(impatient);
    const std::unique_ptr<PGconn, decltype(&PQfinish)> blocker(PQconnectdb(postgresql_url().c_str()),
                                                               &PQfinish);
    PQclear(PQexec(blocker.get(), ("begin; lock table " + table()).c_str()));
    EXPECT_THROW(store.open(kCaller, 7, 2), StoreUnavailable);
    EXPECT_THROW(static_cast<void>(store.look(kCaller)), StoreUnavailable);
    PQclear(PQexec(blocker.get(), "rollback"));
    EXPECT_TRUE(patient.look(kCaller).mark_open);
}

TEST_F(PostgresqlStoreTest, NoPasswordIsInWhatItSays) {
    PostgresqlStore store({.url = "postgresql://u:hunter2@127.0.0.1:1/x", .cluster = 1});
    try {
        store.open(kCaller, 7, 1);
        FAIL();
    } catch (const StoreUnavailable& error) {
        EXPECT_EQ(std::string(error.what()).find("hunter2"), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace freshread::test
