#include "state/table_head.h"
#include "tests/unit/state/table_values.h"

#include <gtest/gtest.h>

namespace freshread {
namespace {

constexpr BootTime kMarkAge{100};

TableHead born_at(std::int64_t time) {
    return {.id = 1, .boot = 2, .inode = 3, .born = BootTime(time)};
}

TEST(TableHead, R3BaseIsTheFirstLeaderSampleBegunMarkAgeAfterBirth) {
    TableHead head = born_at(1000);
    EXPECT_FALSE(head.base_set());
    EXPECT_FALSE(head.learn_leader(at(10), BootTime(1099), kMarkAge));
    EXPECT_FALSE(head.base_set());
    EXPECT_TRUE(head.learn_leader(at(10), BootTime(1100), kMarkAge));
    EXPECT_EQ(head.base, at(10));
    EXPECT_FALSE(head.learn_leader(at(20), BootTime(1200), kMarkAge)) << "a higher base would cost offload";
    EXPECT_EQ(head.base, at(10));
}

TEST(TableHead, ALeaderOnAHigherTimelineRaisesBase) {
    TableHead head = born_at(0);
    head.learn_leader(at(100, 1), BootTime(1000), kMarkAge);
    EXPECT_TRUE(head.learn_leader(at(50, 2), BootTime(1), kMarkAge));
    EXPECT_EQ(head.base, at(50, 2));
    EXPECT_FALSE(head.learn_leader(at(200, 1), BootTime(2000), kMarkAge));
    EXPECT_EQ(head.base, at(50, 2));
}

TEST(TableHead, ReplicasRaiseASetBaseAlongItsTimeline) {
    TableHead head = born_at(0);
    EXPECT_FALSE(head.raise(at(10))) << "an unset base stays unset";
    head.learn_leader(at(10), BootTime(1000), kMarkAge);
    EXPECT_TRUE(head.raise(at(20)));
    EXPECT_FALSE(head.raise(at(15)));
    EXPECT_FALSE(head.raise(at(500, 2))) << "only the leader says that there is a new timeline";
    EXPECT_EQ(head.base, at(20));
}

TEST(TableHeadImage, GivesBackWhatItWasMadeFrom) {
    TableHead head = born_at(1000);
    EXPECT_EQ(TableHead::decode(head.encode(kCluster), kCluster), head);
    head.learn_leader(at(~0ULL, ~0U), BootTime(5000), kMarkAge);
    EXPECT_EQ(TableHead::decode(head.encode(kCluster), kCluster), head);
}

TEST(TableHeadImage, ShowsDamageAndAnotherCluster) {
    const Image image = born_at(1000).encode(kCluster);
    EXPECT_FALSE(TableHead::decode(image, kCluster + 1).has_value());
    for (std::size_t word = 0; word < image.size(); ++word) {
        Image damaged = image;
        damaged[word] ^= 1;
        EXPECT_FALSE(TableHead::decode(damaged, kCluster).has_value()) << word;
        EXPECT_FALSE(TableHead::decode(std::span(image).first(word), kCluster).has_value()) << word;
    }
}

}  // namespace
}  // namespace freshread
