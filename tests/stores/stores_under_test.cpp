#include <filesystem>

#include "tests/stores/redis_server.h"
#include "tests/stores/store_under_test.h"
#include "tests/unit/state/scratch_directory.h"

namespace freshread::test {

namespace {

class SqliteUnderTest : public StoreUnderTest {
 public:
    [[nodiscard]] StoreUrl url() const override { return parse_store_url("sqlite:"); }
    [[nodiscard]] std::string directory() const override { return scratch_.path(); }
    bool lose() override {
        std::filesystem::remove(file());
        return true;
    }
    void disturb() override { std::filesystem::remove(file() + "-generations"); }

 private:
    [[nodiscard]] std::string file() const { return scratch_.file("positions.db"); }

    ScratchDirectory scratch_;
};

class MemoryUnderTest : public StoreUnderTest {
 public:
    [[nodiscard]] StoreUrl url() const override { return parse_store_url("memory:"); }
    bool lose() override { return false; }
    [[nodiscard]] bool between_processes() const override { return false; }
};

// One server for all tests of the program: each has a cluster, and so tables, of its own.
class RedisUnderTest : public StoreUnderTest {
 public:
    [[nodiscard]] StoreUrl url() const override {
        return parse_store_url("redis+unix://" + server().socket());
    }
    bool lose() override {
        server().command({"FLUSHALL"});
        return true;
    }
    void disturb() override { server().command({"SCRIPT", "FLUSH"}); }
    bool freeze() override {
        server().freeze();
        return true;
    }
    void thaw() override { server().thaw(); }

 private:
    [[nodiscard]] static RedisServer& server() {
        static RedisServer one;
        return one;
    }
};

template <typename Store>
std::unique_ptr<StoreUnderTest> made() {
    return std::make_unique<Store>();
}

}  // namespace

std::vector<KindOfStore> kinds_of_stores() {
    return {{"Sqlite", made<SqliteUnderTest>},
            {"Memory", made<MemoryUnderTest>},
            {"Redis", made<RedisUnderTest>}};
}

}  // namespace freshread::test
