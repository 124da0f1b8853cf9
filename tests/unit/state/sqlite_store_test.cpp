// What is particular to the store in a file; the rules of the table are asked in tests/stores.
#include "state/sqlite_store.h"

#include <filesystem>
#include <map>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "scratch_directory.h"
#include "tests/unit/state/table_values.h"

namespace freshread {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class SqliteStoreTest : public testing::Test {
 protected:
    [[nodiscard]] SqliteStore::Options options() const {
        return {.path = path(), .cluster = kCluster, .timeout = milliseconds(5000), .mark_age = hours(1)};
    }
    [[nodiscard]] std::string path() const { return scratch_.file("users.sqlite"); }

    ScratchDirectory scratch_;
};

TEST_F(SqliteStoreTest, DoesNotTouchTheFileBeforeTheFirstCall) {
    SqliteStore store(options());
    EXPECT_FALSE(std::filesystem::exists(path()));
    static_cast<void>(store.look(kAlice));
    EXPECT_TRUE(std::filesystem::exists(path()));
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

TEST_F(SqliteStoreTest, NeedsNothingBesideTheFileButTheLockTheGenerationsAndTheTurns) {
    SqliteStore store(options());
    store.open(kAlice, 7, 1);
    std::map<std::string, int> names;
    for (const auto& entry : std::filesystem::directory_iterator(scratch_.path())) {
        const std::string name = entry.path().filename().string();
        // What follows are the shared memory's namespaces.
        const auto end = name.find("-turns-");
        ++names[end == std::string::npos ? name : name.substr(0, end) + "-turns-"];
    }
    EXPECT_EQ(names, (std::map<std::string, int>{{"users.sqlite", 1},
                                                 {"users.sqlite-generations", 1},
                                                 {"users.sqlite-turns-", 1},
                                                 {"users.sqlite.lock", 1}}));
}

TEST_F(SqliteStoreTest, IsUnavailableWithoutItsDirectory) {
    SqliteStore store({.path = "/nowhere/users.sqlite", .cluster = kCluster});
    EXPECT_THROW(static_cast<void>(store.look(kAlice)), StoreUnavailable);
    EXPECT_THROW(store.open(kAlice, 7, 1), StoreUnavailable);
}

}  // namespace
}  // namespace freshread
