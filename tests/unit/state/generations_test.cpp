#include "state/generations.h"

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch_directory.h"
#include "state/user_table.h"

namespace freshread {
namespace {

namespace fs = std::filesystem;

BootTime soon() {
    return boot_now() + std::chrono::seconds(5);
}

class GenerationsTest : public testing::Test {
 protected:
    [[nodiscard]] std::string store() const { return scratch_.file("users"); }
    [[nodiscard]] std::string path() const { return scratch_.file("users-generations"); }
    static Generation loaded(Generations& generations, std::size_t slot = 3) {
        const auto generation = generations.load(slot);
        return generation ? *generation : generations.load_anew(slot).value();
    }
    static void bump(Generations& generations, std::size_t slot = 3) {
        const std::array slots = {slot};
        generations.bump(slots, soon());
    }
    [[nodiscard]] std::string content() const {
        std::ifstream file(path(), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }
    void overwrite(const std::string& bytes) const {
        std::fstream(path(), std::ios::in | std::ios::out | std::ios::binary) << bytes;
    }

    // After `damage`, a bump of any process is seen by one that loaded before, and by one that loads between.
    void expect_survival(const std::function<void()>& damage) const {
        for (const bool reader_first : {false, true}) {
            Generations reader(store());
            Generations writer(store());
            const Generation before = loaded(reader);
            static_cast<void>(loaded(writer));
            damage();
            const Generation between = reader_first ? loaded(reader) : before;
            bump(writer);
            EXPECT_NE(loaded(reader), before);
            EXPECT_NE(loaded(reader), between);
            const Generation settled = loaded(reader);
            EXPECT_EQ(loaded(reader), settled);
            bump(writer);
            EXPECT_NE(loaded(reader), settled) << "both must use the same file";
        }
    }

    ScratchDirectory scratch_;
};

TEST_F(GenerationsTest, StandsUntilItsSlotIsBumped) {
    Generations one(store());
    Generations two(store());
    const Generation before = loaded(one);
    EXPECT_EQ(loaded(one), before);
    bump(two, 4);
    EXPECT_EQ(loaded(one), before);
    bump(two, 3);
    EXPECT_NE(loaded(one), before);
}

TEST_F(GenerationsTest, ManySlotsAndAllAreBumped) {
    Generations one(store());
    Generations two(store());
    for (const std::size_t count : {2U, 8U, 9U, 200U}) {
        std::vector<std::size_t> slots;
        std::vector<Generation> before;
        for (std::size_t slot = 0; slot < count; ++slot) slots.push_back(slot);
        for (const std::size_t slot : slots) before.push_back(loaded(one, slot));
        two.bump(slots, soon());
        for (const std::size_t slot : slots) EXPECT_NE(loaded(one, slot), before[slot]);
    }
    std::vector<Generation> before;
    for (std::size_t slot = 0; slot < Generations::kSlots; ++slot) before.push_back(loaded(one, slot));
    two.bump_all(soon());
    for (std::size_t slot = 0; slot < Generations::kSlots; ++slot) EXPECT_NE(loaded(one, slot), before[slot]);
}

TEST_F(GenerationsTest, ABumpOfNothingLeavesEverything) {
    Generations one(store());
    Generations two(store());
    const Generation before = loaded(one);
    two.bump({}, soon());
    EXPECT_EQ(loaded(one), before);
}

TEST_F(GenerationsTest, NoNumberComesTwice) {
    Generations generations(store());
    std::set<std::uint64_t> numbers;
    for (int round = 0; round < 10; ++round) {
        for (std::size_t slot = 0; slot < Generations::kSlots; ++slot) {
            EXPECT_TRUE(numbers.insert(loaded(generations, slot).number).second);
        }
        if (round % 2 == 0) {
            generations.bump_all(soon());
        } else {
            fs::remove(path());
        }
    }
}

TEST_F(GenerationsTest, DoesNotTouchTheFileBeforeTheFirstCall) {
    const Generations generations(store());
    EXPECT_TRUE(fs::is_empty(scratch_.path()));
}

TEST_F(GenerationsTest, IsOfOneSizeAndForItsOwnerOnly) {
    const mode_t before = ::umask(0);
    Generations generations(store());
    static_cast<void>(loaded(generations));
    ::umask(before);
    bump(generations, Generations::kSlots - 1);
    struct stat status {};
    ASSERT_EQ(::lstat(path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
    EXPECT_EQ(status.st_size, 4096);
    fs::permissions(path(), fs::perms(0666));
    Generations newcomer(store());
    static_cast<void>(loaded(newcomer));
    EXPECT_EQ(fs::status(path()).permissions(), fs::perms(0600));
}

TEST_F(GenerationsTest, SurvivesAReadOnlyFile) {
    expect_survival([this] { fs::permissions(path(), fs::perms(0400)); });
    Generations newcomer(store());
    bump(newcomer);
}

TEST_F(GenerationsTest, SurvivesDeletion) {
    expect_survival([this] { fs::remove(path()); });
}

TEST_F(GenerationsTest, SurvivesBeingMovedAway) {
    expect_survival([this] { fs::rename(path(), path() + ".old"); });
}

TEST_F(GenerationsTest, SurvivesDeletionOfOneOfTwoNames) {
    expect_survival([this] {
        fs::remove(path() + ".other");
        fs::create_hard_link(path(), path() + ".other");
        fs::remove(path());
    });
}

TEST_F(GenerationsTest, SurvivesTruncation) {
    for (const std::uintmax_t kept : {0U, 1U, 48U, 64U, 4095U}) {
        SCOPED_TRACE(kept);
        expect_survival([&] { fs::resize_file(path(), kept); });
    }
}

TEST_F(GenerationsTest, SurvivesBeingCutAgainAndAgainWhileOthersGrowIt) {
    Generations reader(store());
    Generations writer(store());
    bump(writer, 3);
    std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
    for (int round = 0; round < 4; ++round) {
        fs::resize_file(path(), 0);
        bump(writer, 9);
        const Generation holes = loaded(reader, 3);
        EXPECT_TRUE(seen.insert({holes.opening, holes.number}).second);
        bump(writer, 3);
    }
}

TEST_F(GenerationsTest, SurvivesGarbageEvenTheSameTwice) {
    Generations reader(store());
    Generations writer(store());
    bump(writer);
    std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
    for (const char noise : {'x', 'x', '\0', '\0', '\xFF', '\xFF'}) {
        overwrite(std::string(4096, noise));
        const Generation found = loaded(reader);
        EXPECT_TRUE(seen.insert({found.opening, found.number}).second);
        bump(writer);
    }
    expect_survival([this] { overwrite(std::string(5000, 'x')); });
}

TEST_F(GenerationsTest, AnOlderCopyInItsPlaceBringsNothingBack) {
    Generations reader(store());
    Generations writer(store());
    const Generation before = loaded(reader);
    fs::copy_file(path(), path() + ".copy");
    bump(writer);
    fs::rename(path() + ".copy", path());
    EXPECT_EQ(loaded(reader).number, before.number);
    EXPECT_NE(loaded(reader), before);
    const Generation copied = loaded(reader);
    bump(writer);
    EXPECT_NE(loaded(reader), copied);
}

TEST_F(GenerationsTest, ASymbolicLinkIsNotFollowed) {
    expect_survival([this] {
        fs::rename(path(), path() + ".elsewhere");
        fs::create_symlink(path() + ".elsewhere", path());
    });
    EXPECT_FALSE(fs::is_symlink(path()));
}

TEST_F(GenerationsTest, SomethingElseInItsPlaceIsReplaced) {
    expect_survival([this] {
        fs::remove(path());
        ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
    });
    EXPECT_TRUE(fs::is_regular_file(path()));
}

TEST_F(GenerationsTest, WhereNoneCanBeNobodyMayWrite) {
    Generations writer(store());
    Generations reader(store());
    static_cast<void>(loaded(writer));
    static_cast<void>(loaded(reader));
    fs::remove(path());
    fs::create_directory(path());
    EXPECT_EQ(reader.load(3), std::nullopt);
    EXPECT_EQ(reader.load_anew(3), std::nullopt);
    EXPECT_THROW(bump(writer), StoreUnavailable);
    EXPECT_THROW(writer.require(soon()), StoreUnavailable);
    fs::remove(path());
    EXPECT_NO_THROW(writer.require(soon()));
    EXPECT_NO_THROW(bump(writer));
    EXPECT_TRUE(reader.load_anew(3).has_value());
}

TEST_F(GenerationsTest, ANewDirectoryInTheOldOnesPlaceHasItsOwn) {
    const std::string directory = scratch_.file("state");
    fs::create_directory(directory);
    Generations reader(directory + "/users");
    const Generation before = loaded(reader);
    fs::rename(directory, directory + ".old");
    fs::create_directory(directory);
    Generations writer(directory + "/users");
    bump(writer);
    EXPECT_NE(loaded(reader), before);
}

TEST_F(GenerationsTest, ProcessesThatRaceMakeOneFile) {
    for (int round = 0; round < 30; ++round) {
        fs::remove(path());
        std::vector<pid_t> children;
        for (int process = 0; process < 5; ++process) {
            const pid_t child = ::fork();
            ASSERT_GE(child, 0);
            if (child == 0) {
                Generations generations(store());
                generations.require(soon());
                ::_exit(generations.load(3) ? 0 : 1);
            }
            children.push_back(child);
        }
        for (const pid_t child : children) {
            int status = 0;
            ASSERT_EQ(::waitpid(child, &status, 0), child);
            EXPECT_EQ(status, 0) << "the file that was made first must have stayed";
        }
    }
}

// A word is two, which are read while others write them: that must not be taken for damage.
TEST_F(GenerationsTest, IsNotTakenForDamagedWhileItIsBumped) {
    Generations reader(store());
    const Generation first = loaded(reader);
    std::atomic<bool> over{false};
    std::vector<std::thread> threads;
    for (int writer = 0; writer < 2; ++writer) {
        threads.emplace_back([&over, name = store()] {
            Generations generations(name);
            while (!over.load()) bump(generations);
        });
    }
    for (int round = 0; round < 50000; ++round) EXPECT_TRUE(reader.load(3).has_value());
    over = true;
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(loaded(reader).opening, first.opening);
}

}  // namespace
}  // namespace freshread
