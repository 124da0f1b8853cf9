// What is particular to the store in Redis: what can happen to its server, who may log in, and where it is.
#include <fstream>
#include <memory>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "state/redis_store.h"
#include "state/redis_url.h"
#include "state/seen_tables.h"
#include "state/store_url.h"
#include "tests/stores/redis_server.h"
#include "tests/unit/state/eventually.h"

namespace freshread::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr UserKey kAlice = {1, 2, 3};
constexpr UserKey kBob = {2, 2, 4};  // in another hash
constexpr std::uint64_t kCluster = 0xF000'0000'0000'0042U;
constexpr const char* kAlicesHash = "freshread:{f000000000000042.01}";

Position at(std::uint64_t lsn, std::uint32_t timeline = 1) {
    return {kCluster, timeline, lsn};
}

RedisStore::Options options(const std::string& url) {
    return {.url = url, .cluster = kCluster, .timeout = seconds(5), .mark_age = hours(1)};
}

// Sets base in all tables.
void begin_with(RedisStore& store, std::uint64_t lsn) {
    static_cast<void>(store.look(kAlice));
    store.leader_sampled(at(lsn), boot_now() + hours(2));
}

class RedisStoreTest : public testing::Test {
 protected:
    void SetUp() override {
        if (!RedisServer::available()) GTEST_SKIP() << "there is no redis-server";
    }
    static std::string over_socket(const RedisServer& server) { return "redis+unix://" + server.socket(); }
    static std::string over_tcp(const RedisServer& server) {
        return "redis://127.0.0.1:" + std::to_string(server.port());
    }
};

TEST_F(RedisStoreTest, R5OneEvictedHashIsATableLostAndTheOthersGoOn) {
    const RedisServer server;
    RedisStore store(options(over_socket(server)));
    begin_with(store, 10);
    store.close(kAlice, 7, 1, at(50), BootTime(0));
    store.close(kBob, 7, 1, at(60), BootTime(0));
    EXPECT_EQ(server.command({"DEL", kAlicesHash}), "1\n");
    EXPECT_FALSE(store.look(kAlice).base_set);
    EXPECT_EQ(store.look(kBob).required, at(60));
    store.leader_sampled(at(70), boot_now());
    EXPECT_FALSE(store.look(kAlice).base_set) << "too early";
    store.leader_sampled(at(80), boot_now() + hours(2));
    EXPECT_EQ(store.look(kAlice).required, at(80));
    EXPECT_EQ(store.look(kBob).required, at(60));
}

TEST_F(RedisStoreTest, R5ADamagedEntryIsATableLost) {
    const RedisServer server;
    RedisStore store(options(over_socket(server)));
    begin_with(store, 10);
    store.open(kAlice, 7, 1);
    for (const char* field : {"base", "born"}) {
        server.command({"HSET", kAlicesHash, field, "x"});
        EXPECT_FALSE(store.look(kAlice).base_set);
        store.leader_sampled(at(20), boot_now() + hours(2));
        EXPECT_TRUE(store.look(kAlice).base_set);
    }
    store.open(kAlice, 7, 2);
    const std::string fields = server.command({"HKEYS", kAlicesHash});
    std::istringstream lines(fields);
    for (std::string field; std::getline(lines, field);)
        if (field.size() == 32) server.command({"HSET", kAlicesHash, field, "short"});
    EXPECT_FALSE(store.look(kAlice).base_set);
}

// A snapshot was written before the last write: what comes back with the server is older than what it held.
TEST_F(RedisStoreTest, R5ARestartedServerBringsNothingOldBack) {
    RedisServer server;
    RedisStore store(options(over_socket(server)));
    begin_with(store, 10);
    store.close(kAlice, 7, 1, at(50), BootTime(0));
    server.command({"SAVE"});
    store.close(kAlice, 7, 2, at(60), BootTime(0));
    server.kill();
    EXPECT_THROW(static_cast<void>(store.look(kAlice)), StoreUnavailable);
    server.start();
    EXPECT_NE(server.command({"EXISTS", kAlicesHash}), "0\n") << "the snapshot was read";
    EXPECT_FALSE(store.look(kAlice).base_set);
    store.leader_sampled(at(70), boot_now() + hours(2));
    EXPECT_EQ(store.look(kAlice).required, at(70));
}

