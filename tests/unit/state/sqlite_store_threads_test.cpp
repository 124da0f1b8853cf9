// The threads of a process have two ways to the file: looks and changes do not wait for one another, and what
// one way has seen the other knows.
#include <array>
#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "eventually.h"
#include "scratch_directory.h"
#include "state/shared_turns.h"
#include "state/sqlite_store.h"
#include "tests/unit/state/table_values.h"

namespace freshread {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// Another process that has SQLite's lock of those who are about to change the file, as long as this lives.
class OneWhoChanges {
 public:
    explicit OneWhoChanges(const std::string& path) {
        std::array<int, 2> ready{};
        if (::pipe(until_.data()) != 0 || ::pipe(ready.data()) != 0) return;
        process_ = ::fork();
        if (process_ == 0) {
            ::close(until_[1]);
            struct flock reserved {};
            reserved.l_type = F_WRLCK;
            reserved.l_whence = SEEK_SET;
            reserved.l_start = 0x40000001;  // RESERVED_BYTE of SQLite's file format
            reserved.l_len = 1;
            const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
            char byte = 0;
            const bool well = ::fcntl(file, F_SETLKW, &reserved) == 0 && ::write(ready[1], &byte, 1) == 1;
            ::_exit(well && ::read(until_[0], &byte, 1) == 0 ? 0 : 1);
        }
        char byte = 0;
        EXPECT_EQ(::read(ready[0], &byte, 1), 1);
        for (const int descriptor : {ready[0], ready[1], until_[0]}) ::close(descriptor);
    }
    ~OneWhoChanges() {
        ::close(until_[1]);
        int status = -1;
        EXPECT_EQ(::waitpid(process_, &status, 0), process_);
        EXPECT_EQ(status, 0);
    }
    OneWhoChanges(const OneWhoChanges&) = delete;
    OneWhoChanges& operator=(const OneWhoChanges&) = delete;

 private:
    std::array<int, 2> until_{};
    pid_t process_ = -1;
};

class ThreadsOfStore : public testing::Test {
 protected:
    ThreadsOfStore() {
        static_cast<void>(store_.look(kAlice));
        store_.leader_sampled(at(10), boot_now() + hours(2));
    }
    [[nodiscard]] std::string path() const { return scratch_.file("users.sqlite"); }
    [[nodiscard]] SqliteStore::Options options() const {
        return {.path = path(), .cluster = kCluster, .timeout = seconds(20), .mark_age = hours(1)};
    }

    ScratchDirectory scratch_;
    SqliteStore store_{options()};
};

TEST_F(ThreadsOfStore, ALookDoesNotWaitForAChange) {
    SharedTurns turns(path(), path() + ".lock");
    std::atomic<bool> changed{false};
    std::thread changing;
    {
        const OneWhoChanges other(path());
        changing = std::thread([&] {
            EXPECT_NO_THROW(store_.open(kBob, 7, 1));
            changed = true;
        });
        ASSERT_TRUE(eventually([&] { return !turns.free(); }));
        for (std::uint8_t number = 0; number < 200; ++number)
            EXPECT_TRUE(store_.look(UserKey{number, 8}).base_set);
        EXPECT_FALSE(changed.load());
    }
    changing.join();
    EXPECT_TRUE(store_.look(kBob).mark_open);
}

// Each thread of those that look reads what another is writing just then.
TEST_F(ThreadsOfStore, WhatIsReadWhileItIsWrittenIsNotTakenForAnOlderState) {
    constexpr std::uint64_t kWrites = 1500;
    const BootTime born = store_.look(kAlice).born;
    std::atomic<std::uint64_t> acknowledged{10};
    std::vector<std::thread> looking;
    looking.reserve(3);
    for (int thread = 0; thread < 3; ++thread)
        looking.emplace_back([&] {
            while (acknowledged.load() < kWrites) {
                const std::uint64_t needed = acknowledged.load();
                const UserLook look = store_.look(kAlice);
                EXPECT_TRUE(look.mark_open || look.required.lsn >= needed);
                EXPECT_EQ(look.born, born);
            }
        });
    for (std::uint64_t lsn = 11; lsn <= kWrites; ++lsn) {
        store_.close(kAlice, 7, 1, at(lsn), BootTime(0));
        acknowledged = lsn;
    }
    for (std::thread& thread : looking) thread.join();
    EXPECT_EQ(store_.look(kAlice).born, born) << "the table was given up";
}

// By a look, which has never seen what the change made of it.
TEST_F(ThreadsOfStore, R5AStateOlderThanTheLastChangeIsNoticed) {
    static_cast<void>(store_.look(kAlice));
    std::ifstream file(path(), std::ios::binary);
    const std::string before{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    store_.open(kAlice, 7, 1);
    std::fstream(path(), std::ios::in | std::ios::out | std::ios::binary) << before;
    const UserLook look = store_.look(kAlice);
    EXPECT_TRUE(look.mark_open || !look.base_set) << "the mark was forgotten";
}

}  // namespace
}  // namespace freshread
