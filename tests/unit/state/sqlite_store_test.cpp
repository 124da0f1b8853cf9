#include "state/sqlite_store.h"

#include <filesystem>
#include <map>
#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "scratch_directory.h"

namespace freshread {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::uint64_t kCluster = 0xF000'0000'0000'0042U;  // above 2^63, as real ones are
constexpr UserKey kAlice = {1, 2, 3};
constexpr UserKey kBob = {1, 2, 4};   // in Alice's bucket
constexpr UserKey kCarol = {200, 2};  // in another

Position at(std::uint64_t lsn, std::uint32_t timeline = 1) {
    return {kCluster, timeline, lsn};
}

// MarkAge is an hour: a sample begun now is too early for everything, one begun in two hours is after
// everything.
class SqliteStoreTest : public testing::Test {
 protected:
    [[nodiscard]] SqliteStore::Options options(std::uint64_t cluster = kCluster) const {
        return {.path = path(), .cluster = cluster, .timeout = milliseconds(5000), .mark_age = hours(1)};
    }
    [[nodiscard]] std::string path() const { return scratch_.file("users.sqlite"); }
    static BootTime early() { return boot_now(); }
    static BootTime late() { return boot_now() + hours(2); }
    static BootTime no_pin() { return BootTime(0); }

    ScratchDirectory scratch_;
};

TEST_F(SqliteStoreTest, DoesNotTouchTheFileBeforeTheFirstCall) {
    SqliteStore store(options());
    EXPECT_FALSE(std::filesystem::exists(path()));
    static_cast<void>(store.look(kAlice));
    EXPECT_TRUE(std::filesystem::exists(path()));
}

TEST_F(SqliteStoreTest, R3IsBornWithBaseUnset) {
    SqliteStore store(options());
    const BootTime before = boot_now();
    const UserLook look = store.look(kAlice);
    EXPECT_FALSE(look.base_set);
    EXPECT_FALSE(look.mark_open);
    EXPECT_GE(look.born, before);
    EXPECT_LE(look.born, boot_now());
    EXPECT_EQ(store.look(kBob).born, look.born);
}

TEST_F(SqliteStoreTest, R3BaseIsALeaderSampleBegunMarkAgeAfterBirth) {
    SqliteStore store(options());
    static_cast<void>(store.look(kAlice));
    store.leader_sampled(at(10), early());
    EXPECT_FALSE(store.look(kAlice).base_set);
    store.leader_sampled(at(20), late());
    EXPECT_TRUE(store.look(kAlice).base_set);
    EXPECT_EQ(store.look(kAlice).required, at(20));
    store.leader_sampled(at(30), late());
    EXPECT_EQ(store.look(kAlice).required, at(20));
}

TEST_F(SqliteStoreTest, R3AnUnknownOrForeignLeaderSetsNothing) {
    SqliteStore store(options());
    static_cast<void>(store.look(kAlice));
    store.leader_sampled({}, late());
    store.leader_sampled({kCluster + 1, 1, 10}, late());
    EXPECT_FALSE(store.look(kAlice).base_set);
}

TEST_F(SqliteStoreTest, R2AMarkIsSeenUntilItsWriterClosesIt) {
    SqliteStore store(options());
    store.open(kAlice, 7, 1);
    store.leader_sampled(at(10), boot_now() + hours(1) - milliseconds(100));
    EXPECT_TRUE(store.look(kAlice).mark_open);
    EXPECT_FALSE(store.look(kBob).mark_open);
    EXPECT_FALSE(store.look(kCarol).mark_open);
    store.close(kAlice, 7, 1, at(50), no_pin());
    EXPECT_FALSE(store.look(kAlice).mark_open);
}

TEST_F(SqliteStoreTest, R2ACloseLeavesANewerMarkOfTheSameWriter) {
    SqliteStore store(options());
    store.open(kAlice, 7, 1);
    store.open(kAlice, 7, 2);
    store.close(kAlice, 7, 1, at(50), no_pin());
    EXPECT_TRUE(store.look(kAlice).mark_open);
    store.close(kAlice, 7, 2, at(60), no_pin());
    EXPECT_FALSE(store.look(kAlice).mark_open);
}

TEST_F(SqliteStoreTest, R2MarksAreClosedByASampleBegunMarkAgeLater) {
    SqliteStore store(options());
    static_cast<void>(store.look(kAlice));
    store.leader_sampled(at(10), late());
    store.open(kAlice, 7, 1);
    store.open(kCarol, 8, 1);
    store.leader_sampled(at(30), early());
    EXPECT_TRUE(store.look(kAlice).mark_open);
    store.leader_sampled(at(40), late());
    EXPECT_FALSE(store.look(kAlice).mark_open);
    EXPECT_EQ(store.look(kAlice).required, at(40));
    EXPECT_EQ(store.look(kCarol).required, at(40));
    EXPECT_EQ(store.look(kBob).required, at(10));
}

TEST_F(SqliteStoreTest, R2AnOldLeaderClosesNothing) {
    SqliteStore store(options());
    static_cast<void>(store.look(kAlice));
    store.leader_sampled(at(10, 2), late());
    store.open(kAlice, 7, 1);
    store.leader_sampled(at(900, 1), late());
    EXPECT_TRUE(store.look(kAlice).mark_open);
    EXPECT_EQ(store.look(kAlice).required, at(10, 2));
}

TEST_F(SqliteStoreTest, R4RaisingBaseKeepsWhatIsBeyondIt) {
    SqliteStore store(options());
    static_cast<void>(store.look(kAlice));
    store.leader_sampled(at(10), late());
    store.close(kAlice, 7, 1, at(50), no_pin());
    store.close(kBob, 7, 1, at(20), no_pin());
    store.open(kCarol, 7, 1);
    store.replicas_applied(at(30));
    EXPECT_EQ(store.look(kAlice).required, at(50));
    EXPECT_EQ(store.look(kBob).required, at(30));
    EXPECT_TRUE(store.look(kCarol).mark_open);
    store.replicas_applied(at(25));
    EXPECT_EQ(store.look(kBob).required, at(30)) << "base never falls";
}

TEST_F(SqliteStoreTest, R4KeepsAPinUntilItEnds) {
    SqliteStore store(options());
    static_cast<void>(store.look(kAlice));
    store.leader_sampled(at(10), late());
    const BootTime pin = boot_now() + hours(3);
    store.close(kAlice, 7, 1, at(5), pin);
    store.close(kBob, 7, 1, {}, pin);
    store.replicas_applied(at(30));
    EXPECT_EQ(store.look(kAlice).pinned_until, pin);
    EXPECT_EQ(store.look(kBob).pinned_until, pin);
    EXPECT_EQ(store.look(kBob).required, at(30));
}

TEST_F(SqliteStoreTest, R4NeverSetsAnUnsetBase) {
    SqliteStore store(options());
    static_cast<void>(store.look(kAlice));
    store.replicas_applied(at(30));
    EXPECT_FALSE(store.look(kAlice).base_set);
}

TEST_F(SqliteStoreTest, I6PositionsOnlyRise) {
    SqliteStore store(options());
    static_cast<void>(store.look(kAlice));
    store.leader_sampled(at(10), late());
    store.close(kAlice, 7, 1, at(50), no_pin());
    store.close(kAlice, 8, 1, at(40), no_pin());
    EXPECT_EQ(store.look(kAlice).required, at(50));
    store.close(kAlice, 8, 1, at(3, 2), no_pin());
    EXPECT_EQ(store.look(kAlice).required, at(3, 2));
    store.close(kAlice, 8, 1, at(1000, 1), no_pin());
    EXPECT_EQ(store.look(kAlice).required, at(3, 2));
}

TEST_F(SqliteStoreTest, OrdersTheWholeRangeOfLsns) {
    SqliteStore store(options());
    static_cast<void>(store.look(kAlice));
    store.leader_sampled(at(10), late());
    store.close(kAlice, 7, 1, at(0x7FFF'FFFF'FFFF'FFFFU), no_pin());
    store.close(kAlice, 7, 1, at(0x8000'0000'0000'0000U), no_pin());
    EXPECT_EQ(store.look(kAlice).required.lsn, 0x8000'0000'0000'0000U);
    store.close(kAlice, 7, 1, at(1), no_pin());
    EXPECT_EQ(store.look(kAlice).required.lsn, 0x8000'0000'0000'0000U);
}

TEST_F(SqliteStoreTest, AForeignPositionClosesNothing) {
    SqliteStore store(options());
    store.open(kAlice, 7, 1);
    EXPECT_THROW(store.close(kAlice, 7, 1, {kCluster + 1, 1, 10}, no_pin()), StoreUnavailable);
    EXPECT_TRUE(store.look(kAlice).mark_open);
}

TEST_F(SqliteStoreTest, ClustersShareAFileButNothingElse) {
    SqliteStore one(options());
    SqliteStore two(options(7));
    one.open(kAlice, 7, 1);
    one.leader_sampled(at(10), late());
    EXPECT_FALSE(two.look(kAlice).mark_open);
    EXPECT_FALSE(two.look(kAlice).base_set);
    EXPECT_TRUE(one.look(kAlice).base_set);
}

TEST_F(SqliteStoreTest, IsSharedByEveryStoreOfTheFile) {
    SqliteStore one(options());
    SqliteStore two(options());
    one.open(kAlice, 7, 1);
    EXPECT_TRUE(two.look(kAlice).mark_open);
    two.close(kAlice, 7, 1, at(9), no_pin());
    one.leader_sampled(at(1), late());
    EXPECT_EQ(one.look(kAlice).required, at(9));
}

TEST_F(SqliteStoreTest, HoldsManyUsersAndMarksOfOneBucket) {
    SqliteStore store(options());
    for (std::uint64_t writer = 0; writer < 300; ++writer) store.open(kAlice, writer, 1);
    for (unsigned user = 0; user < 300; ++user) {
        const UserKey key = {1, static_cast<std::uint8_t>(user), static_cast<std::uint8_t>(user >> 8), 9};
        store.close(key, 7, 1, at(1000 + user), no_pin());
    }
    for (std::uint64_t writer = 0; writer < 300; ++writer) {
        EXPECT_TRUE(store.look(kAlice).mark_open);
        store.close(kAlice, writer, 1, at(writer), no_pin());
    }
    EXPECT_FALSE(store.look(kAlice).mark_open);
    store.leader_sampled(at(1), late());
    EXPECT_EQ(store.look(kAlice).required, at(299));
    const UserKey key = {1, 43, 1, 9};
    EXPECT_EQ(store.look(key).required, at(1000 + 256 + 43));
}

TEST_F(SqliteStoreTest, IsForItsOwnerOnlyWhateverTheUmask) {
    const mode_t before = ::umask(0);
    SqliteStore store(options());
    store.open(kAlice, 7, 1);
    ::umask(before);
    for (const auto& entry : std::filesystem::directory_iterator(scratch_.path())) {
        struct stat status {};
        ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 07777U, 0600U) << entry.path();
    }
}

TEST_F(SqliteStoreTest, TakesBackAccessThatSomebodyGave) {
    {
        SqliteStore store(options());
        store.open(kAlice, 7, 1);
    }
    std::filesystem::permissions(path(), std::filesystem::perms(0666));
    SqliteStore store(options());
    EXPECT_TRUE(store.look(kAlice).mark_open);
    EXPECT_EQ(std::filesystem::status(path()).permissions(), std::filesystem::perms(0600));
}

TEST_F(SqliteStoreTest, NeedsNothingBesideTheFileButTheLockAndTheGenerations) {
    SqliteStore store(options());
    store.open(kAlice, 7, 1);
    std::map<std::string, int> names;
    for (const auto& entry : std::filesystem::directory_iterator(scratch_.path())) {
        ++names[entry.path().filename().string()];
    }
    EXPECT_EQ(names, (std::map<std::string, int>{
                         {"users.sqlite", 1}, {"users.sqlite-generations", 1}, {"users.sqlite.lock", 1}}));
}

TEST_F(SqliteStoreTest, IsUnavailableWithoutItsDirectory) {
    SqliteStore store({.path = "/nowhere/users.sqlite", .cluster = kCluster});
    EXPECT_THROW(static_cast<void>(store.look(kAlice)), StoreUnavailable);
    EXPECT_THROW(store.open(kAlice, 7, 1), StoreUnavailable);
}

TEST_F(SqliteStoreTest, IsUsedFromManyThreads) {
    SqliteStore store(options());
    static_cast<void>(store.look(kAlice));
    store.leader_sampled(at(1), late());
    constexpr std::uint64_t kRounds = 100;
    std::vector<std::thread> threads;
    for (std::uint64_t writer = 1; writer <= 4; ++writer) {
        threads.emplace_back([&store, writer] {
            for (std::uint64_t round = 1; round <= kRounds; ++round) {
                store.open(kAlice, writer, round);
                EXPECT_TRUE(store.look(kAlice).mark_open);
                store.close(kAlice, writer, round, at(round * 10 + writer), BootTime(0));
                EXPECT_GE(store.look(kAlice).required.lsn, round * 10 + writer);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_FALSE(store.look(kAlice).mark_open);
    EXPECT_EQ(store.look(kAlice).required, at(kRounds * 10 + 4));
}

// The same random calls on the store and on a map; the store may be reopened, or its file deleted, at any
// time.
TEST_F(SqliteStoreTest, BehavesAsTheTableOfTheRules) {
    struct Entry {
        std::uint64_t lsn = 0;
        BootTime pinned_until{0};
        std::map<WriterId, std::uint64_t> marks;
    };
    struct Table {
        std::uint64_t base = 0;
        std::map<UserKey, Entry> entries;
    };
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto below = [&random](std::uint64_t limit) { return random() % limit; };
    const std::array<UserKey, 4> users = {kAlice, kBob, kCarol, UserKey{3}};
    std::array<std::unique_ptr<SqliteStore>, 2> stores;
    for (auto& store : stores) store = std::make_unique<SqliteStore>(options());
    const BootTime far = boot_now() + hours(10);

    Table table;
    std::uint64_t leader = 1;
    for (int step = 0; step < 4000; ++step) {
        SqliteStore& store = *stores.at(below(2));
        const UserKey& user = users.at(below(4));
        const WriterId writer = below(3);
        const std::uint64_t sequence = below(4);
        leader += below(3);
        if (below(50) == 0) std::filesystem::remove(path() + "-generations");
        switch (below(20)) {
            case 0:
                // Whoever finds the file lost tells everybody by the birth of the new table.
                if (below(2) == 0) std::filesystem::remove(path() + "-generations");
                std::filesystem::remove(path());
                static_cast<void>(SqliteStore(options()).look(user));
                table = {};
                break;
            case 1:
                stores.at(below(2)) = std::make_unique<SqliteStore>(options());
                break;
            case 2:
                static_cast<void>(store.look(user));
                store.leader_sampled(at(leader), late());
                if (table.base == 0) table.base = leader;
                for (auto& [key, entry] : table.entries) {
                    if (!entry.marks.empty()) entry.lsn = std::max(entry.lsn, leader);
                    entry.marks.clear();
                }
                break;
            case 3:
                store.leader_sampled(at(leader), early());
                break;
            case 4:
            case 5:
                store.replicas_applied(at(leader / 2));
                if (table.base != 0) table.base = std::max(table.base, leader / 2);
                break;
            case 6:
            case 7:
            case 8:
            case 9: {
                store.open(user, writer, sequence);
                std::uint64_t& mark = table.entries[user].marks[writer];
                mark = std::max(mark, sequence);
                break;
            }
            case 10:
            case 11:
            case 12:
            case 13: {
                const BootTime pin = below(4) == 0 ? far + milliseconds(below(1000)) : no_pin();
                const std::uint64_t lsn = leader - below(leader);
                store.close(user, writer, sequence, at(lsn), pin);
                Entry& entry = table.entries[user];
                entry.lsn = std::max(entry.lsn, lsn);
                entry.pinned_until = std::max(entry.pinned_until, pin);
                const auto mark = entry.marks.find(writer);
                if (mark != entry.marks.end() && mark->second == sequence) entry.marks.erase(mark);
                break;
            }
            default: {
                const UserLook look = store.look(user);
                const Entry& entry = table.entries[user];
                ASSERT_EQ(look.base_set, table.base != 0) << step;
                ASSERT_EQ(look.mark_open, !entry.marks.empty()) << step;
                ASSERT_EQ(look.pinned_until, entry.pinned_until) << step;
                if (look.base_set) {
                    ASSERT_EQ(look.required, at(std::max(table.base, entry.lsn))) << step;
                }
            }
        }
    }
}

}  // namespace
}  // namespace freshread
