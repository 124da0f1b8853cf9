#include "state/shared_turns.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "scratch_directory.h"
#include "state/user_table.h"

namespace freshread {
namespace {

namespace fs = std::filesystem;

class SharedTurnsTest : public testing::Test {
 protected:
    [[nodiscard]] static BootTime soon() { return boot_now() + std::chrono::seconds(30); }
    [[nodiscard]] std::string file() const { return scratch_.file("users"); }
    [[nodiscard]] std::string lock() const { return scratch_.file("users.lock"); }
    void remove_turns() const {
        for (const auto& entry : fs::directory_iterator(scratch_.path())) fs::remove(entry.path());
    }

    ScratchDirectory scratch_;
    SharedTurns one_{file(), lock()};
    SharedTurns other_{file(), lock()};
};

TEST_F(SharedTurnsTest, AreTheSameForAllWhoNameTheFile) {
    {
        auto turn = one_.take(soon());
        EXPECT_FALSE(other_.free());
        EXPECT_FALSE(turn.end());
        EXPECT_TRUE(other_.free());
        const auto its = other_.take(soon());
        EXPECT_FALSE(one_.free());
    }
    EXPECT_TRUE(one_.free() && other_.free());
}

TEST_F(SharedTurnsTest, AreTheSameAgainWhenTheirFileWasDeleted) {
    const auto before = one_.take(soon());
    remove_turns();
    const auto turn = one_.take(soon());
    EXPECT_FALSE(other_.free());
}

TEST_F(SharedTurnsTest, OfAnotherFileAreOthers) {
    SharedTurns third(scratch_.file("others"), lock());
    const auto turn = one_.take(soon());
    EXPECT_TRUE(third.free());
}

TEST_F(SharedTurnsTest, WhereNothingCanBeSharedTheyAreThisProcesss) {
    SharedTurns alone("/nowhere/users", "/nowhere/users.lock");
    const auto turn = alone.take(soon());
    EXPECT_FALSE(alone.free());
    EXPECT_THROW(static_cast<void>(alone.take(boot_now())), StoreUnavailable);
}

}  // namespace
}  // namespace freshread
