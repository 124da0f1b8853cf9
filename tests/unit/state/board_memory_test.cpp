#include "state/board_memory.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch_directory.h"

namespace freshread {
namespace {

constexpr std::uint64_t kBoardsCluster = 42;

class BoardMemoryTest : public testing::Test {
 protected:
    [[nodiscard]] std::shared_ptr<BoardMemory> board() const {
        return BoardMemory::shared(scratch_.path(), kBoardsCluster);
    }
    // The file that names the board.
    [[nodiscard]] std::string file() const {
        for (const auto& entry : std::filesystem::directory_iterator(scratch_.path()))
            if (entry.path().extension() != ".lock") return entry.path().string();
        return {};
    }
    void write_into_file(std::streamoff at, char byte) const {
        std::fstream stream(file(), std::ios::in | std::ios::out | std::ios::binary);
        stream.seekp(at);
        stream.put(byte);
    }

    ScratchDirectory scratch_;
};

TEST_F(BoardMemoryTest, IsTheSameForAll) {
    const auto one = board();
    const auto two = board();
    ASSERT_TRUE(one && two);
    EXPECT_EQ(one->identity(), two->identity());
    one->layout().bell.store(7);
    EXPECT_EQ(two->layout().bell.load(), 7U);
    EXPECT_TRUE(one->at_path() && two->at_path());
    EXPECT_NE(BoardMemory::shared(scratch_.path(), kBoardsCluster + 1)->identity(), one->identity());
    EXPECT_NE(BoardMemory::own(kBoardsCluster)->identity(), one->identity());
}

TEST_F(BoardMemoryTest, IsSharedWithAnotherProcess) {
    const auto mine = board();
    const pid_t child = ::fork();
    if (child == 0) {
        const auto its = board();
        if (its) its->layout().bell.store(7);
        ::_exit(its && its->identity() == mine->identity() ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(mine->layout().bell.load(), 7U);
}

TEST_F(BoardMemoryTest, GoesWithItsLastProcess) {
    const std::uint64_t before = board()->identity();
    EXPECT_NE(board()->identity(), before);
}

TEST_F(BoardMemoryTest, IsForTheAccountAlone) {
    const mode_t mask = ::umask(0);
    const auto mine = board();
    ::umask(mask);
    struct stat status {};
    ASSERT_EQ(::stat(file().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

// Each: done to the file while the board is in use, and the next that comes makes another.
TEST_F(BoardMemoryTest, ADamagedOrForeignFileIsReplaced) {
    namespace fs = std::filesystem;
    const std::vector<std::pair<std::string, std::function<void()>>> damages = {
        {"cut", [&] { fs::resize_file(file(), 5); }},
        {"empty", [&] { fs::resize_file(file(), 0); }},
        {"longer", [&] { fs::resize_file(file(), 4096); }},
        {"another segment", [&] { write_into_file(0, '\x7f'); }},
        {"another board", [&] { write_into_file(8, '\x7f'); }},
        {"digest", [&] { write_into_file(16, '\x7f'); }},
        {"readable to others", [&] { ::chmod(file().c_str(), 0644); }},
        {"gone", [&] { fs::remove(file()); }},
        {"a symbolic link",
         [&] {
             const std::string path = file();
             fs::rename(path, scratch_.file("elsewhere.lock"));
             fs::create_symlink(scratch_.file("elsewhere.lock"), path);
         }},
        {"of two names", [&] { fs::create_hard_link(file(), scratch_.file("second.lock")); }},
    };
    for (const auto& [name, damage] : damages) {
        const auto before = board();
        ASSERT_TRUE(before) << name;
        before->layout().bell.store(1);
        damage();
        const auto after = board();
        ASSERT_TRUE(after) << name;
        EXPECT_NE(after->identity(), before->identity()) << name;
        EXPECT_FALSE(before->at_path()) << name;
        EXPECT_TRUE(after->at_path()) << name;
        // Nobody who still has the old one is harmed.
        EXPECT_EQ(before->layout().bell.fetch_add(1), 1U) << name;
        EXPECT_EQ(after->layout().bell.load(), 0U) << name;
    }
}

TEST_F(BoardMemoryTest, ADamagedHeaderIsReplaced) {
    for (std::size_t word = 0; word < board_layout::Board::Constants; ++word) {
        const auto before = board();
        before->layout().constants[word].fetch_xor(1);
        const auto after = board();
        ASSERT_TRUE(after) << word;
        EXPECT_NE(after->identity(), before->identity()) << word;
        EXPECT_FALSE(before->at_path()) << word;
    }
}

TEST_F(BoardMemoryTest, WhatCannotBeReplacedLeavesNone) {
    const auto before = board();
    const std::string path = file();
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
    EXPECT_FALSE(board());
    EXPECT_FALSE(BoardMemory::shared("/nowhere", kBoardsCluster));
}

TEST_F(BoardMemoryTest, NumbersOfALaterBoardAreHigher) {
    const auto before = board();
    std::filesystem::remove(file());
    before->layout().begun.fetch_add(1000);
    EXPECT_GT(board()->layout().begun.load(), before->layout().begun.load());
}

// As many processes as start at once make one board.
TEST_F(BoardMemoryTest, ThoseThatStartAtOnceShareOne) {
    constexpr int kProcesses = 20;
    std::array<int, 2> go{};
    std::array<int, 2> over{};
    std::array<int, 2> answers{};
    ASSERT_TRUE(::pipe(go.data()) == 0 && ::pipe(over.data()) == 0 && ::pipe(answers.data()) == 0);
    // Until the test closes its end.
    const auto await = [](const std::array<int, 2>& signal) {
        char byte = 0;
        ::close(signal[1]);
        return ::read(signal[0], &byte, 1) == 0;
    };
    std::vector<pid_t> children;
    for (int number = 0; number < kProcesses; ++number) {
        children.push_back(::fork());
        if (children.back() != 0) continue;
        ::close(over[1]);
        bool well = await(go);
        const auto its = board();
        const std::uint64_t identity = its ? its->identity() : 0;
        well =
            ::write(answers[1], &identity, sizeof identity) == static_cast<ssize_t>(sizeof identity) && well;
        ::_exit(await(over) && well ? 0 : 1);
    }
    ::close(go[1]);
    std::set<std::uint64_t> identities;
    for (int number = 0; number < kProcesses; ++number) {
        std::uint64_t identity = 0;
        ASSERT_EQ(::read(answers[0], &identity, sizeof identity), static_cast<ssize_t>(sizeof identity));
        identities.insert(identity);
    }
    EXPECT_EQ(identities.size(), 1U);
    EXPECT_FALSE(identities.contains(0));
    ::close(over[1]);
    for (const pid_t child : children) {
        int status = -1;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    for (const int descriptor : {go[0], over[0], answers[0], answers[1]}) ::close(descriptor);
}

}  // namespace
}  // namespace freshread
