#include "state/process_counts.h"

#include <memory>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state/board_layout.h"

namespace freshread {
namespace {

class ProcessCounts : public testing::Test {
 protected:
    // One that has ended.
    static ProcessIdentity ended(std::uint64_t started) {
        ProcessIdentity process = this_process();
        process.started += started + 1;
        return process;
    }
    void publish(const ProcessIdentity& process, std::uint64_t first, std::uint64_t second) {
        publish_counts(*board_, process, std::array{first, second});
    }

    const std::unique_ptr<board_layout::Board> board_ = std::make_unique<board_layout::Board>();
};

TEST_F(ProcessCounts, AreTheLatestOfEachProcess) {
    EXPECT_TRUE(read_counts(*board_).living.empty());
    publish(this_process(), 1, 2);
    publish(this_process(), 3, 4);
    publish(ended(1), 10, 20);
    const CountsOfProcesses all = read_counts(*board_);
    ASSERT_EQ(all.living.size(), 1U);
    EXPECT_EQ(all.living[0].process, this_process());
    EXPECT_EQ(all.living[0].counts[0], 3U);
    EXPECT_EQ(all.total[0], 13U);
    EXPECT_EQ(all.total[1], 24U);
}

TEST_F(ProcessCounts, TheTotalOutlastsThePlaces) {
    constexpr std::uint64_t kMany = 1000;
    for (std::uint64_t number = 0; number < kMany; ++number) publish(ended(number), 1, 2);
    publish(this_process(), 5, 0);
    const CountsOfProcesses all = read_counts(*board_);
    ASSERT_EQ(all.living.size(), 1U);
    EXPECT_EQ(all.total[0], kMany + 5);
    EXPECT_EQ(all.total[1], 2 * kMany);
}

}  // namespace
}  // namespace freshread
