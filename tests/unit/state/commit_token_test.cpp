#include "state/commit_token.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/state/scratch_directory.h"

namespace freshread {
namespace {

const Position kPosition{0x0102030405060708, 3, 0x16B374D848};
constexpr std::string_view kKey = "a key of some length";

std::string refusal(std::string_view token, std::string_view key = kKey,
                    std::uint64_t cluster = kPosition.cluster) {
    try {
        static_cast<void>(read_token(token, key, cluster));
        return {};
    } catch (const TokenRefused& refused) {
        return refused.what();
    }
}

TEST(CommitToken, SaysWhatItWasMadeOf) {
    for (const std::string_view key : {std::string_view(), kKey}) {
        const std::string token = make_token(kPosition, key);
        EXPECT_EQ(token.size(), key.empty() ? 28U : 71U);
        EXPECT_EQ(read_token(token, key, kPosition.cluster), kPosition);
        EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                  std::string::npos);
    }
}

// The documented bytes: other programs make and read them, too.
TEST(CommitToken, IsWhatIsDocumented) {
    EXPECT_EQ(make_token(kPosition, ""), "AQECAwQFBgcIAAAAAwAAABazdNhI");
}

TEST(CommitToken, ForgedTruncatedAndForeignOnesAreRefused) {
    const std::string token = make_token(kPosition, kKey);
    for (std::size_t at = 0; at < token.size(); ++at) {
        std::string forged = token;
        forged[at] = forged[at] == 'A' ? 'B' : 'A';
        EXPECT_NE(refusal(forged), "") << "another character at " << at;
        EXPECT_NE(refusal(std::string_view(token).substr(0, at)), "") << "cut at " << at;
    }
    EXPECT_EQ(refusal(token), "");
    EXPECT_EQ(refusal(token, "another key of some length"), "its signature is wrong");
    EXPECT_EQ(refusal(token, ""), "it is signed, and there is no TokenKeyFile");
    EXPECT_EQ(refusal(make_token(kPosition, "")), "it is not signed");
    EXPECT_EQ(refusal(token, kKey, 7), "it is of another cluster");
    EXPECT_EQ(refusal(token + "A"), "it is not whole");
    EXPECT_EQ(refusal(""), "it is not whole");
    EXPECT_EQ(refusal("not a token"), "it has a character that no token has");
    EXPECT_EQ(refusal(make_token({kPosition.cluster, 0, 5}, kKey)), "it names no position");
}

TEST(CommitToken, AKeyIsTheOwners) {
    const ScratchDirectory scratch;
    const std::string path = scratch.path() + "/token.key";
    const auto key_of = [&](const std::string& content, std::filesystem::perms mode) -> std::string {
        std::ofstream(path) << content;
        std::filesystem::permissions(path, mode);
        try {
            return read_token_key(path);
        } catch (const TokenRefused& refused) {
            return std::string("refused: ") + refused.what();
        }
    };
    using std::filesystem::perms;
    EXPECT_EQ(key_of("0123456789abcdef\n", perms::owner_read | perms::owner_write), "0123456789abcdef");
    EXPECT_EQ(key_of("0123456789abcde\n", perms::owner_read | perms::owner_write).substr(0, 8), "refused:");
    EXPECT_EQ(key_of("0123456789abcdef", perms::owner_read | perms::group_read).substr(0, 8), "refused:");
    std::filesystem::remove(path);
    EXPECT_THROW(static_cast<void>(read_token_key(path)), TokenRefused);
}

}  // namespace
}  // namespace freshread