TEST_F(RedisStoreTest, R5APromotedReplicaHoldsNewTablesAndADemotedMasterIsRefused) {
    const RedisServer one({}, RedisServer::free_port());
    const RedisServer two({"--replicaof", "127.0.0.1", std::to_string(one.port())}, RedisServer::free_port());
    ASSERT_TRUE(eventually([&] {
        return two.command({"INFO", "replication"}).find("master_link_status:up") != std::string::npos;
    }));
    RedisStore first(options(over_socket(one)));
    RedisStore second(options(over_socket(two)));
    begin_with(first, 10);
    first.close(kAlice, 7, 1, at(50), BootTime(0));
    EXPECT_THROW(static_cast<void>(second.look(kAlice)), StoreUnavailable) << "a replica";

    ASSERT_TRUE(eventually([&] { return two.command({"EXISTS", kAlicesHash}) == "1\n"; }));
    two.command({"REPLICAOF", "NO", "ONE"});
    EXPECT_FALSE(second.look(kAlice).base_set);
    one.command({"REPLICAOF", "127.0.0.1", std::to_string(two.port())});
    EXPECT_THROW(static_cast<void>(first.look(kAlice)), StoreUnavailable) << "demoted";
    EXPECT_THROW(first.open(kAlice, 7, 2), StoreUnavailable);
}

// A connection that outlives a demotion and a promotion finds what it expects to find, and it is of another
// history.
TEST_F(RedisStoreTest, R5AMasterThatWasAReplicaForAWhileIsAnother) {
    const RedisServer one({}, RedisServer::free_port());
    const RedisServer two({}, RedisServer::free_port());
    RedisStore store(options(over_socket(one)));
    begin_with(store, 10);
    store.close(kAlice, 7, 1, at(50), BootTime(0));
    // What the other one holds is the same table, one write older.
    two.command({"REPLICAOF", "127.0.0.1", std::to_string(one.port())});
    ASSERT_TRUE(eventually([&] {
        return two.command({"INFO", "replication"}).find("master_link_status:up") != std::string::npos;
    }));
    static_cast<void>(store.look(kAlice));
    begin_with(store, 55);
    ASSERT_TRUE(eventually([&] {
        return two.command({"HGET", kAlicesHash, "base"}).find("37") != std::string::npos;
    }));
    two.command({"REPLICAOF", "NO", "ONE"});
    store.close(kAlice, 7, 2, at(60), BootTime(0));
    one.command({"REPLICAOF", "127.0.0.1", std::to_string(two.port())});
    ASSERT_TRUE(eventually([&] {
        return one.command({"INFO", "replication"}).find("master_link_status:up") != std::string::npos;
    }));
    one.command({"REPLICAOF", "NO", "ONE"});
    EXPECT_FALSE(store.look(kAlice).base_set);
}

TEST_F(RedisStoreTest, LogsInAsAUserWithTheRightsOfTheDocumentation) {
    const RedisServer server({"--requirepass", "master key"}, RedisServer::free_port());
    server.command({"-a",         "master key", "ACL",          "SETUSER",    "fresh",    "on",
                    ">p@ss w:rd", "resetkeys",  "~freshread:*", "nocommands", "+evalsha", "+eval",
                    "+info",      "+auth",      "+select",      "+hdel",      "+hget",    "+hmget",
                    "+hset",      "+hscan",     "+unlink",      "+time"});
    const std::string host = "127.0.0.1:" + std::to_string(server.port());
    RedisStore store(options("redis://fresh:p%40ss%20w%3Ard@" + host + "/3"));
    begin_with(store, 10);
    store.open(kAlice, 7, 1);
    EXPECT_TRUE(store.look(kAlice).mark_open);
    store.close(kAlice, 7, 1, at(20), BootTime(0));
    store.replicas_applied(at(30));
    EXPECT_EQ(store.look(kAlice).required, at(30));
    EXPECT_EQ(server.command({"-a", "master key", "-n", "3", "--no-auth-warning", "EXISTS", kAlicesHash}),
              "1\n");

    RedisStore only_password(options("redis://:master%20key@" + host));
    EXPECT_NO_THROW(only_password.open(kAlice, 7, 1));
    for (const char* login : {"", "fresh:wrong@", "nobody:x@"}) {
        RedisStore refused(options("redis://" + std::string(login) + host));
        try {
            refused.open(kAlice, 7, 1);
            FAIL() << login;
        } catch (const StoreUnavailable& error) {
            EXPECT_EQ(std::string(error.what()).find("wrong"), std::string::npos) << error.what();
        }
    }
}

