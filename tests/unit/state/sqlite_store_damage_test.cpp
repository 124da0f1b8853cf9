// R5 and I2 of the SQLite store: a file that was removed, replaced, cut or overwritten is a table lost whole,
// never a table that has forgotten somebody.
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch_directory.h"
#include "state/sqlite_store.h"
#include "tests/unit/state/table_values.h"

namespace freshread {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::uint64_t kAcknowledged = 50;

UserKey user(unsigned number) {
    return {static_cast<std::uint8_t>(number), 9};
}

class DamagedStore : public testing::Test {
 protected:
    static constexpr unsigned kUsers = 40;

    [[nodiscard]] SqliteStore::Options options() const {
        return {.path = path(), .cluster = kCluster, .timeout = milliseconds(5000), .mark_age = hours(1)};
    }
    [[nodiscard]] std::string path() const { return scratch_.file("users.sqlite"); }

    // A table with base 10, where every user has written: even numbers are closed, odd ones still marked.
    void fill(SqliteStore& store) {
        static_cast<void>(store.look(user(0)));
        store.leader_sampled(at(10), boot_now() + hours(2));
        for (unsigned number = 0; number < kUsers; ++number) {
            store.open(user(number), 7, 1);
            if (number % 2 == 0) store.close(user(number), 7, 1, at(kAcknowledged), BootTime(0));
        }
    }

    static ::testing::AssertionResult nothing_forgotten(SqliteStore& store, unsigned number) {
        const UserLook look = store.look(user(number));
        if (!look.base_set || look.mark_open || look.required.lsn >= kAcknowledged)
            return testing::AssertionSuccess();
        return testing::AssertionFailure() << "user " << number << " was forgotten";
    }

    // After `damage`, the store that was open, and one of a new process, either still know everybody or know
    // that they know nothing; and both are usable.
    void expect_survival(const std::function<void()>& damage) {
        for (const bool newcomer_first : {false, true}) {
            std::filesystem::remove(path());
            SqliteStore open_before(options());
            fill(open_before);
            damage();
            SqliteStore newcomer(options());
            for (unsigned number = 0; number < kUsers; ++number) {
                EXPECT_TRUE(nothing_forgotten(newcomer_first ? newcomer : open_before, number));
                EXPECT_TRUE(nothing_forgotten(newcomer_first ? open_before : newcomer, number));
            }
            open_before.open(user(3), 8, 1);
            EXPECT_TRUE(newcomer.look(user(3)).mark_open) << "both must use the same file";
        }
    }

    void write_at(std::uintmax_t offset, const std::string& bytes) const {
        std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(offset));
        file << bytes;
    }

    ScratchDirectory scratch_;
};

TEST_F(DamagedStore, Deleted) {
    expect_survival([this] { std::filesystem::remove(path()); });
}

TEST_F(DamagedStore, DeletedWithEverythingBesideIt) {
    expect_survival([this] {
        for (const char* suffix : {"", ".lock", "-wal", "-shm", "-journal"})
            std::filesystem::remove(path() + suffix);
    });
}

TEST_F(DamagedStore, Renamed) {
    expect_survival([this] { std::filesystem::rename(path(), path() + ".old"); });
}

TEST_F(DamagedStore, ReplacedByAnEmptyFile) {
    expect_survival([this] {
        std::filesystem::remove(path());
        std::ofstream(path()).flush();
    });
}

TEST_F(DamagedStore, ReplacedByAnOlderCopy) {
    expect_survival([this] {
        const std::string copy = path() + ".copy";
        std::filesystem::remove(copy);
        {
            SqliteStore another(
                {.path = copy, .cluster = kCluster, .timeout = milliseconds(5000), .mark_age = hours(1)});
            static_cast<void>(another.look(user(0)));
            another.leader_sampled(at(10), boot_now() + hours(2));
        }
        const std::string second = copy + "2";
        std::filesystem::copy_file(copy, second, std::filesystem::copy_options::overwrite_existing);
        std::filesystem::rename(second, path());
    });
}

TEST_F(DamagedStore, AnOlderCopyOfItsOwnPutInItsPlace) {
    SqliteStore store(options());
    static_cast<void>(store.look(user(0)));
    store.leader_sampled(at(10), boot_now() + hours(2));
    std::filesystem::copy_file(path(), path() + ".backup");
    fill(store);
    std::filesystem::rename(path() + ".backup", path());
    SqliteStore newcomer(options());
    for (unsigned number = 0; number < kUsers; ++number) {
        EXPECT_TRUE(nothing_forgotten(newcomer, number));
        EXPECT_TRUE(nothing_forgotten(store, number));
    }
}

