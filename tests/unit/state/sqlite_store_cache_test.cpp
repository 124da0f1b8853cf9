// What a store keeps of its looks (state/generations.h) never hides what another store, thread or process did
// before the next look.
#include <atomic>
#include <filesystem>
#include <functional>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch_directory.h"
#include "state/sqlite_store.h"
#include "tests/unit/state/table_values.h"

namespace freshread {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
namespace fs = std::filesystem;

constexpr UserKey kCarol = {200, 2};

class WarmStore : public testing::Test {
 protected:
    WarmStore() {
        static_cast<void>(reader_.look(kAlice));
        reader_.leader_sampled(at(10), late());
        warm();
    }
    [[nodiscard]] std::string path() const { return scratch_.file("users.sqlite"); }
    [[nodiscard]] std::string generations() const { return path() + "-generations"; }
    [[nodiscard]] SqliteStore::Options options() const {
        return {.path = path(), .cluster = kCluster, .timeout = milliseconds(5000), .mark_age = hours(1)};
    }
    static BootTime late() { return boot_now() + hours(2); }
    void warm() {
        for (const UserKey& user : {kAlice, kBob, kCarol}) static_cast<void>(reader_.look(user));
    }
    void in_another_process(const std::function<void(SqliteStore&)>& act) const {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            SqliteStore own(options());
            act(own);
            ::_exit(0);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_EQ(status, 0);
    }
    // The reader sees each step of a write of another store at once.
    void expect_write_seen(SqliteStore& writer, std::uint64_t lsn) {
        warm();
        writer.open(kAlice, 7, lsn);
        EXPECT_TRUE(!reader_.look(kAlice).base_set || reader_.look(kAlice).mark_open);
        writer.close(kAlice, 7, lsn, at(lsn), BootTime(0));
        const UserLook look = reader_.look(kAlice);
        EXPECT_FALSE(look.mark_open);
        EXPECT_TRUE(!look.base_set || look.required == at(lsn));
    }

    ScratchDirectory scratch_;
    SqliteStore reader_{options()};
    SqliteStore writer_{options()};
};

// Found by damaging the file under the store: what is answered all the same was kept.
TEST_F(WarmStore, AnswersWithoutTheFileWhileNobodyWrote) {
    fs::resize_file(path(), 0);
    EXPECT_EQ(reader_.look(kAlice).required, at(10));
    EXPECT_TRUE(reader_.look(kCarol).base_set);
    EXPECT_EQ(fs::file_size(path()), 0U);
}

TEST_F(WarmStore, ASampleWithNothingNewLeavesWhatIsKept) {
    writer_.leader_sampled(at(20), late());
    writer_.replicas_applied(at(5));
    fs::resize_file(path(), 0);
    EXPECT_EQ(reader_.look(kAlice).required, at(10));
    EXPECT_EQ(fs::file_size(path()), 0U);
}

TEST_F(WarmStore, KeepsNoMoreThanSomeUsers) {
    for (unsigned number = 0; number < 3000; ++number) {
        const UserKey user = {static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8), 5};
        EXPECT_EQ(reader_.look(user).required, at(10));
    }
    expect_write_seen(writer_, 20);
}

TEST_F(WarmStore, SeesItsOwnWrites) {
    expect_write_seen(reader_, 20);
}

TEST_F(WarmStore, SeesWritesOfAnotherStore) {
    expect_write_seen(writer_, 20);
    expect_write_seen(writer_, 30);
}

TEST_F(WarmStore, SeesWritesOfAnotherProcess) {
    in_another_process([](SqliteStore& own) { own.close(kAlice, 7, 1, at(50), BootTime(0)); });
    EXPECT_EQ(reader_.look(kAlice).required, at(50));
    in_another_process([](SqliteStore& own) { own.open(kAlice, 7, 1); });
    EXPECT_TRUE(reader_.look(kAlice).mark_open);
    in_another_process([](SqliteStore& own) {
        own.leader_sampled({kCluster, 1, 70}, boot_now() + hours(2));
    });
    EXPECT_EQ(reader_.look(kAlice).required, at(70));
    in_another_process([](SqliteStore& own) { own.replicas_applied(at(80)); });
    EXPECT_EQ(reader_.look(kCarol).required, at(80));
}

TEST_F(WarmStore, SeesAPin) {
    const BootTime pin = boot_now() + hours(1);
    writer_.close(kAlice, 7, 1, {}, pin);
    EXPECT_EQ(reader_.look(kAlice).pinned_until, pin);
}