TEST_F(RedisStoreTest, SpeaksTlsAndTrustsOnlyWhomItShould) {
    const ScratchDirectory keys;
    const auto make = [&](const std::string& name, const std::string& subject,
                          const std::string& alternative) {
        run_program({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                     "-nodes", "-days", "2", "-keyout", keys.file(name + ".key"), "-out",
                     keys.file(name + ".pem"), "-subj", subject, "-addext", "subjectAltName=" + alternative});
    };
    make("server", "/CN=store", "IP:127.0.0.1,DNS:localhost");
    make("other", "/CN=other", "DNS:elsewhere.invalid");
    const int port = RedisServer::free_port();
    const RedisServer server({"--tls-port", std::to_string(port), "--tls-cert-file", keys.file("server.pem"),
                              "--tls-key-file", keys.file("server.key"), "--tls-ca-cert-file",
                              keys.file("server.pem"), "--tls-auth-clients", "optional"});
    const auto url = [&](const std::string& host, const std::string& authority) {
        return "rediss://" + host + ":" + std::to_string(port) + "?cacert=" + keys.file(authority + ".pem");
    };
    for (const char* host : {"127.0.0.1", "localhost"}) {
        RedisStore store(options(url(host, "server")));
        begin_with(store, 10);
        store.close(kAlice, 7, 1, at(20), BootTime(0));
        EXPECT_EQ(store.look(kAlice).required, at(20));
    }
    RedisStore with_key(options(url("127.0.0.1", "server") + "&cert=" + keys.file("server.pem") +
                                "&key=" + keys.file("server.key")));
    EXPECT_NO_THROW(static_cast<void>(with_key.look(kAlice)));
    RedisStore unknown_authority(options(url("127.0.0.1", "other")));
    EXPECT_THROW(static_cast<void>(unknown_authority.look(kAlice)), StoreUnavailable);
    // A server with a certificate for somebody else.
    const int other_port = RedisServer::free_port();
    const RedisServer other({"--tls-port", std::to_string(other_port), "--tls-cert-file",
                             keys.file("other.pem"), "--tls-key-file", keys.file("other.key"),
                             "--tls-ca-cert-file", keys.file("other.pem"), "--tls-auth-clients", "no"});
    RedisStore another(
        options("rediss://127.0.0.1:" + std::to_string(other_port) + "?cacert=" + keys.file("other.pem")));
    EXPECT_THROW(static_cast<void>(another.look(kAlice)), StoreUnavailable);
    RedisStore plain(options("redis://127.0.0.1:" + std::to_string(port)));
    EXPECT_THROW(static_cast<void>(plain.look(kAlice)), StoreUnavailable);
}

TEST_F(RedisStoreTest, FollowsTheSentinelsToANewMaster) {
    RedisServer one({}, RedisServer::free_port());
    const RedisServer two({"--replicaof", "127.0.0.1", std::to_string(one.port())}, RedisServer::free_port());
    ASSERT_TRUE(eventually([&] {
        return two.command({"INFO", "replication"}).find("master_link_status:up") != std::string::npos;
    }));
    const ScratchDirectory files;
    const std::string file = files.file("sentinel.conf");
    std::ofstream(file) << "sentinel monitor fresh 127.0.0.1 " << one.port() << " 1\n"
                        << "sentinel down-after-milliseconds fresh 300\n"
                        << "sentinel failover-timeout fresh 3000\n";
    const RedisServer sentinel({file, "--sentinel"}, RedisServer::free_port());
    // Ten seconds otherwise.
    sentinel.command({"SENTINEL", "DEBUG", "info-period", "200", "publish-period", "200"});
    const RedisServer nobody({}, RedisServer::free_port());  // not a sentinel: the next one is asked
    RedisStore store(options("redis+sentinel://127.0.0.1:" + std::to_string(nobody.port()) +
                             ",127.0.0.1:" + std::to_string(sentinel.port()) + "/fresh"));
    begin_with(store, 10);
    store.close(kAlice, 7, 1, at(50), BootTime(0));
    EXPECT_EQ(store.look(kAlice).required, at(50));
    ASSERT_TRUE(eventually([&] {
        return sentinel.command({"SENTINEL", "replicas", "fresh"}).find("master-link-status\nok") !=
               std::string::npos;
    }));
    sentinel.command({"SENTINEL", "failover", "fresh"});
    ASSERT_TRUE(eventually([&] {
        try {
            static_cast<void>(store.look(kAlice));
            return two.command({"INFO", "replication"}).find("role:master") != std::string::npos &&
                   !store.look(kAlice).base_set;
        } catch (const std::runtime_error&) {
            return false;  // the store, or redis-cli: a failover ends connections
        }
    }));
    ASSERT_TRUE(eventually([&] {
        try {
            store.open(kAlice, 7, 2);
            return store.look(kAlice).mark_open;
        } catch (const StoreUnavailable&) {
            return false;
        }
    }));
}

