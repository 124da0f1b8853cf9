// Processes that fork while they hold connections, as prefork servers do: children make connections of their
// own, and the parent does not notice them.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace {
bool in_a_child = false;
}

// A child has none of its parent's threads: what their stacks held looks leaked there. The parent is checked.
extern "C" __attribute__((visibility("default"))) int __lsan_is_turned_off();
extern "C" int __lsan_is_turned_off() {
    return in_a_child ? 1 : 0;
}

namespace freshread::test {
namespace {

// A child runs `work` and ends with its answer (0 to 100); one that hangs is ended by its alarm.
pid_t begin_child(const std::function<int()>& work, bool with_exit_handlers) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child != 0) return child;
    in_a_child = true;
    ::alarm(60);
    int answer = 101;
    try {
        answer = work();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "child: %s\n", error.what());
    }
    if (with_exit_handlers) std::exit(answer);  // NOLINT(concurrency-mt-unsafe): the only thread
    ::_exit(answer);
}

int end_of(pid_t child) {
    int status = 0;
    if (::waitpid(child, &status, 0) != child) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

class Forking : public testing::Test {
 protected:
    void SetUp() override {
        make_item_table("id int primary key");
        cluster("wait replica1");
        state_ = warm_state_directory();
    }

    // 0 when a connection of this process finds what it writes, and 1 when not.
    [[nodiscard]] int write_and_read(int id, const std::string& user) const {
        const std::string key = std::to_string(id);
        Client client(busy(user));
        client.execute("insert into item values (" + key + ")");
        if (client.value("select count(*) from item where id = " + key) != "1") return 1;
        Client other(busy(user));
        return other.value("select count(*) from item where id = " + key) == "1" ? 0 : 2;
    }
    // A monitor that is hardly ever at rest.
    [[nodiscard]] std::string busy(const std::string& user) const {
        return freshread(state_, "PollInterval={1ms,1ms};User=" + user);
    }
    static bool comes_to_the_replica(Client& client) {
        return eventually([&] {
            client.query("select count(*) from item");
            return client.on_replica();
        });
    }
    std::string state_{};
};

TEST_F(Forking, ChildrenReadTheirWritesAndTheParentIsNotDisturbed) {
    Client parent(busy("u1"));
    for (int round = 0; round < rounds(10, 100); ++round) {
        // Its monitor runs: somebody waits for the replica.
        parent.execute("insert into item values (" + std::to_string(1000 + round) + ")");
        const pid_t child = begin_child(
            [&] {
                if (const int wrong = write_and_read(round, "u1")) return wrong;
                if (round % 5 != 0) return 0;
                // The parent's monitor does not run here: without one of its own, a connection that has its
                // replica already would never learn that it caught up.
                Client own(busy("u1"));
                own.query("/* freshread replica */ select 1");
                own.execute("insert into item values (" + std::to_string(2000 + round) + ")");
                return comes_to_the_replica(own) ? 0 : 3;
            },
            round % 2 == 0);
        EXPECT_EQ(end_of(child), 0) << round;
        EXPECT_EQ(parent.value("select count(*) from item where id in (" + std::to_string(round) + ", " +
                               std::to_string(1000 + round) + ")"),
                  "2")
            << round;
    }
    EXPECT_TRUE(comes_to_the_replica(parent)) << parent.reason();
}

// The thread that compares is in the middle of it when the process forks.
TEST_F(Forking, ChildrenOfAProcessThatComparesCompareForThemselves) {
    Client parent(busy("u4") + ";Shadow=compare");
    const std::string read = "/* freshread replica */ select count(*) from item";
    const auto compared = [](Client& client) {
        const Row shown = client.query("show freshread.shadowed").at(0);
        return std::stoi(shown.at(2).value()) > 0;
    };
    for (int round = 0; round < rounds(10, 100); ++round) {
        for (int i = 0; i < 3; ++i) parent.query(read);
        const pid_t child = begin_child(
            [&] {
                Client own(busy("u4") + ";Shadow=compare");
                own.query(read);
                return own.reason() == "Shadow" && eventually([&] { return compared(own); }) ? 0 : 1;
            },
            round % 2 == 0);
        parent.query(read);
        EXPECT_EQ(end_of(child), 0) << round;
    }
    EXPECT_TRUE(eventually([&] {
        parent.query(read);
        return compared(parent);
    }));
}

// A master that used the driver and forks its workers, which run at the same time.
TEST_F(Forking, WorkersOfAPreforkServer) {
    EXPECT_EQ(write_and_read(1, "u2"), 0);
    std::vector<pid_t> workers;
    for (int number = 0; number < rounds(4, 8); ++number)
        workers.push_back(begin_child(
            [&, number] {
                for (int request = 0; request < rounds(3, 20); ++request)
                    if (const int wrong = write_and_read(100 + number * 100 + request, "u2")) return wrong;
                // A monitor of its own lets it return to the replica.
                Client client(busy("u2"));
                return comes_to_the_replica(client) ? 0 : 3;
            },
            number % 2 == 0));
    for (const pid_t worker : workers) EXPECT_EQ(end_of(worker), 0);
}

// As system() and popen() do, while threads write.
TEST_F(Forking, WhileThreadsAreAtWork) {
    std::atomic<bool> done{false};
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int number = 0; number < 3; ++number)
        threads.emplace_back([&, number] {
            for (int round = 0; !done; ++round) {
                const int id = 100'000 * (number + 1) + round;
                if (write_and_read(id, "u" + std::to_string(number)) != 0) ++wrong;
            }
        });
    for (int round = 0; round < rounds(25, 500); ++round)
        EXPECT_EQ(end_of(begin_child([] { return 7; }, false)), 7) << round;
    done = true;
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
}

// What it inherited is the parent's; a child that ends it, as psqlodbc's would be ended with it, comes to an
// end itself.
TEST_F(Forking, AChildThatEndsWhatItInherited) {
    for (int round = 0; round < rounds(2, 10); ++round) {
        Client parent(busy("u3"));
        parent.execute("insert into item values (" + std::to_string(round) + ")");
        const pid_t child = begin_child(
            [&] {
                SQLDisconnect(parent.handle());
                SQLFreeHandle(SQL_HANDLE_DBC, parent.handle());
                return write_and_read(10 + round, "u3");
            },
            round % 2 == 0);
        EXPECT_EQ(end_of(child), 0);
    }
    EXPECT_EQ(write_and_read(20, "u3"), 0);
}

}  // namespace
}  // namespace freshread::test
