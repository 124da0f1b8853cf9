// The table of a driver with a Threading of its own, called without handles of Freshread's in front: two
// threads on one statement, which applications must not do but drivers may say they need kept apart.
#include "driver/serialized_library.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "tests/driver/overlap_driver.h"

namespace freshread {
namespace {

class SerializedLibraryTest : public testing::Test {
 protected:
    void SetUp() override {
        handle_ = ::dlopen(FRESHREAD_OVERLAP_DRIVER, RTLD_NOW | RTLD_LOCAL);
        ASSERT_TRUE(handle_) << ::dlerror();  // NOLINT(concurrency-mt-unsafe)
        seen_ = reinterpret_cast<decltype(&overlaps_seen)>(::dlsym(handle_, "overlaps_seen"))();
        seen_->statement = 0;
    }
    void TearDown() override { ::dlclose(handle_); }

    // The most calls that met on one statement.
    int met_on_a_statement(Threading threading) const {
        const DriverLibrary& library = DriverLibrary::load(FRESHREAD_OVERLAP_DRIVER, threading);
        SQLHENV environment = SQL_NULL_HENV;
        SQLHDBC connection = SQL_NULL_HDBC;
        SQLHSTMT statement = SQL_NULL_HSTMT;
        EXPECT_EQ(library.AllocHandle(SQL_HANDLE_ENV, library.environment_input, &environment), SQL_SUCCESS);
        EXPECT_EQ(library.AllocHandle(SQL_HANDLE_DBC, environment, &connection), SQL_SUCCESS);
        EXPECT_EQ(library.AllocHandle(SQL_HANDLE_STMT, connection, &statement), SQL_SUCCESS);
        std::vector<std::thread> threads;
        for (int number = 0; number < 2; ++number)
            threads.emplace_back([&] {
                for (int round = 0; round < 30; ++round) library.Fetch(statement);
            });
        for (auto& thread : threads) thread.join();
        EXPECT_EQ(library.FreeHandle(SQL_HANDLE_STMT, statement), SQL_SUCCESS);
        EXPECT_EQ(library.FreeHandle(SQL_HANDLE_DBC, connection), SQL_SUCCESS);
        EXPECT_EQ(library.FreeHandle(SQL_HANDLE_ENV, environment), SQL_SUCCESS);
        return seen_->statement.exchange(0);
    }

    void* handle_ = nullptr;
    Overlaps* seen_ = nullptr;
};

TEST_F(SerializedLibraryTest, CallsOnOneStatementAreKeptApart) {
    EXPECT_EQ(met_on_a_statement(Threading::Free), 2);
    for (const Threading threading : {Threading::Statement, Threading::Connection, Threading::Library})
        EXPECT_EQ(met_on_a_statement(threading), 1) << static_cast<int>(threading);
}

TEST_F(SerializedLibraryTest, ALibraryHasOneTableForEachThreading) {
    const DriverLibrary& library = DriverLibrary::load(FRESHREAD_OVERLAP_DRIVER, Threading::Connection);
    EXPECT_EQ(&DriverLibrary::load(FRESHREAD_OVERLAP_DRIVER, Threading::Connection), &library);
    EXPECT_NE(&DriverLibrary::load(FRESHREAD_OVERLAP_DRIVER, Threading::Free), &library);
}

// What the driver lacks the table must lack, too.
TEST_F(SerializedLibraryTest, AFunctionThatTheDriverLacksIsMissing) {
    const DriverLibrary& library = DriverLibrary::load(FRESHREAD_OVERLAP_DRIVER, Threading::Library);
    EXPECT_EQ(library.SetPos, nullptr);
    EXPECT_EQ(library.CopyDesc, nullptr);
    EXPECT_EQ(library.SetStmtAttr, nullptr);
    EXPECT_EQ(library.ExecDirectW, nullptr);
    EXPECT_NE(library.ExecDirect, nullptr);
}

TEST_F(SerializedLibraryTest, NoHandleIsAnInvalidHandle) {
    const DriverLibrary& library = DriverLibrary::load(FRESHREAD_OVERLAP_DRIVER, Threading::Statement);
    EXPECT_EQ(library.Fetch(SQL_NULL_HSTMT), SQL_INVALID_HANDLE);
    EXPECT_EQ(library.Cancel(SQL_NULL_HSTMT), SQL_INVALID_HANDLE);
    EXPECT_EQ(library.Disconnect(SQL_NULL_HDBC), SQL_INVALID_HANDLE);
    EXPECT_EQ(library.FreeHandle(SQL_HANDLE_STMT, SQL_NULL_HSTMT), SQL_INVALID_HANDLE);
}

}  // namespace
}  // namespace freshread