TEST_F(RedisStoreTest, FindsItsTablesInAClusterAndFollowsThemWhenTheyMove) {
    std::vector<std::unique_ptr<RedisServer>> servers;
    std::vector<std::string> create = {"redis-cli", "--cluster", "create"};
    for (int server = 0; server < 3; ++server) {
        servers.push_back(std::make_unique<RedisServer>(
            std::vector<std::string>{"--cluster-enabled", "yes", "--cluster-port",
                                     std::to_string(RedisServer::free_port()), "--cluster-node-timeout",
                                     "2000"},
            RedisServer::free_port()));
        create.push_back("127.0.0.1:" + std::to_string(servers.back()->port()));
    }
    create.emplace_back("--cluster-yes");
    run_program(create);
    RedisStore store(options(over_tcp(*servers.front())));
    ASSERT_TRUE(eventually([&] {
        try {
            begin_with(store, 10);
            return store.look(kBob).base_set && store.look(kAlice).base_set;
        } catch (const StoreUnavailable&) {
            return false;
        }
    }));
    int tables = 0;
    for (const auto& server : servers) {
        const int here = std::stoi(server->command({"DBSIZE"}));
        EXPECT_GT(here, 0);
        tables += here;
    }
    EXPECT_EQ(tables, static_cast<int>(RedisStore::kTables));
    store.close(kAlice, 7, 1, at(50), BootTime(0));

    const std::string slot =
        std::to_string(std::stoi(servers.front()->command({"CLUSTER", "KEYSLOT", kAlicesHash})));
    std::size_t from = 0;
    while (servers.at(from)->command({"CLUSTER", "COUNTKEYSINSLOT", slot}) == "0\n") ++from;
    const std::size_t to = (from + 1) % servers.size();
    const auto id = [&](std::size_t server) {
        std::string text = servers.at(server)->command({"CLUSTER", "MYID"});
        text.pop_back();
        return text;
    };
    // While the slot moves, its table is there already, and the old server says ASK.
    servers.at(to)->command({"CLUSTER", "SETSLOT", slot, "IMPORTING", id(from)});
    servers.at(from)->command({"CLUSTER", "SETSLOT", slot, "MIGRATING", id(to)});
    servers.at(from)->command(
        {"MIGRATE", "127.0.0.1", std::to_string(servers.at(to)->port()), kAlicesHash, "0", "5000"});
    EXPECT_FALSE(store.look(kAlice).base_set) << "on another master it is of another history";
    store.open(kAlice, 7, 2);
    EXPECT_TRUE(store.look(kAlice).mark_open);
    for (const std::size_t server : {to, from})
        servers.at(server)->command({"CLUSTER", "SETSLOT", slot, "NODE", id(to)});
    EXPECT_TRUE(store.look(kAlice).mark_open) << "and now MOVED";
}

TEST_F(RedisStoreTest, AFullServerRefusesMarks) {
    const RedisServer server({"--maxmemory", "1", "--maxmemory-policy", "noeviction"});
    RedisStore store(options(over_socket(server)));
    EXPECT_THROW(store.open(kAlice, 7, 1), StoreUnavailable);
}

// Entries that base covers go without anybody asking for their users, and marks of dead writers are closed.
TEST_F(RedisStoreTest, R4SweepsWhatNobodyLooksAt) {
    const RedisServer server;
    RedisStore store(options(over_socket(server)));
    begin_with(store, 10);
    for (unsigned user = 0; user < 2000; ++user) {
        const UserKey key = {static_cast<std::uint8_t>(user % 4), static_cast<std::uint8_t>(user >> 8U),
                             static_cast<std::uint8_t>(user), 1};
        store.close(key, 7, 1, at(20), BootTime(0));
    }
    store.close(kAlice, 7, 1, at(500), BootTime(0));
    store.open(kBob, 8, 1);
    EXPECT_GT(std::stoi(server.command({"HLEN", kAlicesHash})), 500);
    // A table of 500 takes several steps, of about 100 entries each.
    for (int step = 0; step < 40; ++step) store.replicas_applied(at(30));
    EXPECT_EQ(server.command({"HLEN", kAlicesHash}), "5\n");
    EXPECT_EQ(store.look(kAlice).required, at(500));
    RedisStore another(options(over_socket(server)));
    for (int step = 0; step < 3; ++step) another.replicas_applied(at(30));
    another.leader_sampled(at(40), boot_now() + hours(2));
    EXPECT_FALSE(store.look(kBob).mark_open);
    EXPECT_EQ(store.look(kBob).required, at(40));
}

