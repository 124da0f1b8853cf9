// The driver is loaded and unloaded, and processes end with it: nothing grows, nothing hangs, nothing
// crashes, as with psqlodbc used directly.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

struct Resources {
    long descriptors = 0;
    long threads = 0;
    long kilobytes = 0;  // allocated and not freed
};

long entries_of(const std::string& directory) {
    return std::distance(std::filesystem::directory_iterator(directory), {});
}

Resources resources() {
    Resources now;
    now.descriptors = entries_of("/proc/self/fd");
    now.threads = entries_of("/proc/self/task");
    now.kilobytes = static_cast<long>(::mallinfo2().uordblks / 1024);
    return now;
}

// Sanitizers count for themselves.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryTells = false;
#else
constexpr bool kMemoryTells = true;
#endif

class Unloading : public testing::Test {
 protected:
    void SetUp() override {
        make_item_table();
        cluster("wait replica1");
        state_ = warm_state_directory();
        through_ = freshread(state_, "PollInterval={1ms,1ms};User=u1");
        comparing_ = through_ + ";Shadow=compare";
    }

    // The environment is freed each time: the driver manager unloads the driver.
    static void use(const std::string& dsn) {
        Client client(dsn);
        client.execute("insert into item values (1)");
        client.query("select count(*) from item");
        client.query("/* freshread replica */ select 1");
    }
    static Resources growth(const std::string& dsn, int count) {
        for (int round = 0; round < 10; ++round) use(dsn);
        const Resources before = resources();
        for (int round = 0; round < count; ++round) use(dsn);
        const Resources after = resources();
        return {after.descriptors - before.descriptors, after.threads - before.threads,
                after.kilobytes - before.kilobytes};
    }

    static int end_of(const std::string& way, const std::string& dsn) {
        const std::string command = "timeout 50 " FRESHREAD_ENDING_PROGRAM " " + way + " '" + dsn + "'";
        const int status = std::system(command.c_str());  // NOLINT(concurrency-mt-unsafe,cert-env33-c)
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    }

    std::string state_{};
    std::string through_{};
    std::string comparing_{};
};

TEST_F(Unloading, NothingGrows) {
    const int loops = rounds(40, 1000);
    const Resources direct = growth("DSN=pg_leader", loops / 4);
    const Resources through = growth(through_, loops);
    EXPECT_LE(through.descriptors, direct.descriptors);
    EXPECT_LE(through.threads, direct.threads);
    const Resources comparing = growth(comparing_, loops / 4);
    EXPECT_LE(comparing.descriptors, direct.descriptors);
    EXPECT_LE(comparing.threads, direct.threads);
    // Some kilobytes come and go. libodbcinst alone kept 30 when it was asked for lists of keys.
    if (kMemoryTells) {
        EXPECT_LE(through.kilobytes, direct.kilobytes + 10 + loops / 4) << "direct " << direct.kilobytes;
    }
}

// A monitor that was needed ends with the connection that needed it, and starts again with the next.
TEST_F(Unloading, TheMonitorEndsWithItsLastConnection) {
    use("DSN=pg_leader");
    const long threads = resources().threads;
    for (int round = 0; round < rounds(2, 10); ++round) {
        {
            Client client(through_);
            cluster("pause replica1");
            client.execute("insert into item values (1)");
            client.query("select count(*) from item");
            EXPECT_EQ(resources().threads, threads + 1) << round << ": " << client.reason();
            cluster("resume replica1");
            EXPECT_TRUE(eventually([&] {
                client.query("select count(*) from item");
                return client.on_replica();
            })) << client.reason();
        }
        EXPECT_EQ(resources().threads, threads) << round;
    }
}

TEST_F(Unloading, ProcessesEndAsWithTheDriverItself) {
    const auto one = rounds(1, 10);
    const auto racing = rounds(2, 20);
    for (const auto& [way, count] : std::vector<std::pair<std::string, int>>{{"open", one},
                                                                             {"static", one},
                                                                             {"thread", racing},
                                                                             {"threads", racing},
                                                                             {"disconnect", one},
                                                                             {"refused", one}}) {
        const int direct = end_of(way, "DSN=pg_leader");
        EXPECT_TRUE(direct == 0 || direct == 42) << way << ": " << direct;
        for (int round = 0; round < count; ++round) {
            EXPECT_EQ(end_of(way, through_), direct) << way;
            EXPECT_EQ(end_of(way, comparing_), direct) << way << ", comparing";
        }
    }
}

}  // namespace
}  // namespace freshread::test
