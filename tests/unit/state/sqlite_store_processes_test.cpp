// The SQLite store between processes. Every process behaves as the driver does (R1-R3), some are killed, the
// file is deleted and damaged under them, and no reader may ever miss what was acknowledged before it looked
// (I1).
#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <new>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch_directory.h"
#include "state/sqlite_store.h"
#include "tests/unit/state/table_values.h"

namespace freshread {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kUsers = 16;

UserKey user_numbered(std::size_t number) {
    return {static_cast<std::uint8_t>(number / 2), static_cast<std::uint8_t>(number)};
}

// What the processes share besides the store: the leader's position, and what was acknowledged to each user.
struct World {
    std::atomic<std::uint64_t> leader{1};
    std::array<std::atomic<std::uint64_t>, kUsers> acknowledged{};
    std::atomic<bool> over{false};
    std::atomic<std::uint64_t> violations{0};
    std::atomic<std::uint64_t> unavailable{0};
    std::atomic<std::uint64_t> from_replica{0};  // looks that allowed a replica
    std::atomic<std::uint64_t> writes{0};
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

void raise(std::atomic<std::uint64_t>& value, std::uint64_t to) {
    std::uint64_t seen = value.load();
    while (seen < to && !value.compare_exchange_weak(seen, to)) {
    }
}

class StoreBetweenProcesses : public testing::Test {
 protected:
    StoreBetweenProcesses()
        : world_(new (::mmap(nullptr, sizeof(World), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                             0)) World) {}
    ~StoreBetweenProcesses() override { ::munmap(world_, sizeof(World)); }

    [[nodiscard]] std::string path() const { return scratch_.file("users.sqlite"); }

    void write(SqliteStore& store, std::mt19937& random, milliseconds mark_age) {
        const std::size_t number = random() % kUsers;
        const WriterId writer = (std::uint64_t{random()} << 32) | random();
        std::uint64_t sequence = 1;
        BootTime marked = boot_now();
        store.open(user_numbered(number), writer, sequence);
        const std::uint64_t mine = ++world_->leader;
        while (boot_now() >= marked + mark_age / 2) {  // R1
            marked = boot_now();
            store.open(user_numbered(number), writer, ++sequence);
        }
        raise(world_->acknowledged.at(number), mine);
        ++world_->writes;
        if (random() % 32 == 0) return;  // somebody else will close it
        store.close(user_numbered(number), writer, sequence, {kCluster, 1, world_->leader.load()},
                    BootTime(0));
    }

    // Several times the same user: most looks are of what the store has kept.
    void read(SqliteStore& store, std::mt19937& random) {
        const std::size_t number = random() % kUsers;
        for (unsigned again = random() % 8; again != 0; --again) read(store, number);
    }

    void read(SqliteStore& store, std::size_t number) {
        const std::uint64_t needed = world_->acknowledged.at(number).load();
        const UserLook look = store.look(user_numbered(number));
        if (!look.base_set || look.mark_open) return;
        ++world_->from_replica;
        if (look.required.lsn < needed) ++world_->violations;
    }

    void monitor(SqliteStore& store, std::mt19937& random) {
        const BootTime begun = boot_now();
        const Position leader{kCluster, 1, world_->leader.load()};
        if (random() % 4 == 0) std::this_thread::yield();
        store.leader_sampled(leader, begun);
        store.replicas_applied(
            {kCluster, 1, leader.lsn - std::min<std::uint64_t>(leader.lsn - 1, random() % 20)});
    }

    pid_t start(const SqliteStore::Options& options, unsigned seed) {
        const pid_t child = ::fork();
        if (child != 0) return child;
        SqliteStore store(options);
        std::mt19937 random(seed);
        while (!world_->over.load()) {
            try {
                switch (random() % 32) {
                    case 0:
                        monitor(store, random);
                        break;
                    case 1:
                        write(store, random, options.mark_age);
                        break;
                    default:
                        read(store, random);
                }
            } catch (const StoreUnavailable&) {
                ++world_->unavailable;
            }
        }
        ::_exit(0);
    }

    // Runs processes until `looks` looks allowed a replica and `disturb` was called `rounds` times.
    void run(const SqliteStore::Options& options, unsigned seed, std::uint64_t looks, int rounds,
             bool kill_some, const std::function<void(std::mt19937&)>& disturb) {
        std::mt19937 random(seed);
        std::vector<pid_t> children;
        for (int process = 0; process < 6; ++process)
            children.push_back(start(options, static_cast<unsigned>(random())));
        const BootTime deadline = boot_now() + seconds(60);
        for (int round = 0; round < rounds || world_->from_replica.load() < looks; ++round) {
            if (boot_now() >= deadline || world_->violations.load() != 0) break;
            disturb(random);
            if (kill_some) {
                pid_t& victim = children.at(random() % children.size());
                ::kill(victim, SIGKILL);
                ASSERT_EQ(::waitpid(victim, nullptr, 0), victim);
                victim = start(options, static_cast<unsigned>(random()));
            }
            std::this_thread::sleep_for(milliseconds(random() % 40));
        }
        world_->over = true;
        for (const pid_t child : children) {
            int status = 0;
            ASSERT_EQ(::waitpid(child, &status, 0), child);
            EXPECT_EQ(status, 0);
        }
        EXPECT_EQ(world_->violations.load(), 0U);
        EXPECT_GE(world_->from_replica.load(), looks) << "the run must have tested something";
        EXPECT_GT(world_->writes.load(), 0U);
    }