TEST_F(RedisStoreTest, AServerThatIsNotThereIsUnavailableAtOnceAndThereLater) {
    RedisServer server;
    server.kill();
    RedisStore store(options(over_socket(server)));
    EXPECT_THROW(store.open(kAlice, 7, 1), StoreUnavailable);
    EXPECT_THROW(static_cast<void>(store.look(kAlice)), StoreUnavailable);
    server.start();
    EXPECT_NO_THROW(store.open(kAlice, 7, 1));
    EXPECT_TRUE(store.look(kAlice).mark_open);
}

TEST(RedisUrl, SaysWhatItIsMadeOf) {
    const RedisUrl one = parse_redis_url("rediss://u:p%3A%40@[::1]:7000/5?cacert=/a/b.pem");
    EXPECT_EQ(one.endpoints, (std::vector<Endpoint>{{"::1", 7000}}));
    EXPECT_EQ(one.login.user, "u");
    EXPECT_EQ(one.login.password, "p:@");
    EXPECT_EQ(one.database, 5U);
    EXPECT_TRUE(one.tls.wanted);
    EXPECT_EQ(one.tls.authorities, "/a/b.pem");
    const RedisUrl two = parse_redis_url("redis+unix://:secret@/run/redis.sock?db=2");
    EXPECT_EQ(two.endpoints, (std::vector<Endpoint>{{"/run/redis.sock", 0}}));
    EXPECT_EQ(two.login.password, "secret");
    EXPECT_EQ(two.database, 2U);
    const RedisUrl three =
        parse_redis_url("redis+sentinel://a,b:7/main/3?tls=yes&cacert=/c&sentinel_password=x");
    EXPECT_EQ(three.endpoints, (std::vector<Endpoint>{{"a", 26379}, {"b", 7}}));
    EXPECT_EQ(three.master, "main");
    EXPECT_EQ(three.database, 3U);
    EXPECT_EQ(three.sentinel_login.password, "x");
    EXPECT_TRUE(three.tls.wanted);
}

TEST(RedisUrl, RefusesWhatItDoesNotUnderstand) {
    for (const char* text : {"redis://", "redis://h:0", "redis://h:70000", "redis://h/x",
                             "redis://h?cacert=/x", "redis://h/1?what=ever", "redis+unix://relative",
                             "redis+sentinel://h", "rediss://h?cert=/x", "redis://%zz", "redis://[::1"})
        EXPECT_THROW(static_cast<void>(parse_store_url(text)), StoreUrlRefused) << text;
}

TEST(StoreUrl, IsShownWithoutWhatMayBeSecret) {
    EXPECT_EQ(shown_store_url("redis://u:p@h/1?x=secret"), "redis://(not shown)@h/1?(not shown)");
    EXPECT_EQ(shown_store_url("redis://h"), "redis://h");
    EXPECT_EQ(shown_store_url("sqlite:///a"), "sqlite:///a");
}

TEST(SeenTables, CountFromWhenTheyWereSeenUnlessTheyAreSurelyOld) {
    const BootTime mark_age = seconds(1);
    SeenTables seen(2, mark_age);
    EXPECT_FALSE(seen.saw_all());
    EXPECT_FALSE(seen.saw(0, "young", 0, seconds(59)));
    EXPECT_FALSE(seen.saw(1, "old", 0, seconds(61)));
    EXPECT_TRUE(seen.saw_all());
    const auto now = seen.waiting_for_base(1, boot_now());
    ASSERT_EQ(now.size(), 1U);
    EXPECT_EQ(now.front().second, "old");
    EXPECT_EQ(seen.waiting_for_base(1, boot_now() + mark_age).size(), 2U);
    EXPECT_FALSE(seen.saw(1, "old", 1, seconds(61)));
    EXPECT_EQ(seen.waiting_for_base(1, boot_now() + mark_age).size(), 1U);
    EXPECT_EQ(seen.waiting_for_base(2, boot_now() + mark_age).size(), 2U) << "another timeline";
    EXPECT_TRUE(seen.saw(1, "another", 0, BootTime(0)));
    EXPECT_FALSE(seen.saw_all()) << "what was lost may be everything";
}

}  // namespace
}  // namespace freshread::test
