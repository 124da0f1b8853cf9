// The SQLite store with more users than fit into one bucket (state/user_bucket.h): what grows, shrinks and is
// swept forgets nobody, and costs by the bucket.
#include <algorithm>
#include <array>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <random>
#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch_directory.h"
#include "state/sqlite_store.h"
#include "state/user_key.h"
#include "tests/unit/state/table_values.h"

namespace freshread {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class LargeStore : public testing::Test {
 protected:
    static constexpr std::size_t kUsers = 3000;

    [[nodiscard]] std::string path() const { return scratch_.file("users.sqlite"); }
    [[nodiscard]] SqliteStore::Options options() const {
        return {.path = path(), .cluster = kCluster, .timeout = milliseconds(5000), .mark_age = hours(1)};
    }
    static BootTime late() { return boot_now() + hours(2); }
    static UserKey user(std::size_t number) { return user_key("", std::to_string(number)); }

    // Everybody has a position of their own above base, which is 10.
    static void fill(SqliteStore& store, std::size_t users = kUsers) {
        static_cast<void>(store.look(kAlice));
        store.leader_sampled(at(10), late());
        for (std::size_t number = 0; number < users; ++number)
            store.close(user(number), 1, 1, at(100 + number), BootTime(0));
    }
    // As somebody sees it who keeps nothing.
    [[nodiscard]] std::size_t buckets() const {
        sqlite3* file = nullptr;
        sqlite3_open_v2(path().c_str(), &file, SQLITE_OPEN_READONLY, nullptr);
        sqlite3_stmt* count = nullptr;
        sqlite3_prepare_v2(file, "SELECT count(*) FROM bucket", -1, &count, nullptr);
        const std::size_t rows =
            sqlite3_step(count) == SQLITE_ROW ? static_cast<std::size_t>(sqlite3_column_int64(count, 0)) : 0;
        sqlite3_finalize(count);
        sqlite3_close(file);
        return rows;
    }

