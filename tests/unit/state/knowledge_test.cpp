#include "state/knowledge.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "eventually.h"
#include "scratch_directory.h"
#include "test_nodes.h"
#include "tests/unit/state/table_values.h"

namespace freshread {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class KnowledgeTest : public testing::Test {
 protected:
    [[nodiscard]] Knowledge::Options options() const {
        Knowledge::Options options;
        options.state_directory = scratch_.file("state");
        options.store = {.cluster = kCluster, .timeout = milliseconds(5000), .mark_age = milliseconds(100)};
        return options;
    }
    // Monitors of this process, by the name of their thread: sanitizers have threads of their own.
    static std::size_t monitors() {
        std::size_t count = 0;
        for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
            std::string name;
            std::ifstream(task.path() / "comm") >> name;
            count += name == "freshread-mon" ? 1U : 0U;
        }
        return count;
    }

    // What the child makes of it, as its exit status: 0 is success.
    template <typename InChild>
    static int status_of_child(InChild in_child) {
        const pid_t child = ::fork();
        if (child == 0) ::_exit(in_child() ? 0 : 1);
        int status = -1;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        return status;
    }

    ScratchDirectory scratch_;
};

template <typename Call>
bool refused(Call call) {
    try {
        call();
    } catch (const StoreUnavailable&) {
        return true;
    }
    return false;
}

TEST_F(KnowledgeTest, IsOneObjectForTheSameOptions) {
    const auto one = Knowledge::of(options());
    EXPECT_EQ(one, Knowledge::of(options()));
    Knowledge::Options other = options();
    other.store.cluster = kCluster + 1;
    EXPECT_NE(one, Knowledge::of(other));
    other = options();
    other.monitor.nodes = {{{"host", "a"}, {"port", "b"}}};
    const auto ab = Knowledge::of(other);
    other.monitor.nodes = {{{"host", "a"}}, {{"port", "b"}}};
    EXPECT_NE(ab, Knowledge::of(other));
}

TEST_F(KnowledgeTest, CreatingItDoesNothing) {
    const auto knowledge = Knowledge::of(options());
    EXPECT_FALSE(std::filesystem::exists(scratch_.file("state")));
    EXPECT_FALSE(knowledge->sample(0).has_value());
}

TEST_F(KnowledgeTest, PassesOnToTheStore) {
    const auto knowledge = Knowledge::of(options());
    const UserKey alice = knowledge->key_of("alice");
    EXPECT_NE(alice, knowledge->key_of("bob"));
    knowledge->open(alice, 7, 1);
    EXPECT_TRUE(knowledge->look(alice).mark_open);
    knowledge->leader_sampled({kCluster, 1, 10}, boot_now() + hours(1));
    EXPECT_TRUE(knowledge->look(alice).base_set);
    EXPECT_FALSE(knowledge->look(alice).mark_open);
    knowledge->close(alice, 7, 2, {kCluster, 1, 20}, BootTime(0));
    EXPECT_EQ(knowledge->look(alice).required, (Position{kCluster, 1, 20}));
}

TEST_F(KnowledgeTest, ALostStoreOnlyDelaysBase) {
    Knowledge::Options lost = options();
    lost.store.url = parse_store_url("sqlite:///nowhere/users.sqlite");
    const auto knowledge = Knowledge::of(lost);
    knowledge->leader_sampled({kCluster, 1, 10}, boot_now());
    EXPECT_TRUE(refused([&] { static_cast<void>(knowledge->look(UserKey{})); }));
}

TEST_F(KnowledgeTest, AMonitorThatIsNotAllowedIsNotStarted) {
    Knowledge::Options without = options();
    without.monitor.nodes = {{{"hostaddr", "127.0.0.1"}, {"port", "1"}}};
    without.monitor_allowed = false;
    const auto knowledge = Knowledge::of(without);
    knowledge->want_progress();
    EXPECT_EQ(monitors(), 0U);
}

TEST_F(KnowledgeTest, TheMonitorEndsWithTheLastUser) {
    Knowledge::Options with = options();
    with.monitor.nodes = {{{"hostaddr", "127.0.0.1"}, {"port", "1"}}};
    auto one = Knowledge::of(with);
    auto two = Knowledge::of(with);
    EXPECT_EQ(monitors(), 0U);
    one->want_progress();
    two->want_progress();
    EXPECT_TRUE(eventually([] { return monitors() == 1; }));
    one.reset();
    EXPECT_EQ(monitors(), 1U);
    two.reset();
    EXPECT_TRUE(eventually([] { return monitors() == 0; }));
}

