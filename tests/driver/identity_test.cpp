// For whom a connection acts: whoever is named by the strongest word, from one statement to the next. A
// replica that stands still tells who counts as having written: their reads go to the leader, everybody
// else's do not.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

class IdentityOfWriters : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        make_item_table();
        cluster("wait replica1");
        state_ = warm_state_directory();
        cluster("pause replica1");
    }
    static void TearDownTestSuite() { cluster("resume replica1"); }
    void SetUp() override {
        static int number = 0;
        number_ = std::to_string(++number);
        client_.emplace(freshread(state_, "User=" + named("pool")));
        asking_.emplace(freshread(state_, "User=" + named("nobody")));
    }

    // Every test has people and a row of its own.
    [[nodiscard]] std::string named(const std::string& user) const { return user + number_; }
    void become(const std::string& user) { client_->execute("set freshread.user = '" + named(user) + "'"); }
    [[nodiscard]] std::string hint(const std::string& user) const {
        return user.empty() ? "" : "/* freshread user=" + named(user) + " */ ";
    }
    void insert(const std::string& user = "") {
        client_->execute(hint(user) + "insert into item values (" + number_ + ")");
    }
    [[nodiscard]] std::string count(const std::string& user = "") const {
        return hint(user) + "select count(*) from item where id = " + number_;
    }
    // Who of them has written; asked by another connection.
    std::string written_by(const std::vector<std::string>& users) {
        std::string written;
        for (const std::string& user : users) {
            asking_->query(count(user));
            if (!asking_->on_replica()) written += user + " ";
        }
        return written;
    }

    static inline std::string state_{};
    std::string number_{};
    std::optional<Client> client_{};
    std::optional<Client> asking_{};
};

TEST_F(IdentityOfWriters, TheStrongestWordCounts) {
    const std::vector<std::string> all{"pool", "alice", "bob"};
    EXPECT_EQ(written_by(all), "");
    become("alice");
    insert();
    EXPECT_EQ(written_by(all), "alice ");
    insert("bob");
    EXPECT_EQ(written_by(all), "alice bob ");
    client_->execute("reset freshread.user");
    insert();
    EXPECT_EQ(written_by(all), "pool alice bob ");
}

TEST_F(IdentityOfWriters, AReadIsForWhomItIsAsked) {
    insert("alice");
    EXPECT_EQ(client_->value(count()), "0");
    EXPECT_TRUE(client_->on_replica()) << client_->reason();
    EXPECT_EQ(client_->value(count("alice")), "1");
    EXPECT_FALSE(client_->on_replica());
    EXPECT_EQ(client_->value(count("bob")), "0");
    become("alice");
    EXPECT_EQ(client_->value(count()), "1");
    EXPECT_EQ(client_->value(count("bob")), "0");
}

// The way that is settled for one user is nobody else's.
TEST_F(IdentityOfWriters, APreparedReadFollowsTheUser) {
    insert("alice");
    Statement read(*client_);
    read.prepare(count());
    for (const std::string user : {"bob", "alice", "bob", "carol", "alice"}) {
        become(user);
        for (int i = 0; i < 3; ++i) {
            read.execute();
            EXPECT_EQ(read.rows().at(0).at(0), user == "alice" ? "1" : "0") << user;
            read.close();
        }
    }
}

TEST_F(IdentityOfWriters, ATransactionIsOfAllWhoWereInForce) {
    const std::vector<std::string> all{"pool", "alice", "bob", "carol", "dave"};
    const auto transaction = [&](const std::string& end) {
        become("alice");
        client_->execute("begin");
        insert();
        become("bob");
        client_->execute(count("carol"));
        client_->execute(end);
    };
    transaction("rollback");
    EXPECT_EQ(written_by(all), "");
    transaction("commit");
    EXPECT_EQ(written_by(all), "alice bob carol ");
    become("dave");
    insert();
    EXPECT_EQ(written_by({"pool", "dave"}), "dave ");
}

TEST_F(IdentityOfWriters, WithAutocommitOffToo) {
    client_->set_autocommit(false);
    become("alice");
    insert();
    client_->end_transaction(SQL_ROLLBACK);
    become("bob");
    insert();
    insert("carol");
    EXPECT_EQ(written_by({"pool", "alice", "bob", "carol"}), "");
    client_->end_transaction(SQL_COMMIT);
    EXPECT_EQ(written_by({"pool", "alice", "bob", "carol"}), "bob carol ");
}

// An application server with many threads on one connection: nobody misses a row of their own, and nobody is
// kept from the replica by what somebody else wrote.
TEST_F(IdentityOfWriters, ThreadsOnOneConnectionNeverMixThem) {
    constexpr int kWriters = 3;
    std::atomic<int> wrong{0};
    std::atomic<bool> ends{false};
    std::vector<std::thread> threads;
    for (int number = 0; number < kWriters; ++number)
        threads.emplace_back([&, number] {
            const std::string who = hint("writer" + std::to_string(number) + "of");
            const std::string id = std::to_string(100 + number);
            for (int round = 1; round <= rounds(10, 200); ++round) {
                Statement write(*client_);
                write.direct(who + "insert into item values (" + id + ")");
                Statement read(*client_);
                read.direct(who + "select count(*) from item where id = " + id);
                if (read.rows().at(0).at(0) != std::to_string(round)) ++wrong;
            }
        });
    std::thread reader([&] {
        do {
            Statement read(*client_);
            read.direct(hint("reader") + "select count(*) from item where id >= 100");
            if (!read.on_replica() || read.rows().at(0).at(0) != "0") ++wrong;
        } while (!ends);
    });
    for (auto& thread : threads) thread.join();
    ends = true;
    reader.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(written_by({"pool", "writer0of", "writer1of", "writer2of", "reader"}),
              "writer0of writer1of writer2of ");
}

}  // namespace
}  // namespace freshread::test
