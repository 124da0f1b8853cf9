#include "state/catalog_file.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "scratch_directory.h"

namespace freshread {
namespace {

namespace fs = std::filesystem;

class CatalogFileTest : public testing::Test {
 protected:
    [[nodiscard]] CatalogFile file(const std::string& database = "shop") const {
        return {scratch_.path(), 7, database};
    }
    void write() { file().write({"shop", "5 1.2"}, RelationCatalog(kLines), boot_now()); }
    [[nodiscard]] fs::path path() const { return fs::directory_iterator(scratch_.path())->path(); }

    static constexpr const char* kLines = "R\torders\tpublic\tp\t\n";
    ScratchDirectory scratch_{};
};

TEST_F(CatalogFileTest, WhatOneProcessWroteAnotherReads) {
    write();
    CatalogFile reader = file();
    ASSERT_TRUE(reader.verified());
    const auto result = reader.read();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->stamp, (CatalogStamp{"shop", "5 1.2"}));
    EXPECT_EQ(result->catalog.lines(), kLines);
    EXPECT_TRUE(reader.unchanged());
}

TEST_F(CatalogFileTest, VerifyingTellsTheOthersWhen) {
    write();
    CatalogFile one = file();
    ASSERT_TRUE(one.read());
    const BootTime earlier = boot_now() - std::chrono::minutes(5);
    one.verify(earlier);
    const auto told = file().verified();
    ASSERT_TRUE(told);
    EXPECT_LT(*told - earlier, std::chrono::minutes(1));
    EXPECT_TRUE(one.unchanged());
}

TEST_F(CatalogFileTest, WhatIsDamagedIsNotThere) {
    write();
    std::string whole;
    {
        std::ifstream in(path(), std::ios::binary);
        whole.assign(std::istreambuf_iterator<char>(in), {});
    }
    for (std::size_t at = 0; at < whole.size(); ++at) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        std::ofstream(path(), std::ios::binary | std::ios::trunc) << damaged;
        EXPECT_FALSE(file().read()) << at;
        std::ofstream(path(), std::ios::binary | std::ios::trunc) << whole.substr(0, at);
        EXPECT_FALSE(file().read()) << at;
    }
    std::ofstream(path(), std::ios::binary | std::ios::trunc) << whole;
    EXPECT_TRUE(file().read());
}

}  // namespace
}  // namespace freshread
