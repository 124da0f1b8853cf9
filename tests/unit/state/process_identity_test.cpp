#include "state/process_identity.h"

#include <csignal>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace freshread {
namespace {

TEST(ProcessIdentityTest, OneThatRunsLives) {
    EXPECT_EQ(this_process(), this_process());
    EXPECT_NE(this_process().started, 0U);
    EXPECT_TRUE(may_live(this_process()));
}

TEST(ProcessIdentityTest, OneThatEndedDoesNotAlsoBeforeItsParentAsks) {
    ProcessIdentity child = this_process();
    const pid_t process = ::fork();
    if (process == 0) {
        ::pause();
        ::_exit(0);
    }
    child.process = static_cast<std::uint64_t>(process);
    child.started = 0;
    EXPECT_TRUE(may_live(child));
    ::kill(process, SIGKILL);
    siginfo_t ended{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(process), &ended, WEXITED | WNOWAIT), 0);
    child.started = this_process().started;
    EXPECT_FALSE(may_live(child)) << "a zombie";
    ASSERT_EQ(::waitpid(process, nullptr, 0), process);
    EXPECT_FALSE(may_live(child));
}

TEST(ProcessIdentityTest, AnotherOfTheSameNumberIsAnother) {
    ProcessIdentity earlier = this_process();
    --earlier.started;
    EXPECT_FALSE(may_live(earlier));
    EXPECT_FALSE(may_live({}));
    EXPECT_FALSE(may_live({~std::uint64_t{0}, 1, this_process().pid_namespace}));
}

TEST(ProcessIdentityTest, OfAnotherNamespaceNothingCanBeTold) {
    ProcessIdentity elsewhere = this_process();
    ++elsewhere.pid_namespace;
    ++elsewhere.started;
    EXPECT_TRUE(may_live(elsewhere));
}

}  // namespace
}  // namespace freshread