TEST_F(KnowledgeTest, OfTheParentIsRefusedInAChild) {
    auto knowledge = Knowledge::of(options());
    const UserKey alice = knowledge->key_of("alice");
    knowledge->open(alice, 7, 1);
    const int status = status_of_child([&] {
        knowledge->want_progress();
        knowledge->leader_sampled({kCluster, 1, 10}, boot_now() + hours(1));
        const bool all_refused = refused([&] { static_cast<void>(knowledge->look(alice)); }) &&
                                 refused([&] { knowledge->open(alice, 8, 1); }) &&
                                 refused([&] { knowledge->close(alice, 7, 1, {}, BootTime(0)); }) &&
                                 refused([&] { static_cast<void>(knowledge->key_of("alice")); });
        const bool knows_nothing = !knowledge->sample(0).has_value();
        knowledge.reset();
        return all_refused && knows_nothing;
    });
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(knowledge->look(alice).mark_open);
}

TEST_F(KnowledgeTest, OfAChildIsItsOwnOnTheSameStore) {
    const auto knowledge = Knowledge::of(options());
    const UserKey alice = knowledge->key_of("alice");
    knowledge->open(alice, 7, 1);
    const int status = status_of_child([&] {
        const auto own = Knowledge::of(options());
        if (own == knowledge || own->key_of("alice") != alice || !own->look(alice).mark_open) return false;
        own->close(alice, 7, 1, {kCluster, 1, 5}, BootTime(0));
        return true;
    });
    EXPECT_EQ(status, 0);
    EXPECT_FALSE(knowledge->look(alice).mark_open);
}

TEST_F(KnowledgeTest, AProcessMayForkWhileItsThreadsUseIt) {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP()
        << "a child may find the allocator of AddressSanitizer locked by a thread that it has not got";
#endif
    Knowledge::Options with = options();
    with.monitor.nodes = {{{"hostaddr", "127.0.0.1"}, {"port", "1"}}};
    const auto knowledge = Knowledge::of(with);
    knowledge->want_progress();
    const UserKey alice = knowledge->key_of("alice");
    std::atomic<bool> over{false};
    std::vector<std::thread> users;
    for (WriterId writer = 1; writer <= 2; ++writer) {
        users.emplace_back([&, writer] {
            for (std::uint64_t sequence = 1; !over; ++sequence) {
                knowledge->open(alice, writer, sequence);
                knowledge->close(alice, writer, sequence, {kCluster, 1, sequence}, BootTime(0));
            }
        });
    }
    for (int round = 0; round < 20; ++round) {
        EXPECT_EQ(status_of_child([&] {
                      const auto own = Knowledge::of(with);
                      own->open(alice, 9, 1);
                      return own->look(alice).mark_open;
                  }),
                  0);
    }
    over = true;
    for (std::thread& user : users) user.join();
}

TEST_F(KnowledgeTest, ExitStopsARunningMonitor) {
    Knowledge::Options with = options();
    with.monitor.nodes = {{{"hostaddr", "127.0.0.1"}, {"port", "1"}}};
    const pid_t child = ::fork();
    if (child == 0) {
        // Never freed, as by an application that just leaves.
        static const auto kept = new std::shared_ptr<Knowledge>(Knowledge::of(with));
        (*kept)->want_progress();
        std::exit(0);  // NOLINT(concurrency-mt-unsafe)
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

TEST_F(KnowledgeTest, TheMonitorFeedsTheStore) {
    Knowledge::Options with = options();
    with.monitor.nodes = test_nodes();
    if (with.monitor.nodes.size() < 2)
        GTEST_SKIP() << "needs tests/cluster: FRESHREAD_TEST_LEADER is not set";
    std::uint64_t cluster = 0;
    {
        const auto first = Knowledge::of(with);
        ASSERT_TRUE(eventually([&] {
            first->want_progress();
            return first->sample(kLeader).has_value();
        }));
        cluster = first->sample(kLeader)->position.cluster;
    }
    with.store.cluster = cluster;
    const auto knowledge = Knowledge::of(with);
    const UserKey alice = knowledge->key_of("alice");
    knowledge->open(alice, 7, 1);
    EXPECT_TRUE(knowledge->look(alice).mark_open);
    // Nobody closes it: the monitor does, and sets base.
    ASSERT_TRUE(eventually([&] {
        knowledge->want_progress();
        const UserLook look = knowledge->look(alice);
        return look.base_set && !look.mark_open;
    }));
    EXPECT_EQ(knowledge->look(alice).required.cluster, cluster);
}

}  // namespace
}  // namespace freshread
