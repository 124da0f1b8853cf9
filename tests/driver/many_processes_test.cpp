// Many processes of one account that begin at once, as after a deployment: each reads its own writes and
// comes to the replica, and the servers see one monitor for all of them.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/driver/child.h"
#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"
#include "tests/stores/redis_server.h"

namespace freshread::test {
namespace {

class ManyProcesses : public testing::Test {
 protected:
    // What went wrong; empty when nothing did.
    static std::string write_and_read(Client& client, int number) {
        for (int write = 0; write < 3; ++write) {
            const std::string id = std::to_string(number * 10 + write);
            client.execute("insert into item values (" + id + ")");
            if (client.value("select count(*) from item where id = " + id) != "1")
                return "its write is missing";
            if (client.reason() == "StoreUnavailable") return "the store was not available";
        }
        const std::string own = "select count(*) from item where id / 10 = " + std::to_string(number);
        const auto reached = [&] {
            if (client.value(own) != "3") throw std::runtime_error("one of its writes is missing");
            if (client.reason() == "StoreUnavailable")
                throw std::runtime_error("the store was not available");
            return client.on_replica();
        };
        return eventually(reached, std::chrono::seconds(60)) ? ""
                                                             : "it stays on the leader: " + client.reason();
    }
    static void begin_at_once(int processes, const std::string& store);
    static int monitors(const std::string& node) {
        return std::stoi(on_node(
            node, "select count(*) from pg_stat_activity where application_name = 'freshread-monitor'"));
    }
};

// `store`: what the connection string says of it.
void ManyProcesses::begin_at_once(const int processes, const std::string& store) {
    make_item_table("id int primary key");
    cluster("wait replica1");
    const std::string state = fresh_state_directory();
    Pipe go;
    Pipe done;
    Pipe over;
    std::vector<pid_t> children;
    for (int number = 0; number < processes; ++number) {
        std::fflush(nullptr);
        children.push_back(::fork());
        if (children.back() != 0) continue;
        go.end();
        over.end();
        std::string wrong = "it did not begin";
        try {
            static_cast<void>(go.hear());
            // How long a machine of two processors takes to give each of them its turn is not the question.
            Client client(
                freshread(state, "StoreTimeout=10s;" + store + "User=u" + std::to_string(number % 20)));
            wrong = write_and_read(client, number);
            done.say(wrong.empty() ? 'y' : 'n');
            static_cast<void>(over.hear());
        } catch (const std::exception& error) {
            wrong = error.what();
            done.say('n');
        }
        if (!wrong.empty()) std::fprintf(stderr, "process %d: %s\n", number, wrong.c_str());
        std::fflush(nullptr);
        ::_exit(wrong.empty() ? 0 : 1);
    }
    done.end();
    go.end();
    std::array<int, 2> most{};
    const auto look = [&] {
        most[0] = std::max(most[0], monitors("leader"));
        most[1] = std::max(most[1], monitors("replica1"));
    };
    for (int heard = 0; heard < processes; ++heard) {
        if (heard % 5 == 0) look();
        EXPECT_EQ(done.hear(), std::optional('y'));
    }
    look();
    EXPECT_EQ(most[0], 1);
    EXPECT_EQ(most[1], 1);
    over.end();
    for (const pid_t child : children) {
        int status = -1;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    for (const std::string node : {"leader", "replica1"})
        EXPECT_TRUE(eventually([&] { return monitors(node) == 0; })) << node;
}

TEST_F(ManyProcesses, HaveOneMonitorAndReadTheirWrites) {
    begin_at_once(rounds(60, 300), "");
}

TEST_F(ManyProcesses, HaveOneMonitorAndReadTheirWritesInRedis) {
    if (!RedisServer::available()) GTEST_SKIP() << "there is no redis-server";
    const RedisServer redis;
    begin_at_once(rounds(20, 300), "Store=redis+unix://" + redis.socket() + ";");
}

}  // namespace
}  // namespace freshread::test