    ScratchDirectory scratch_;
};

TEST_F(LargeStore, KnowsEverybody) {
    SqliteStore store(options());
    fill(store);
    EXPECT_GT(buckets(), kUsers / 48);
    SqliteStore newcomer(options());
    for (std::size_t number = 0; number < kUsers; ++number) {
        ASSERT_EQ(newcomer.look(user(number)).required, at(100 + number));
        ASSERT_EQ(newcomer.look(user(number + kUsers)).required, at(10));
    }
}

TEST_F(LargeStore, R4IsSweptAFewBucketsAtATimeUntilItIsSmallAgain) {
    SqliteStore store(options());
    fill(store);
    store.open(user(5), 9, 1);
    store.close(user(6), 9, 1, at(9000), BootTime(0));
    const std::size_t grown = buckets();
    for (int rounds = 0; buckets() > 1 && rounds < 10000; ++rounds) store.replicas_applied(at(100 + kUsers));
    EXPECT_LT(buckets(), grown / 4);
    SqliteStore newcomer(options());
    EXPECT_TRUE(newcomer.look(user(5)).mark_open);
    EXPECT_EQ(newcomer.look(user(6)).required, at(9000));
    EXPECT_EQ(newcomer.look(user(7)).required, at(100 + kUsers));
    fill(store);
    EXPECT_EQ(newcomer.look(user(kUsers - 1)).required, at(100 + kUsers));
}

TEST_F(LargeStore, AWriteDeletesWhatBaseCoversBesideIt) {
    SqliteStore store(options());
    fill(store);
    const std::size_t grown = buckets();
    store.leader_sampled({kCluster, 2, 1}, late());
    for (std::size_t number = 0; number < 3 * kUsers; ++number)
        store.close(user(number + 2 * kUsers), 1, 1, at(1), BootTime(0));
    EXPECT_EQ(buckets(), grown);
}

TEST_F(LargeStore, R2OldMarksAreFoundByWhoLooksForTheirUserAndBySamplesInTheEnd) {
    SqliteStore store(options());
    fill(store);
    SqliteStore writer(options());
    // One that the first sample does not come to by itself.
    std::size_t far = 0;
    for (std::size_t number = 0; number < 500; ++number) {
        writer.open(user(number), 9, 1);
        if (user(number) > user(far)) far = number;
    }
    EXPECT_TRUE(store.look(user(far)).mark_open);
    EXPECT_FALSE(store.awaits_sample(boot_now()));
    EXPECT_TRUE(store.awaits_sample(late()));
    store.leader_sampled(at(5000), late());
    EXPECT_EQ(store.look(user(far)).required, at(5000));
    EXPECT_FALSE(store.awaits_sample(late()));
    for (int samples = 0; samples < 40; ++samples) store.leader_sampled(at(6000), late());
    for (std::size_t number = 0; number < 500; ++number)
        ASSERT_FALSE(writer.look(user(number)).mark_open) << number;
    EXPECT_EQ(writer.look(user(8)).required.lsn % 1000, 0U);
}

TEST_F(LargeStore, R5DamageAnywhereIsNoticedByWhoMeetsIt) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (int round = 0; round < 10; ++round) {
        std::filesystem::remove(path());
        SqliteStore store(options());
        fill(store, 600);
        sqlite3* file = nullptr;
        ASSERT_EQ(sqlite3_open(path().c_str(), &file), SQLITE_OK);
        const std::array<std::string, 5> damages = {
            "DELETE FROM bucket WHERE place = ",
            "UPDATE bucket SET content = (SELECT content FROM bucket ORDER BY place LIMIT 1) WHERE place = ",
            "UPDATE bucket SET content = zeroblob(1920) WHERE place = ",
            "UPDATE bucket SET place = place + 1 WHERE place = ",
            "UPDATE cluster_table SET number = 5 WHERE 1 OR 1 = "};
        const std::string& damage = damages.at(static_cast<std::size_t>(round) % damages.size());
        // Not the first: its content is what another is given.
        const std::string text = damage + "(SELECT place FROM bucket ORDER BY place LIMIT 1 OFFSET 1 + " +
                                 std::to_string(random() % 5) + ")";
        ASSERT_EQ(sqlite3_exec(file, text.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << text;
        ASSERT_EQ(sqlite3_changes(file), 1) << text;
        sqlite3_close(file);
        SqliteStore newcomer(options());
        bool lost = false;
        for (std::size_t number = 0; number < 600; ++number) {
            const UserLook look = newcomer.look(user(number));
            lost = lost || !look.base_set;
            ASSERT_TRUE(lost || look.required == at(100 + number))
                << text << ": " << number << " was forgotten";
        }
        EXPECT_TRUE(lost) << text;
    }
}

// Against a plain table of everything: users come, write, are swept and come back, from two stores in turn.
TEST_F(LargeStore, DoesWhatATableWithoutBucketsWouldDo) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    SqliteStore one(options());
    SqliteStore two(options());
    fill(one, 0);
    std::uint64_t base = 10;
    std::uint64_t leader = 10;
    std::unordered_map<std::size_t, std::uint64_t> positions;
    std::unordered_map<std::size_t, bool> marks;
    for (int step = 0; step < 12000; ++step) {
        SqliteStore& store = random() % 2 == 0 ? one : two;
        // Few at first, then many, then few again.
        const std::size_t number = random() % (step / 4000 == 1 ? 4000 : 150);
        switch (random() % (step % 4000 < 3000 ? 64 : 16)) {
            case 0:
                base = std::max(base, leader - random() % 20);
                store.replicas_applied(at(base));
                break;
            case 1:
                store.open(user(number), 3, 1);
                marks[number] = true;
                break;
            default:
                positions[number] = ++leader;
                store.close(user(number), 3, 1, at(leader), BootTime(0));
                marks[number] = false;
                break;
        }
        const std::size_t asked = random() % 4000;
        const UserLook look = (random() % 2 == 0 ? one : two).look(user(asked));
        ASSERT_EQ(look.mark_open, marks[asked]) << step;
        ASSERT_EQ(look.required, at(std::max(base, positions[asked]))) << step;
    }
}

// A process is killed while buckets are parted and joined.
TEST_F(LargeStore, R5AChangeOfBucketsCutShortIsWholeOrNotThere) {
    SqliteStore store(options());
    fill(store, 1000);
    std::mt19937 random(std::random_device{}());
    std::uint64_t leader = 100'000;
    int lost = 0;
    for (int round = 0; round < 60; ++round) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            SqliteStore own(options());
            for (std::size_t number = 0;; ++number) {
                own.close(user(2000 + number % 2000), 1, 1, at(leader + 1), BootTime(0));
                if (number % 500 == 499) own.replicas_applied(at(leader + 1)), ++leader;
            }
        }
        const timespec pause{.tv_sec = 0, .tv_nsec = static_cast<long>(2'000'000 + random() % 30'000'000)};
        ::nanosleep(&pause, nullptr);
        ::kill(child, SIGKILL);
        ASSERT_EQ(::waitpid(child, nullptr, 0), child);
        for (int look = 0; look < 50; ++look) {
            const std::size_t number = random() % 1000;
            const UserLook found = store.look(user(number));
            ASSERT_TRUE(!found.base_set || found.required.lsn >= 100 + number) << number;
        }
        if (store.look(kAlice).base_set) continue;
        ++lost;
        fill(store, 1000);
    }
    RecordProperty("tables_lost", lost);
    EXPECT_LT(lost, 30) << "a change of one row is whole";
}

}  // namespace
}  // namespace freshread
