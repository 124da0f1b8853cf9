// The key that names users is a file beside the table: when it is lost and made anew, no process may look for
// a user's entry under a name that others no longer use.
#include <chrono>
#include <filesystem>

#include <gtest/gtest.h>

#include "scratch_directory.h"
#include "state/sqlite_store.h"
#include "tests/unit/state/table_values.h"

namespace freshread {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr UserKey kUser = {1, 2, 3};

class KeyOfStore : public testing::Test {
 protected:
    [[nodiscard]] SqliteStore::Options options() const {
        return {.path = scratch_.file("users.sqlite"),
                .key_directory = scratch_.file("."),
                .cluster = kCluster,
                .timeout = milliseconds(5000),
                .mark_age = hours(1)};
    }
    // A store that holds the key it will lose, and what the user wrote.
    void fill(SqliteStore& store) {
        static_cast<void>(store.look(kUser));
        store.leader_sampled(at(10), boot_now() + hours(2));
        store.open(kUser, 7, 1);
        store.close(kUser, 7, 1, at(50), BootTime(0));
    }

    ScratchDirectory scratch_{};
};

TEST_F(KeyOfStore, AProcessThatHoldsALostKeyFindsWhatIsWrittenUnderTheNewOne) {
    SqliteStore old(options());
    fill(old);
    ASSERT_TRUE(std::filesystem::remove(scratch_.file("key")));
    ASSERT_TRUE(std::filesystem::remove(scratch_.file("users.sqlite")));

    SqliteStore fresh(options());
    fresh.open(kUser, 8, 1);
    EXPECT_TRUE(old.look(kUser).mark_open);
    old.open(kUser, 7, 2);
    fresh.close(kUser, 8, 1, at(60), BootTime(0));
    EXPECT_TRUE(fresh.look(kUser).mark_open);
}

TEST_F(KeyOfStore, ALostKeyTakesTheTableWithIt) {
    SqliteStore old(options());
    fill(old);
    ASSERT_TRUE(old.look(kUser).base_set);
    ASSERT_TRUE(std::filesystem::remove(scratch_.file("key")));

    SqliteStore fresh(options());
    EXPECT_FALSE(fresh.look(kUser).base_set) << "the entry is kept under a name that this key does not give";
    EXPECT_FALSE(old.look(kUser).base_set);
}

TEST_F(KeyOfStore, AsLongAsTheKeyStaysTheTableDoes) {
    SqliteStore old(options());
    fill(old);
    SqliteStore fresh(options());
    EXPECT_EQ(fresh.look(kUser).required, at(50));
    EXPECT_EQ(old.look(kUser).required, at(50));
}

}  // namespace
}  // namespace freshread