    ScratchDirectory scratch_;
    World* world_;
};

TEST_F(StoreBetweenProcesses, I1NobodyMissesAWriteAndNobodyIsTurnedAway) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    run({.path = path(), .cluster = kCluster, .timeout = seconds(20), .mark_age = milliseconds(100)}, seed,
        20000, 1, false, [](std::mt19937&) {});
    EXPECT_EQ(world_->unavailable.load(), 0U);
}

TEST_F(StoreBetweenProcesses, I1SurvivesKilledProcesses) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    run({.path = path(), .cluster = kCluster, .timeout = seconds(20), .mark_age = milliseconds(100)}, seed,
        5000, 100, true, [](std::mt19937&) {});
    EXPECT_EQ(world_->unavailable.load(), 0U);
}

TEST_F(StoreBetweenProcesses, I1SurvivesLostAndDamagedFiles) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto vandal = [this](std::mt19937& random) {
        std::error_code ignored;
        const std::uintmax_t size = std::filesystem::file_size(path(), ignored);
        if (ignored || size == 0) return;
        const std::string generations = path() + "-generations";
        switch (random() % 32) {
            case 0:
                std::filesystem::remove(path(), ignored);
                break;
            case 1:
                std::filesystem::remove(path(), ignored);
                std::filesystem::remove(path() + ".lock", ignored);
                std::filesystem::remove(generations, ignored);
                break;
            case 2:
                std::filesystem::resize_file(path(), random() % size, ignored);
                break;
            case 3:
                std::filesystem::remove(path() + ".copy", ignored);
                std::filesystem::copy_file(path(), path() + ".copy", ignored);
                break;
            case 4:
                std::filesystem::rename(path() + ".copy", path(), ignored);
                break;
            case 5: {
                std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
                for (int place = 0; place < 200; ++place) {
                    file.seekp(static_cast<std::streamoff>(random() % size));
                    file.put(static_cast<char>(random()));
                }
                break;
            }
            case 6:
                std::ofstream(path() + "-wal") << std::string(5000, 'w');
                std::ofstream(path() + "-journal") << std::string(5000, 'j');
                break;
            case 7:
            case 8:
                std::filesystem::remove(generations, ignored);
                break;
            case 9:
                std::filesystem::resize_file(generations, random() % 4096, ignored);
                break;
            case 10:
                std::filesystem::remove(generations + ".copy", ignored);
                std::filesystem::copy_file(generations, generations + ".copy", ignored);
                break;
            case 11:
                std::filesystem::rename(generations + ".copy", generations, ignored);
                break;
            case 12:
                std::fstream(generations, std::ios::in | std::ios::out | std::ios::binary)
                    << std::string(random() % 4096, 'x');
                break;
            default:
                break;
        }
    };
    run({.path = path(), .cluster = kCluster, .timeout = seconds(2), .mark_age = milliseconds(60)}, seed,
        5000, 100, true, vandal);
}

// A process in the middle of nothing else than opening and closing as fast as it can is killed: what it
// leaves is either whole or noticed.
TEST_F(StoreBetweenProcesses, R5ACommitCutShortIsWholeOrNoticed) {
    const SqliteStore::Options options{
        .path = path(), .cluster = kCluster, .timeout = seconds(20), .mark_age = std::chrono::hours(1)};
    SqliteStore store(options);
    static_cast<void>(store.look(user_numbered(0)));
    store.leader_sampled({kCluster, 1, 1}, boot_now() + std::chrono::hours(2));
    std::mt19937 random(std::random_device{}());
    int lost = 0;
    for (int round = 0; round < 150; ++round) {
        std::atomic<std::uint64_t>& acknowledged = world_->acknowledged[0];
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            SqliteStore own(options);
            // Ever more users in one bucket: rows grow, pages split.
            for (unsigned number = 0;; ++number) {
                const std::uint64_t lsn = ++world_->leader;
                UserKey other = {0, 77};
                std::memcpy(&other[4], &lsn, sizeof lsn);
                own.close(other, 1, 1, {kCluster, 1, lsn + 1'000'000}, BootTime(0));
                own.close(user_numbered(0), 1, 1, {kCluster, 1, lsn}, BootTime(0));
                acknowledged = lsn;
            }
        }
        while (acknowledged.load() == 0) std::this_thread::yield();
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 4000));
        ::kill(child, SIGKILL);
        ASSERT_EQ(::waitpid(child, nullptr, 0), child);
        const UserLook look = store.look(user_numbered(0));
        if (look.base_set) {
            ASSERT_GE(look.required.lsn, acknowledged.load());
        } else {
            ++lost;
            store.leader_sampled({kCluster, 1, acknowledged.load()}, boot_now() + std::chrono::hours(2));
        }
    }
    RecordProperty("tables_lost", lost);
}

}  // namespace
}  // namespace freshread
