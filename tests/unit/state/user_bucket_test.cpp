#include "state/user_bucket.h"
#include "tests/unit/state/table_values.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

namespace freshread {
namespace {

TEST(UserBucket, OpenMarksAndCloseUnmarks) {
    UserBucket bucket;
    EXPECT_EQ(bucket.find(kAlice), nullptr);
    bucket.open(kAlice, {7, 1, BootTime(5)});
    ASSERT_NE(bucket.find(kAlice), nullptr);
    EXPECT_EQ(bucket.find(kAlice)->marks.size(), 1U);
    EXPECT_EQ(bucket.oldest_mark(), BootTime(5));
    bucket.close(kAlice, 7, 1, at(10), BootTime(0));
    EXPECT_TRUE(bucket.find(kAlice)->marks.empty());
    EXPECT_EQ(bucket.find(kAlice)->lsn, 10U);
    EXPECT_EQ(bucket.oldest_mark(), std::nullopt);
}

TEST(UserBucket, R2ACloseOfAnEarlierSequenceLeavesTheMark) {
    UserBucket bucket;
    bucket.open(kAlice, {7, 1, BootTime(5)});
    bucket.open(kAlice, {7, 2, BootTime(6)});
    bucket.close(kAlice, 7, 1, at(10), BootTime(0));
    ASSERT_EQ(bucket.find(kAlice)->marks.size(), 1U);
    EXPECT_EQ(bucket.find(kAlice)->marks[0].opened, BootTime(6));
    EXPECT_EQ(bucket.find(kAlice)->lsn, 10U);
}

TEST(UserBucket, R2ACloseLeavesOtherWritersMarks) {
    UserBucket bucket;
    bucket.open(kAlice, {7, 1, BootTime(5)});
    bucket.open(kAlice, {8, 1, BootTime(5)});
    bucket.close(kAlice, 7, 1, at(10), BootTime(0));
    ASSERT_EQ(bucket.find(kAlice)->marks.size(), 1U);
    EXPECT_EQ(bucket.find(kAlice)->marks[0].writer, 8U);
}

TEST(UserBucket, R2OnlyOldMarksAreClosedByOthers) {
    UserBucket bucket;
    bucket.open(kAlice, {7, 1, BootTime(5)});
    bucket.open(kAlice, {8, 1, BootTime(6)});
    bucket.open(kBob, {9, 1, BootTime(6)});
    EXPECT_FALSE(bucket.close_opened_by(BootTime(4), at(20)));
    EXPECT_TRUE(bucket.close_opened_by(BootTime(5), at(20)));
    EXPECT_EQ(bucket.find(kAlice)->marks.size(), 1U);
    EXPECT_EQ(bucket.find(kAlice)->lsn, 20U);
    EXPECT_EQ(bucket.find(kBob)->marks.size(), 1U);
    EXPECT_EQ(bucket.find(kBob)->timeline, 0U);
}

TEST(UserBucket, R4DeletesOnlyWhatBaseCovers) {
    const auto survives = [](const Position& position, BootTime pin, bool mark) {
        UserBucket bucket;
        if (mark) bucket.open(kAlice, {7, 9, BootTime(1)});
        bucket.close(kAlice, 7, 1, position, pin);
        bucket.expire(at(10), BootTime(100));
        return bucket.find(kAlice) != nullptr;
    };
    EXPECT_FALSE(survives(at(10), BootTime(0), false));
    EXPECT_FALSE(survives(at(10), BootTime(99), false));
    EXPECT_FALSE(survives({}, BootTime(0), false));
    EXPECT_TRUE(survives(at(11), BootTime(0), false));
    EXPECT_TRUE(survives(at(1, 2), BootTime(0), false));
    EXPECT_TRUE(survives(at(10), BootTime(100), false));
    EXPECT_TRUE(survives(at(10), BootTime(0), true));
}

TEST(UserBucket, R4AnUnsetBaseCoversNoPosition) {
    UserBucket bucket;
    bucket.close(kAlice, 7, 1, at(1), BootTime(0));
    EXPECT_FALSE(bucket.expire({}, BootTime(100)));
}

TEST(UserBucket, I6PositionsAndPinsOnlyRise) {
    UserBucket bucket;
    bucket.close(kAlice, 7, 1, at(20), BootTime(50));
    bucket.close(kAlice, 7, 1, at(10), BootTime(40));
    bucket.close(kAlice, 7, 1, {}, BootTime(0));
    EXPECT_EQ(bucket.find(kAlice)->lsn, 20U);
    EXPECT_EQ(bucket.find(kAlice)->pinned_until, BootTime(50));
    bucket.close(kAlice, 7, 1, at(5, 2), BootTime(0));
    EXPECT_EQ(bucket.find(kAlice)->timeline, 2U);
    EXPECT_EQ(bucket.find(kAlice)->lsn, 5U);
    bucket.close(kAlice, 7, 1, at(1000, 1), BootTime(0));
    EXPECT_EQ(bucket.find(kAlice)->timeline, 2U);
}

UserKey numbered(std::size_t number) {
    // As hashes are: all over the range.
    const std::uint64_t place = (number + 1) * 0x9E37'79B9'7F4A'7C15ULL;
    UserKey user{};
    for (std::size_t byte = 0; byte < sizeof place; ++byte)
        user.at(byte) = static_cast<std::uint8_t>(place >> (8 * byte));
    return user;
}

TEST(UserBucketSplit, OneThatFitsIsNotParted) {
    UserBucket bucket;
    EXPECT_TRUE(bucket.covers(0));
    EXPECT_TRUE(bucket.covers(UserBucket::kLastPlace));
    EXPECT_FALSE(bucket.split().has_value());
    bucket.open(kAlice, {7, 1, BootTime(5)});
    EXPECT_FALSE(bucket.split().has_value());
}

TEST(UserBucketSplit, EveryUserIsInThePartThatCoversThem) {
    constexpr std::size_t kUsers = 1000;
    UserBucket whole;
    for (std::size_t number = 0; number < kUsers; ++number)
        whole.close(numbered(number), 7, 1, at(number + 1), BootTime(0));
    std::vector<UserBucket> parts{std::move(whole)};
    for (std::size_t part = 0; part < parts.size(); ++part)
        while (auto upper = parts[part].split()) parts.push_back(*std::move(upper));
    EXPECT_GE(parts.size(), kUsers * 5 / UserBucket::kImageWords);
    EXPECT_LE(parts.size(), kUsers * 5 / UserBucket::kImageWords * 3);
    for (UserBucket& part : parts) EXPECT_EQ(part.encode(1, 0).size(), UserBucket::kImageWords);
    std::ranges::sort(parts, {}, &UserBucket::first);
    UserBucket::Place next = 0;
    for (const UserBucket& part : parts) {
        EXPECT_EQ(part.first(), next);
        next = part.last() + 1;
    }
    EXPECT_EQ(next, UserBucket::kLastPlace + 1);
    for (std::size_t number = 0; number < kUsers; ++number) {
        for (const UserBucket& part : parts)
            EXPECT_EQ(part.find(numbered(number)) != nullptr,
                      part.covers(UserBucket::place_of(numbered(number))));
    }
}

TEST(UserBucketSplit, UsersOfOnePlaceStayTogether) {
    UserBucket bucket;
    for (std::uint8_t user = 0; user < 100; ++user)
        bucket.close({1, 2, 3, 4, 5, 6, user}, 7, 1, at(1), BootTime(0));
    EXPECT_FALSE(bucket.split().has_value());
    bucket.close({1, 2, 3, 4, 5, 7}, 7, 1, at(1), BootTime(0));
    const auto upper = bucket.split();
    ASSERT_TRUE(upper.has_value());
    EXPECT_EQ(upper->size(), 1U);
    EXPECT_EQ(bucket.size(), 100U);
    EXPECT_FALSE(bucket.split().has_value());
    EXPECT_GT(bucket.encode(1, 0).size(), UserBucket::kImageWords);
}

TEST(UserBucketSplit, SmallNeighboursAreJoined) {
    UserBucket bucket;
    for (std::size_t number = 0; number < 60; ++number)
        bucket.close(numbered(number), 7, 1, at(number + 1), BootTime(0));
    auto upper = bucket.split();
    ASSERT_TRUE(upper.has_value());
    EXPECT_FALSE(bucket.absorb(*upper)) << "too large";
    bucket.expire(at(60), BootTime(1));
    upper->expire(at(50), BootTime(1));
    EXPECT_FALSE(upper->absorb(bucket)) << "it is not behind";
    const std::size_t left = upper->size();
    EXPECT_TRUE(bucket.absorb(*upper));
    EXPECT_EQ(bucket.size(), left);
    EXPECT_EQ(bucket.last(), UserBucket::kLastPlace);
}

TEST(UserBucketImage, GivesBackWhatItWasMadeFrom) {
    UserBucket bucket;
    bucket.open(kAlice, {7, 1, BootTime(5)});
    bucket.open(kAlice, {~0ULL, ~0ULL, BootTime::max()});
    bucket.close(kBob, 9, 1, at(~0ULL, ~0U), BootTime::max());
    const auto copy = UserBucket::decode(bucket.encode(1, 0), 1);
    ASSERT_TRUE(copy.has_value());
    EXPECT_EQ(copy->revision(), 1U);
    EXPECT_EQ(copy->size(), 2U);
    EXPECT_EQ(*copy->find(kAlice), *bucket.find(kAlice));
    EXPECT_EQ(*copy->find(kBob), *bucket.find(kBob));
}

TEST(UserBucketImage, NeverShrinks) {
    UserBucket bucket;
    for (std::uint64_t writer = 0; writer < 100; ++writer) bucket.open(kAlice, {writer, 1, BootTime(1)});
    const Image large = bucket.encode(1, 0);
    bucket.close_opened_by(BootTime(1), at(1));
    EXPECT_EQ(bucket.encode(1, large.size()).size(), large.size());
}

TEST(UserBucketImage, IsBelievedInItsOwnPlaceOnly) {
    const auto seed = UserBucket::seed;
    const Image image = UserBucket().encode(seed(1, 2, 3), 0);
    EXPECT_TRUE(UserBucket::decode(image, seed(1, 2, 3)).has_value());
    EXPECT_FALSE(UserBucket::decode(image, seed(9, 2, 3)).has_value());
    EXPECT_FALSE(UserBucket::decode(image, seed(1, 9, 3)).has_value());
    EXPECT_FALSE(UserBucket::decode(image, seed(1, 2, 9)).has_value());
}

TEST(UserBucketImage, ShowsEveryFlippedBitAndEveryCut) {
    UserBucket bucket;
    bucket.open(kAlice, {7, 1, BootTime(5)});
    const Image image = bucket.encode(1, 0);
    for (std::size_t word = 0; word < image.size(); ++word) {
        for (unsigned bit = 0; bit < 64; ++bit) {
            Image damaged = image;
            damaged[word] ^= std::uint64_t{1} << bit;
            EXPECT_FALSE(UserBucket::decode(damaged, 1).has_value()) << word << " " << bit;
        }
        EXPECT_FALSE(UserBucket::decode(std::span(image).first(word), 1).has_value()) << word;
    }
}

TEST(UserBucketImage, OfAnImpossibleContentIsRefusedEvenWhenSealed) {
    Image image = {0, 1, 0, 9, ~0ULL, 1, 2, 3, 4, 5};
    seal(image, 1);
    EXPECT_FALSE(UserBucket::decode(image, 1).has_value());
    image = {0, 1, 0, 9, 1, 1, 2, 0xFFFFFFFF, 4, 5, 6};
    seal(image, 1);
    EXPECT_FALSE(UserBucket::decode(image, 1).has_value());
}

}  // namespace
}  // namespace freshread