TEST_F(WarmStore, SeesMarksClosedBySampleOneByOneAndManyAtOnce) {
    for (const unsigned users : {1U, 5U, 40U}) {
        const auto user = [](unsigned number) { return UserKey{static_cast<std::uint8_t>(number), 8}; };
        for (unsigned number = 0; number < users; ++number) writer_.open(user(number), 7, 1);
        for (unsigned number = 0; number < users; ++number) EXPECT_TRUE(reader_.look(user(number)).mark_open);
        writer_.leader_sampled(at(100 + users), late());
        for (unsigned number = 0; number < users; ++number)
            EXPECT_EQ(reader_.look(user(number)).required, at(100 + users));
    }
}

TEST_F(WarmStore, SeesBaseRaisedAndAHigherTimeline) {
    writer_.replicas_applied(at(30));
    EXPECT_EQ(reader_.look(kCarol).required, at(30));
    writer_.leader_sampled({kCluster, 2, 5}, late());
    EXPECT_EQ(reader_.look(kCarol).required, (Position{kCluster, 2, 5}));
}

TEST_F(WarmStore, SeesThatAnotherFoundTheTableLost) {
    fs::remove(path());
    static_cast<void>(writer_.look(UserKey{77}));
    for (const UserKey& user : {kAlice, kBob, kCarol}) EXPECT_FALSE(reader_.look(user).base_set);
}

TEST_F(WarmStore, OfAnotherClusterSharesOnlyTheFiles) {
    SqliteStore other({.path = path(), .cluster = 7, .timeout = milliseconds(5000), .mark_age = hours(1)});
    other.open(kAlice, 7, 1);
    EXPECT_FALSE(reader_.look(kAlice).mark_open);
    expect_write_seen(writer_, 20);
}

TEST_F(WarmStore, SeesWritesWhateverIsDeleted) {
    const auto remove_store = [this] { fs::remove(path()); };
    const auto remove_generations = [this] { fs::remove(generations()); };
    const auto remove_both = [this] { fs::remove(path()), fs::remove(generations()); };
    const auto move_both = [this] {
        fs::rename(path(), path() + ".old");
        fs::rename(generations(), generations() + ".old");
    };
    const auto cut = [this] { fs::resize_file(generations(), 100); };
    std::uint64_t lsn = 1000;
    for (const std::function<void()>& damage :
         {std::function<void()>(remove_store), std::function<void()>(remove_generations),
          std::function<void()>(remove_both), std::function<void()>(move_both), std::function<void()>(cut)}) {
        writer_.leader_sampled(at(10), late());
        warm();
        damage();
        expect_write_seen(writer_, ++lsn);
        reader_.leader_sampled(at(10), late());
        damage();
        in_another_process([lsn](SqliteStore& own) { own.close(kBob, 9, 1, at(lsn), BootTime(0)); });
        EXPECT_TRUE(!reader_.look(kBob).base_set || reader_.look(kBob).required == at(lsn));
        reader_.leader_sampled(at(10), late());
        expect_write_seen(writer_, ++lsn);
    }
}

TEST_F(WarmStore, RefusesToWriteAndStillLooksWhereNobodyCouldBeTold) {
    fs::remove(generations());
    fs::create_directory(generations());
    SqliteStore newcomer(options());
    EXPECT_THROW(newcomer.open(kAlice, 9, 1), StoreUnavailable);
    EXPECT_FALSE(newcomer.look(kAlice).mark_open) << "refused before anything was changed";
    EXPECT_THROW(writer_.open(kAlice, 7, 1), StoreUnavailable);
    EXPECT_THROW(newcomer.close(kAlice, 7, 1, at(50), BootTime(0)), StoreUnavailable);
    EXPECT_EQ(reader_.look(kBob).required, at(10));
    fs::remove(generations());
    expect_write_seen(newcomer, 50);
}

// In lock step: a thread writes, says so, and the reader must see it in the next look.
TEST_F(WarmStore, SeesWritesOfAnotherThreadAtOnce) {
    constexpr std::uint64_t kLast = 2000;
    std::atomic<std::uint64_t> acknowledged{10};
    std::thread thread([&] {
        for (std::uint64_t lsn = 11; lsn <= kLast; ++lsn) {
            writer_.close(kAlice, 7, 1, at(lsn), BootTime(0));
            acknowledged = lsn;
        }
    });
    while (acknowledged.load() < kLast) {
        const std::uint64_t needed = acknowledged.load();
        ASSERT_GE(reader_.look(kAlice).required.lsn, needed);
    }
    thread.join();
}

}  // namespace
}  // namespace freshread