TEST_F(DamagedStore, AnOlderStateWrittenInPlaceIsNoticedByWhoSawTheNewerOne) {
    SqliteStore store(options());
    static_cast<void>(store.look(user(0)));
    store.leader_sampled(at(10), boot_now() + hours(2));
    std::filesystem::copy_file(path(), path() + ".backup");
    fill(store);
    std::ifstream backup(path() + ".backup", std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(backup), std::istreambuf_iterator<char>()};
    write_at(0, bytes);
    for (unsigned number = 0; number < kUsers; ++number) EXPECT_TRUE(nothing_forgotten(store, number));
}

TEST_F(DamagedStore, CutToNothing) {
    expect_survival([this] { std::filesystem::resize_file(path(), 0); });
}

TEST_F(DamagedStore, CutAtEveryPage) {
    SqliteStore probe(options());
    fill(probe);
    const std::uintmax_t size = std::filesystem::file_size(path());
    for (std::uintmax_t kept = 4096; kept < size; kept += 4096) {
        SCOPED_TRACE(kept);
        expect_survival([&] { std::filesystem::resize_file(path(), kept); });
    }
}

TEST_F(DamagedStore, EveryPageZeroed) {
    SqliteStore probe(options());
    fill(probe);
    const std::uintmax_t size = std::filesystem::file_size(path());
    for (std::uintmax_t offset = 0; offset < size; offset += 4096) {
        SCOPED_TRACE(offset);
        expect_survival([&] { write_at(offset, std::string(4096, '\0')); });
    }
}

TEST_F(DamagedStore, RandomBytesOverwritten) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (int round = 0; round < 60; ++round) {
        expect_survival([&] {
            const std::uintmax_t size = std::filesystem::file_size(path());
            const unsigned places = 1U << (random() % 10);
            for (unsigned place = 0; place < places; ++place) {
                write_at(random() % size, std::string(1 + random() % 16, static_cast<char>(random())));
            }
        });
    }
}

TEST_F(DamagedStore, AllOfItOverwritten) {
    std::mt19937 random(1);
    expect_survival([&] {
        std::string noise(std::filesystem::file_size(path()), '\0');
        for (char& byte : noise) byte = static_cast<char>(random());
        write_at(0, noise);
    });
}

TEST_F(DamagedStore, GarbageInFilesThatSqliteMightLookFor) {
    for (const char* suffix : {"-journal", "-wal", "-shm", ".new"}) {
        SCOPED_TRACE(suffix);
        expect_survival([&] { std::ofstream(path() + suffix) << std::string(8192, 'x'); });
        std::filesystem::remove(path() + suffix);
    }
}

TEST_F(DamagedStore, ASymbolicLinkIsNotFollowed) {
    const std::string elsewhere = scratch_.file("elsewhere");
    std::ofstream(elsewhere) << "precious";
    std::filesystem::create_symlink(elsewhere, path());
    SqliteStore store(options());
    store.open(user(1), 7, 1);
    EXPECT_TRUE(store.look(user(1)).mark_open);
    EXPECT_FALSE(std::filesystem::is_symlink(path()));
    EXPECT_EQ(std::filesystem::file_size(elsewhere), 8U);
}

TEST_F(DamagedStore, ADirectoryInItsPlaceMakesItUnavailable) {
    std::filesystem::create_directory(path());
    SqliteStore store(options());
    EXPECT_THROW(static_cast<void>(store.look(user(1))), StoreUnavailable);
    std::filesystem::remove(path());
    EXPECT_NO_THROW(static_cast<void>(store.look(user(1))));
}

TEST_F(DamagedStore, TheCallThatNoticesIsDoneOnTheNewTable) {
    SqliteStore store(options());
    fill(store);
    std::filesystem::remove(path());
    store.open(user(1), 9, 1);
    EXPECT_TRUE(store.look(user(1)).mark_open);
    EXPECT_FALSE(store.look(user(1)).base_set);

    std::filesystem::remove(path());
    store.close(user(1), 9, 1, at(70), BootTime(0));
    EXPECT_FALSE(store.look(user(1)).mark_open);
    store.leader_sampled(at(60), boot_now() + hours(2));
    EXPECT_EQ(store.look(user(1)).required, at(70));
}

}  // namespace
}  // namespace freshread
