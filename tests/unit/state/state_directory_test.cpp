#include "state/state_directory.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch_directory.h"
#include "state/user_table.h"

namespace freshread {
namespace {

mode_t mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 07777U;
}

std::string complaint(const std::string& path) {
    try {
        prepare_state_directory(path);
    } catch (const StoreUnavailable& refusal) {
        return refusal.what();
    }
    return "";
}

TEST(StateDirectory, IsAFunctionOfTheAccountAlone) {
    constexpr uid_t kNobodyHere = 4'000'000'000U;
    ::setenv("XDG_RUNTIME_DIR", "/elsewhere", 1);
    ::setenv("TMPDIR", "/elsewhere", 1);
    EXPECT_EQ(default_state_directory(kNobodyHere), "/var/tmp/freshread-4000000000");
    ::unsetenv("XDG_RUNTIME_DIR");
    ::unsetenv("TMPDIR");
}

TEST(StateDirectory, IsMadeForItsOwnerOnlyWhateverTheUmask) {
    const ScratchDirectory scratch;
    for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{0777}}) {
        const std::string path = scratch.file("umask" + std::to_string(mask));
        const mode_t before = ::umask(mask);
        const std::string refusal = complaint(path);
        ::umask(before);
        if (::geteuid() == 0 || mask != 0777) {
            EXPECT_EQ(refusal, "");
            EXPECT_EQ(mode_of(path), 0700U);
        }
    }
}

TEST(StateDirectory, MayBeThereAlready) {
    const ScratchDirectory scratch;
    prepare_state_directory(scratch.file("state"));
    EXPECT_NO_THROW(prepare_state_directory(scratch.file("state")));
}

TEST(StateDirectory, RefusesASymbolicLink) {
    const ScratchDirectory scratch;
    prepare_state_directory(scratch.file("state"));
    std::filesystem::create_directory_symlink(scratch.file("state"), scratch.file("link"));
    const std::string refusal = complaint(scratch.file("link"));
    EXPECT_NE(refusal.find("symbolic link"), std::string::npos) << refusal;
    EXPECT_NE(refusal.find(scratch.file("link")), std::string::npos) << refusal;
}

TEST(StateDirectory, RefusesWhatOthersCanEnter) {
    const ScratchDirectory scratch;
    const std::string path = scratch.file("state");
    prepare_state_directory(path);
    for (const mode_t mode : {mode_t{0755}, mode_t{0710}, mode_t{0701}}) {
        ASSERT_EQ(::chmod(path.c_str(), mode), 0);
        EXPECT_NE(complaint(path).find("0700"), std::string::npos);
        EXPECT_EQ(mode_of(path), mode) << "left as it was found";
    }
}

TEST(StateDirectory, RefusesAFile) {
    const ScratchDirectory scratch;
    std::ofstream(scratch.file("state")) << "text";
    EXPECT_NE(complaint(scratch.file("state")).find("not a directory"), std::string::npos);
}

TEST(StateDirectory, RefusesSomebodyElses) {
    if (::geteuid() != 0) GTEST_SKIP() << "giving a directory away needs root";
    const ScratchDirectory scratch;
    const std::string path = scratch.file("state");
    prepare_state_directory(path);
    ASSERT_EQ(::chown(path.c_str(), 65534, 65534), 0);
    EXPECT_NE(complaint(path).find("uid 65534"), std::string::npos);
}

TEST(StateDirectory, SaysWhyItCannotBeMade) {
    EXPECT_NE(complaint("/nowhere/freshread").find("cannot be made"), std::string::npos);
}

}  // namespace
}  // namespace freshread
