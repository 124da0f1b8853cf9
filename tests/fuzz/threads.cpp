// Threads at random on connections of their own and on shared ones, each with statements
// of its own, while others cancel them. Nothing is compared: no race, no crash, and every thread reads what
// it wrote.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "random.h"
#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

// psqlodbc and the driver manager race with themselves while connecting (setlocale(3), the search path of
// libltdl), used directly just as well.
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
    return "called_from_lib:psqlodbcw.so\ncalled_from_lib:libodbc.so.2\ncalled_from_lib:libltdl.so.7\n"
           "race:libodbc.so.2\nrace:psqlodbcw.so\nrace:libltdl.so.7";
}

namespace freshread::test {
namespace {

constexpr int kThreads = 5;
constexpr int kShared = 2;

// A statement that another thread may cancel as long as it is here.
struct Exposed {
    std::mutex mutex{};
    SQLHSTMT statement = SQL_NULL_HSTMT;
};

class Play {
 public:
    Play(const std::string& state, std::uint64_t seed) : state_(state), seed_(seed) {
        for (int i = 0; i < kShared; ++i)
            shared_.push_back(std::make_unique<Client>(freshread(state, "User=u1")));
    }

    void run(std::chrono::seconds time) {
        const auto end = std::chrono::steady_clock::now() + time;
        std::vector<std::thread> threads;
        threads.reserve(kThreads + 1);
        for (int number = 0; number < kThreads; ++number)
            threads.emplace_back([this, number, end] { work(number, end); });
        threads.emplace_back([this, end] { cancel(end); });
        for (auto& thread : threads) thread.join();
    }

    std::atomic<int> wrong{0};
    std::atomic<int> calls{0};

 private:
    void work(int number, std::chrono::steady_clock::time_point end) {
        fuzz::Random random(seed_, static_cast<std::uint64_t>(number));
        std::unique_ptr<Client> own;
        const std::string id = std::to_string(number);
        int written = 0;
        while (std::chrono::steady_clock::now() < end) {
            if (!own || random.percent(5)) own = std::make_unique<Client>(freshread(state_, "User=u1"));
            Client& client =
                random.percent(50) ? *own : *shared_[static_cast<std::size_t>(random.below(kShared))];
            ++calls;
            switch (random.below(6)) {
                case 0:
                case 1: {
                    const int next = written + 1;
                    // A cancelled update may have happened, or not: then the next one settles it.
                    if (attempt(client, number,
                                "update mine set value = " + std::to_string(next) + " where id = " + id))
                        written = next;
                    else
                        written = settle(id);
                    break;
                }
                case 2:
                case 3:
                    check(client, number, "select value from mine where id = " + id, written);
                    break;
                case 4:
                    attempt(client, number,
                            "/* freshread replica */ select pg_sleep(0.02), generate_series(1, 50)");
                    break;
                default:
                    attempt(client, number,
                            random.pick({"select wrong", "select count(*) from mine", "select 1; select 2",
                                         "set datestyle to 'ISO, MDY'"}));
                    break;
            }
        }
    }

    // False when it was cancelled or failed.
    bool attempt(Client& client, int number, const std::string& sql, std::string* value = nullptr) {
        Statement statement(client);
        expose(number, statement);
        bool done = true;
        try {
            statement.direct(sql);
            if (value) {
                const auto rows = statement.rows();
                if (rows.size() == 1) *value = rows[0][0].value_or("");
            }
        } catch (const OdbcError&) {
            done = false;
        }
        expose(number, SQL_NULL_HSTMT);
        return done;
    }

    void check(Client& client, int number, const std::string& sql, int written) {
        std::string value;
        if (attempt(client, number, sql, &value) && value != std::to_string(written)) {
            ++wrong;
            std::cout << "thread " << number << " wrote " << written << " and read '" << value << "'\n";
        }
    }

    static int settle(const std::string& id) {
        return std::stoi(on_node("leader", "select value from mine where id = " + id));
    }

    void expose(int number, SQLHSTMT statement) {
        Exposed& exposed = exposed_[static_cast<std::size_t>(number)];
        const std::scoped_lock lock(exposed.mutex);
        exposed.statement = statement;
    }

    void cancel(std::chrono::steady_clock::time_point end) {
        fuzz::Random random(seed_, 99);
        while (std::chrono::steady_clock::now() < end) {
            Exposed& exposed = exposed_[static_cast<std::size_t>(random.below(kThreads))];
            {
                const std::scoped_lock lock(exposed.mutex);
                if (exposed.statement) SQLCancel(exposed.statement);
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(random.below(20)));  // the pace, not a wait
        }
    }

    std::string state_;
    std::uint64_t seed_;
    std::vector<std::unique_ptr<Client>> shared_{};
    std::array<Exposed, kThreads> exposed_{};
};

TEST(FuzzThreads, ReadTheirOwnWritesWhileTheyAreCancelled) {
    const char* given =
        std::getenv("FRESHREAD_FUZZ_SEED");  // NOLINT(concurrency-mt-unsafe): nobody sets variables
    const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    const bool longer = std::getenv("FRESHREAD_LONG") != nullptr;  // NOLINT(concurrency-mt-unsafe): likewise
    std::cout << "FRESHREAD_FUZZ_SEED=" << seed << std::endl;
    on_node("leader",
            "create table mine (id int primary key, value int not null); grant all on mine to public; "
            "insert into mine select i, 0 from generate_series(0, 9) as i");
    cluster("wait replica1");
    Play play(warm_state_directory(), seed);
    play.run(std::chrono::seconds(longer ? 200 : 8));
    EXPECT_EQ(play.wrong, 0);
    EXPECT_GT(play.calls, 0);
}

}  // namespace
}  // namespace freshread::test
