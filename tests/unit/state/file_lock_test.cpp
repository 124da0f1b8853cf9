#include "state/file_lock.h"

#include <array>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state/user_table.h"
#include "tests/unit/state/scratch_directory.h"

namespace freshread {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(FileLock, IsHadByOneAtATime) {
    const ScratchDirectory scratch;
    const std::string path = scratch.file("lock");
    {
        const FileLock lock(path, boot_now() + seconds(5));
        EXPECT_THROW(FileLock(path, boot_now() + milliseconds(5)), StoreUnavailable);
    }
    EXPECT_NO_THROW(FileLock(path, boot_now() + milliseconds(5)));
}

TEST(FileLock, IsNotKeptByAChildThatWasForkedMeanwhile) {
    const ScratchDirectory scratch;
    const std::string path = scratch.file("lock");
    std::array<int, 2> until{};
    ASSERT_EQ(::pipe(until.data()), 0);
    pid_t child = -1;
    {
        const FileLock lock(path, boot_now() + seconds(5));
        child = ::fork();
        if (child == 0) {
            ::close(until[1]);
            char nothing = 0;
            ::_exit(::read(until[0], &nothing, 1) == 0 ? 0 : 1);
        }
    }
    ASSERT_GT(child, 0);
    EXPECT_NO_THROW(FileLock(path, boot_now() + milliseconds(5)));
    ::close(until[0]);
    ::close(until[1]);
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace freshread
