// Many threads, on connections of their own and on one together.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

class Threads : public testing::Test {
 protected:
    void SetUp() override {
        make_item_table("id int primary key, name text");
        cluster("wait replica1");
        state_ = warm_state_directory();
    }
    std::string state_{};
};

TEST_F(Threads, EachWithAConnectionOfItsOwn) {
    constexpr int kThreads = 6;
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int number = 0; number < kThreads; ++number)
        threads.emplace_back([&, number] {
            const std::string user = freshread(state_, "User=u" + std::to_string(number % 3));
            for (int round = 0; round < 10; ++round) {
                Client writer(user);
                Client reader(user);
                const std::string id = std::to_string(number * 1000 + round);
                writer.execute("insert into item values (" + id + ", 'x')");
                if (reader.value("select name from item where id = " + id) != "x") ++wrong;
            }
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
}

TEST_F(Threads, OnOneConnectionTogether) {
    constexpr int kThreads = 4;
    Client client(freshread(state_, "User=u1"));
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int number = 0; number < kThreads; ++number)
        threads.emplace_back([&, number] {
            for (int round = 0; round < 25; ++round) {
                const std::string id = std::to_string(number * 1000 + round);
                Statement write(client);
                write.direct("insert into item values (" + id + ", 'x')");
                Statement read(client);
                read.direct("select name from item where id = " + id);
                if (read.rows().size() != 1) ++wrong;
            }
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace freshread::test
