// The store is deleted, replaced or damaged while clients run: reads go to the leader, never a stale row,
// never a crash.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>

#include "tests/driver/child.h"
#include "tests/driver/odbc_client.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

// Another process that keeps all that SQLite locks in a file, as one does that is stopped inside a change.
class LockedFile {
 public:
    explicit LockedFile(const std::string& path)
        : holder_([&]() -> int {
              const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
              struct flock all {};
              all.l_type = F_WRLCK;
              all.l_start = 0x40000000;
              all.l_len = 512;
              ready_.say(::fcntl(file, F_SETLKW, &all) == 0 ? 'y' : 'n');
              for (;;) ::pause();
          }) {
        if (ready_.hear() != 'y') throw std::runtime_error("the file could not be locked");
    }

 private:
    Pipe ready_{};
    Child holder_;
};

class StoreFaults : public testing::Test {
 protected:
    void SetUp() override {
        make_item_table("id int primary key, name text");
        cluster("wait replica1");
        state_ = warm_state_directory();
        cluster("pause replica1");
    }
    void TearDown() override { cluster("resume replica1"); }

    [[nodiscard]] std::string file() const { return state_ + "/positions.db"; }

    // Writes a row and damages the store in between; the user must see the row through every connection.
    template <typename Damage>
    void write_damage_read(Damage damage) {
        Client writer(freshread(state_, "User=u1"));
        Client reader(freshread(state_, "User=u1"));
        for (int id = 0; id < 20; ++id) {
            const std::string number = std::to_string(id);
            writer.execute("insert into item values (" + number + ", 'x')");
            EXPECT_EQ(reader.value("select name from item where id = " + number), "x");
            damage();
            EXPECT_EQ(reader.value("select name from item where id = " + number), "x") << reader.reason();
            Client fresh(freshread(state_, "User=u1"));
            EXPECT_EQ(fresh.value("select name from item where id = " + number), "x") << fresh.reason();
        }
    }

    std::string state_{};
};

TEST_F(StoreFaults, TheFileIsPrivate) {
    struct stat status {};
    ASSERT_EQ(::stat(file().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    ASSERT_EQ(::stat(state_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(StoreFaults, TheFileIsDeleted) {
    write_damage_read([this] { std::filesystem::remove(file()); });
}

TEST_F(StoreFaults, AllFilesAreDeleted) {
    write_damage_read([this] {
        for (const auto& entry : std::filesystem::directory_iterator(state_))
            std::filesystem::remove_all(entry.path());
    });
}

TEST_F(StoreFaults, TheFileIsOverwrittenWithGarbage) {
    const auto seed = std::random_device{}();
    RecordProperty("seed", std::to_string(seed));
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    write_damage_read([&] {
        std::error_code none;
        const auto size = std::filesystem::file_size(file(), none);
        std::fstream stream(file(), std::ios::in | std::ios::out | std::ios::binary);
        if (none || size == 0 || !stream) return;
        stream.seekp(static_cast<std::streamoff>(random() % size));
        for (int i = 0; i < 2000; ++i) stream.put(static_cast<char>(random()));
    });
}

TEST_F(StoreFaults, TheFileIsTruncated) {
    write_damage_read([this] {
        std::error_code ignored;
        std::filesystem::resize_file(file(), 100, ignored);
    });
}

TEST_F(StoreFaults, ADirectoryThatOthersMayReadIsRefusedAndTheLeaderServes) {
    const std::string open = fresh_state_directory();
    std::filesystem::permissions(open, std::filesystem::perms::all);
    Client client(freshread(open, "User=u1"));
    EXPECT_NE(client.connect_information().find(open), std::string::npos) << client.connect_information();
    client.query("select 1");
    EXPECT_EQ(client.reason(), "StoreUnavailable");
    client.execute("insert into item values (1, 'x')");
    EXPECT_EQ(client.value("select name from item where id = 1"), "x");
}

// The table knows neither a mark nor a position of what was written while somebody kept it locked.
TEST_F(StoreFaults, R7AWriteThatCouldNotBeRecordedIsSeenByEverybodyOnTheHost) {
    cluster("resume replica1");
    Client writer(freshread(state_, "User=u1;StoreTimeout=20 ms"));
    Client reader(freshread(state_, "User=u1"));
    Client other(freshread(state_, "User=u2"));
    for (Client* client : {&writer, &reader, &other})
        ASSERT_TRUE(eventually([&] {
            client->query("select count(*) from item");
            return client->on_replica();
        })) << client->reason();
    cluster("pause replica1");
    {
        const LockedFile locked(file());
        writer.execute("insert into item values (1, 'x')");
        EXPECT_EQ(writer.value("select count(*) from item"), "1") << writer.reason();
    }
    EXPECT_EQ(reader.value("select count(*) from item"), "1") << reader.reason();
    // Whose write it was nobody knows.
    EXPECT_EQ(other.value("select count(*) from item"), "1") << other.reason();
    Client late(freshread(state_, "User=u1"));
    EXPECT_EQ(late.value("select count(*) from item"), "1") << late.reason();
    // The next sample of the leader is what everybody needs.
    EXPECT_TRUE(eventually([&] {
        EXPECT_EQ(reader.value("select count(*) from item"), "1") << reader.reason();
        return reader.reason() == "ReplicaBehind";
    })) << reader.reason();
    cluster("resume replica1");
    EXPECT_TRUE(eventually([&] {
        EXPECT_EQ(reader.value("select count(*) from item"), "1") << reader.reason();
        return reader.on_replica();
    })) << reader.reason();
}

TEST_F(StoreFaults, WithOnStoreDownErrorAWriteIsRefusedBeforeItIsSent) {
    const std::string open = fresh_state_directory();
    std::filesystem::permissions(open, std::filesystem::perms::all);
    Client client(freshread(open, "User=u1;OnStoreDown=error"));
    try {
        client.execute("insert into item values (1, 'x')");
        FAIL() << "the write was sent";
    } catch (const OdbcError& error) {
        EXPECT_EQ(error.sqlstate, "HY000");
        EXPECT_NE(std::string(error.what()).find("OnStoreDown"), std::string::npos) << error.what();
    }
    EXPECT_EQ(client.value("select count(*) from item"), "0");
}

}  // namespace
}  // namespace freshread::test
