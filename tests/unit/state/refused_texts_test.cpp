#include "state/refused_texts.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace freshread {
namespace {

class RefusedTextsTest : public testing::Test {
 protected:
    void SetUp() override {
        std::string name = testing::TempDir() + "refused-XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        directory_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    [[nodiscard]] RefusedTexts texts(std::uint64_t cluster = 1) const { return {directory_, cluster}; }
    [[nodiscard]] std::string file() const { return directory_ + "/refused"; }

    std::string directory_{};
    const RefusedTexts::Time now_{1'700'000'000};
};

TEST_F(RefusedTextsTest, RemembersForEverybodyOfTheDirectory) {
    EXPECT_FALSE(texts().contains("select a", now_));
    texts().add("select a", now_);
    EXPECT_TRUE(texts().contains("select a", now_));
    EXPECT_FALSE(texts().contains("select b", now_));
    EXPECT_FALSE(texts(2).contains("select a", now_)) << "another cluster";
}

TEST_F(RefusedTextsTest, WithoutADirectoryItRemembersNothing) {
    RefusedTexts().add("select a", now_);
    EXPECT_FALSE(RefusedTexts().contains("select a", now_));
    EXPECT_FALSE(std::filesystem::exists("refused"));
}

TEST_F(RefusedTextsTest, ForgetsAfterADayAndRemembersAgain) {
    texts().add("select a", now_);
    EXPECT_TRUE(texts().contains("select a", now_ + std::chrono::hours(23)));
    const auto next_day = now_ + std::chrono::hours(24);
    EXPECT_FALSE(texts().contains("select a", next_day));
    EXPECT_FALSE(texts().contains("select a", now_ - std::chrono::hours(1))) << "noted in the future";
    texts().add("select a", next_day);
    EXPECT_TRUE(texts().contains("select a", next_day));
}

TEST_F(RefusedTextsTest, IsForItsAccountOnly) {
    texts().add("select a", now_);
    struct stat status {};
    ASSERT_EQ(::stat(file().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(RefusedTextsTest, FollowsNoLink) {
    std::ofstream(directory_ + "/elsewhere") << "untouched";
    std::filesystem::create_symlink(directory_ + "/elsewhere", file());
    texts().add("select a", now_);
    EXPECT_FALSE(texts().contains("select a", now_));
    std::string content;
    std::ifstream(directory_ + "/elsewhere") >> content;
    EXPECT_EQ(content, "untouched");
}

TEST_F(RefusedTextsTest, IsBounded) {
    for (int i = 0; i < 20'000; ++i) {
        const std::string text = "select " + std::to_string(i);
        texts().add(text, now_ + std::chrono::seconds(i));
        ASSERT_TRUE(texts().contains(text, now_ + std::chrono::seconds(i))) << "the newest stays";
    }
    EXPECT_LE(std::filesystem::file_size(file()), 64U * 1024);
}

TEST_F(RefusedTextsTest, WhatIsDamagedDoesNotCount) {
    const auto seed = std::random_device()();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    texts().add("select a", now_);
    {
        std::ofstream noise(file(), std::ios::binary);
        for (int i = 0; i < 64 * 1024; ++i) noise.put(static_cast<char>(random()));
    }
    for (int i = 0; i < 1000; ++i) EXPECT_FALSE(texts().contains("select " + std::to_string(i), now_));
    texts().add("select a", now_);
    EXPECT_TRUE(texts().contains("select a", now_)) << "it is written over";
    std::filesystem::resize_file(file(), 5);
    EXPECT_FALSE(texts().contains("select a", now_));
    texts().add("select a", now_);
    EXPECT_TRUE(texts().contains("select a", now_));
    std::filesystem::remove(file());
    EXPECT_FALSE(texts().contains("select a", now_));
    std::filesystem::create_directory(file());
    texts().add("select a", now_);
    EXPECT_FALSE(texts().contains("select a", now_));
}

}  // namespace
}  // namespace freshread
