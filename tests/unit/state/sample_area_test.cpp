#include "state/sample_area.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace freshread {
namespace {

Sample sample_of(std::uint64_t value) {
    return {.begun = BootTime(static_cast<BootTime::rep>(value)),
            .in_recovery = value % 2 == 0,
            .position = {value, static_cast<std::uint32_t>(value), value},
            .instance = static_cast<std::int64_t>(value),
            .ticket = {0, value},
            .lag = BootTime(static_cast<BootTime::rep>(value)),
            .caught_up = BootTime(static_cast<BootTime::rep>(value))};
}

void expect_whole(const Sample& sample) {
    const std::uint64_t value = sample.position.lsn;
    const Sample whole = sample_of(value);
    EXPECT_EQ(sample.begun, whole.begun);
    EXPECT_EQ(sample.in_recovery, whole.in_recovery);
    EXPECT_EQ(sample.position, whole.position);
    EXPECT_EQ(sample.instance, whole.instance);
    EXPECT_EQ(sample.ticket, whole.ticket);
    EXPECT_EQ(sample.lag, whole.lag);
    EXPECT_EQ(sample.caught_up, whole.caught_up);
}

class SampleArea : public testing::Test {
 protected:
    const std::unique_ptr<board_layout::Area> area_ = std::make_unique<board_layout::Area>();
};

TEST_F(SampleArea, HasNothingAtFirst) {
    EXPECT_FALSE(read_sample(*area_, 0).has_value());
    EXPECT_FALSE(read_sample(*area_, 1).has_value());
}

TEST_F(SampleArea, GivesWhatWasPublishedLast) {
    publish_sample(*area_, 1, sample_of(5));
    publish_sample(*area_, 1, sample_of(6));
    ASSERT_TRUE(read_sample(*area_, 1).has_value());
    EXPECT_EQ(read_sample(*area_, 1)->position.lsn, 6U);
    expect_whole(*read_sample(*area_, 1));
    publish_sample(*area_, 1, std::nullopt);
    EXPECT_FALSE(read_sample(*area_, 1).has_value());
}

TEST_F(SampleArea, TellsALostNodeFromOneThatNobodyHasAskedYet) {
    EXPECT_FALSE(says_lost(*area_, 0));
    EXPECT_FALSE(says_lost(*area_, 1));
    publish_sample(*area_, 1, sample_of(5));
    EXPECT_FALSE(says_lost(*area_, 1));
    publish_sample(*area_, 1, std::nullopt);
    EXPECT_TRUE(says_lost(*area_, 1));
    EXPECT_FALSE(says_lost(*area_, 2)) << "said by another";
    publish_sample(*area_, 1, sample_of(6));
    EXPECT_FALSE(says_lost(*area_, 1));
}

TEST_F(SampleArea, OfAnotherIncarnationIsNone) {
    publish_sample(*area_, 1, sample_of(5));
    EXPECT_FALSE(read_sample(*area_, 9).has_value());
}

TEST_F(SampleArea, ADamagedWordIsNoticed) {
    for (std::size_t word = 0; word < 11; ++word) {
        publish_sample(*area_, 1, sample_of(5));
        area_->sample[word].fetch_xor(std::uint64_t{1} << 17);
        EXPECT_FALSE(read_sample(*area_, 1).has_value()) << word;
    }
}

TEST_F(SampleArea, OneThatIsBeingWrittenIsGivenUp) {
    publish_sample(*area_, 1, sample_of(5));
    area_->sequence.fetch_add(1);
    EXPECT_FALSE(read_sample(*area_, 1).has_value());
    publish_sample(*area_, 1, sample_of(6));
    EXPECT_TRUE(read_sample(*area_, 1).has_value()) << "whatever a killed writer left behind";
}

// One writes for long; another, which was resumed many takeovers later, writes into the same area: readers
// see whole samples of the one they ask for, or none.
TEST_F(SampleArea, NeverShowsHalfASample) {
    constexpr std::uint64_t kRounds = 20'000;
    std::atomic<int> writing{2};
    std::vector<std::thread> writers;
    for (const std::uint64_t incarnation : {1U, 9U}) {
        writers.emplace_back([&, incarnation] {
            for (std::uint64_t value = incarnation; value <= kRounds; value += 2)
                publish_sample(*area_, incarnation, sample_of(value));
            --writing;
        });
    }
    std::uint64_t seen = 0;
    while (writing != 0) {
        if (const auto sample = read_sample(*area_, 9)) {
            ++seen;
            expect_whole(*sample);
        }
    }
    for (std::thread& writer : writers) writer.join();
    RecordProperty("seen", static_cast<int>(seen));
}

}  // namespace
}  // namespace freshread
