// Threading= of an underlying driver, which the driver manager does not see: Freshread has to keep calls
// apart. The underlying driver says itself which of them met (overlap_driver.h). No server.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>
#include <vector>

#include "tests/driver/odbc_client.h"
#include "tests/driver/overlap_driver.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

// The drivers Overlap0 to Overlap3 and Overlap (no Threading of its own), and Freshread. `everybody`: the
// default for those that say nothing, in [ODBC].
void register_drivers(const std::string& everybody) {
    const std::string directory = setting("FRESHREAD_TEST_DIR") + "/threading";
    std::filesystem::create_directories(directory);
    std::ofstream file(directory + "/odbcinst.ini");
    file << "[Freshread]\nDriver = " << setting("FRESHREAD_DRIVER") << "\nThreading = 0\n\n";
    for (const std::string level : {"", "0", "1", "2", "3"}) {
        file << "[Overlap" << level << "]\nDriver = " << FRESHREAD_OVERLAP_DRIVER << "\n";
        if (!level.empty()) file << "Threading = " << level << "\n";
    }
    if (!everybody.empty()) file << "[ODBC]\nThreading = " << everybody << "\n";
    file.close();
    ::setenv("ODBCSYSINI", directory.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): before any other thread
}

class Threading : public testing::Test {
 protected:
    static void SetUpTestSuite() { register_drivers(""); }
    void SetUp() override {
        library_ = ::dlopen(FRESHREAD_OVERLAP_DRIVER, RTLD_NOW | RTLD_LOCAL);
        ASSERT_TRUE(library_) << ::dlerror();  // NOLINT(concurrency-mt-unsafe)
        seen_ = reinterpret_cast<decltype(&overlaps_seen)>(::dlsym(library_, "overlaps_seen"))();
        state_ = fresh_state_directory();
    }
    void TearDown() override { ::dlclose(library_); }

    [[nodiscard]] std::string with(const std::string& driver) const {
        return "Driver=Freshread;Leader={Driver=" + driver + "};StateDir=" + state_;
    }
    void forget() const {
        seen_->statement = 0;
        seen_->connection = 0;
        seen_->library = 0;
    }

    // Two threads, each with statements of its own, on one connection or on two.
    void work(Client& first, Client& second) const {
        forget();
        std::vector<std::thread> threads;
        for (Client* client : {&first, &second})
            threads.emplace_back([client] {
                for (int round = 0; round < 12; ++round) {
                    Statement statement(*client);
                    statement.direct("insert into item values (1)");
                    SQLFetch(statement);
                }
            });
        for (auto& thread : threads) thread.join();
    }
    void on_one_connection(const std::string& driver) const {
        Client client(with(driver));
        work(client, client);
    }
    void on_two_connections(const std::string& driver) const {
        Client first(with(driver));
        Client second(with(driver));
        work(first, second);
    }

    // The statement that runs is cancelled by another thread, and both come back.
    void cancel(const std::string& driver) const {
        Client client(with(driver));
        Statement statement(client);
        std::thread runner([&] { EXPECT_THROW(statement.direct("block"), OdbcError); });
        EXPECT_TRUE(eventually([&] { return seen_->blocked == 1; }));
        EXPECT_EQ(SQLCancel(statement), SQL_SUCCESS);
        runner.join();
        EXPECT_EQ(seen_->blocked, 0);
    }

    void* library_ = nullptr;
    Overlaps* seen_ = nullptr;
    std::string state_{};
};

TEST_F(Threading, NoneLetsCallsMeet) {
    for (const std::string driver : {"Overlap", "Overlap0", FRESHREAD_OVERLAP_DRIVER}) {
        on_one_connection(driver);
        EXPECT_GT(seen_->connection, 1) << driver;
    }
}

TEST_F(Threading, OfAStatementLetsStatementsMeet) {
    on_one_connection("Overlap1");
    EXPECT_GT(seen_->connection, 1);
    EXPECT_EQ(seen_->statement, 1);
}

TEST_F(Threading, OfAConnectionLetsConnectionsMeet) {
    on_one_connection("Overlap2");
    EXPECT_EQ(seen_->connection, 1);
    on_two_connections("Overlap2");
    EXPECT_EQ(seen_->connection, 1);
    EXPECT_GT(seen_->library, 1);
}

TEST_F(Threading, OfTheEnvironmentLetsNothingMeet) {
    on_one_connection("Overlap3");
    EXPECT_EQ(seen_->library, 1);
    on_two_connections("Overlap3");
    EXPECT_EQ(seen_->library, 1);
}

TEST_F(Threading, CancelDoesNotWaitForTheCallItCancels) {
    for (const std::string driver : {"Overlap0", "Overlap1", "Overlap2"}) cancel(driver);
}

}  // namespace
}  // namespace freshread::test
