#include "state/user_key.h"

#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch_directory.h"

namespace freshread {
namespace {

TEST(UserKey, IsHmacSha256CutTo128Bits) {
    // RFC 4231, test case 2.
    const UserKey expected = {0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e,
                              0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7};
    EXPECT_EQ(user_key("Jefe", "what do ya want for nothing?"), expected);
}

TEST(UserKey, DependsOnTheSecretAndTheName) {
    EXPECT_NE(user_key("one", "alice"), user_key("two", "alice"));
    EXPECT_NE(user_key("one", "alice"), user_key("one", "bob"));
    EXPECT_NE(user_key("one", ""), user_key("one", std::string_view("\0", 1)));
}

TEST(UserKeySecret, IsMadeOnceWithMode0600WhateverTheUmask) {
    const ScratchDirectory scratch;
    const mode_t before = ::umask(0);
    const std::string secret = user_key_secret(scratch.path());
    ::umask(before);
    EXPECT_EQ(secret.size(), 32U);
    EXPECT_EQ(user_key_secret(scratch.path()), secret);
    struct stat status {};
    ASSERT_EQ(::stat(scratch.file("key").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST(UserKeySecret, LeavesNothingElseBehind) {
    const ScratchDirectory scratch;
    static_cast<void>(user_key_secret(scratch.path()));
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(scratch.path())) {
        names.insert(entry.path().filename().string());
    }
    EXPECT_EQ(names, std::set<std::string>{"key"});
}

TEST(UserKeySecret, IsTheSameForProcessesThatRace) {
    const ScratchDirectory scratch;
    int answers[2];
    ASSERT_EQ(::pipe(answers), 0);
    constexpr int kProcesses = 16;
    for (int process = 0; process < kProcesses; ++process) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            const std::string secret = user_key_secret(scratch.path());
            const bool told = ::write(answers[1], secret.data(), secret.size()) == 32;
            ::_exit(told ? 0 : 1);
        }
    }
    std::set<std::string> secrets;
    for (int process = 0; process < kProcesses; ++process) {
        std::string secret(32, '\0');
        ASSERT_EQ(::read(answers[0], secret.data(), secret.size()), 32);
        secrets.insert(secret);
    }
    for (int process = 0; process < kProcesses; ++process) {
        int status = 0;
        ASSERT_GT(::wait(&status), 0);
        EXPECT_EQ(status, 0);
    }
    ::close(answers[0]);
    ::close(answers[1]);
    EXPECT_EQ(secrets.size(), 1U);
}

TEST(UserKeySecret, IsRefusedWhenOthersCanReadIt) {
    const ScratchDirectory scratch;
    static_cast<void>(user_key_secret(scratch.path()));
    ASSERT_EQ(::chmod(scratch.file("key").c_str(), 0640), 0);
    EXPECT_THROW(static_cast<void>(user_key_secret(scratch.path())), StoreUnavailable);
}

TEST(UserKeySecret, IsRefusedWithAnotherSize) {
    for (const std::size_t size : {0U, 31U, 33U}) {
        const ScratchDirectory scratch;
        std::ofstream(scratch.file("key")) << std::string(size, 'x');
        ASSERT_EQ(::chmod(scratch.file("key").c_str(), 0600), 0);
        EXPECT_THROW(static_cast<void>(user_key_secret(scratch.path())), StoreUnavailable) << size;
    }
}

TEST(UserKeySecret, IsRefusedAsASymbolicLink) {
    const ScratchDirectory scratch;
    const ScratchDirectory elsewhere;
    static_cast<void>(user_key_secret(elsewhere.path()));
    std::filesystem::create_symlink(elsewhere.file("key"), scratch.file("key"));
    EXPECT_THROW(static_cast<void>(user_key_secret(scratch.path())), StoreUnavailable);
}

TEST(UserKeySecret, IsRefusedWhenSomebodyElseOwnsIt) {
    if (::geteuid() != 0) GTEST_SKIP() << "giving a file away needs root";
    const ScratchDirectory scratch;
    static_cast<void>(user_key_secret(scratch.path()));
    ASSERT_EQ(::chown(scratch.file("key").c_str(), 65534, 65534), 0);
    EXPECT_THROW(static_cast<void>(user_key_secret(scratch.path())), StoreUnavailable);
}

TEST(UserKeySecret, NeedsItsDirectory) {
    EXPECT_THROW(static_cast<void>(user_key_secret("/nowhere/freshread")), StoreUnavailable);
}

}  // namespace
}  // namespace freshread
