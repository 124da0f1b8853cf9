// The rules of the user table (state/user_table.h), asked of every store through the one interface.
#include <array>
#include <map>
#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state/user_store.h"
#include "tests/stores/store_under_test.h"

namespace freshread::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr UserKey kAlice = {1, 2, 3};
constexpr UserKey kBob = {1, 2, 4};   // in Alice's bucket
constexpr UserKey kCarol = {200, 2};  // in another

// Stores that others share keep time by the clock of their server: exact to their round trip.
bool about(BootTime have, BootTime wanted) {
    return have > wanted - seconds(1) && have < wanted + seconds(1);
}

// MarkAge is an hour: a sample begun now is too early for everything, one begun in two hours is after
// everything. Every test has a cluster, and so a table, of its own.
class StoreConformance : public testing::TestWithParam<KindOfStore> {
 protected:
    void SetUp() override {
        store_ = GetParam().make();
        if (!store_) GTEST_SKIP() << "there is no server for it here";
    }

    [[nodiscard]] UserStore::Options options(std::uint64_t cluster) const {
        return {.url = store_->url(),
                .directory = store_->directory(),
                .cluster = cluster,
                .timeout = milliseconds(5000),
                .mark_age = hours(1)};
    }
    [[nodiscard]] UserStore::Options options() const { return options(cluster_); }
    [[nodiscard]] Position at(std::uint64_t lsn, std::uint32_t timeline = 1) const {
        return {cluster_, timeline, lsn};
    }
    static BootTime early() { return boot_now(); }
    static BootTime late() { return boot_now() + hours(2); }
    static BootTime no_pin() { return BootTime(0); }

    // In a process of its own, which the store is first used in by `part`.
    template <typename Part>
    static pid_t in_another_process(Part part) {
        const pid_t child = ::fork();
        if (child != 0) return child;
        bool held = false;
        try {
            held = part();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "child: %s\n", error.what());
        }
        ::_exit(held ? 0 : 1);
    }
    static bool succeeded(pid_t child) {
        int status = -1;
        return ::waitpid(child, &status, 0) == child && status == 0;
    }

    std::unique_ptr<StoreUnderTest> store_;
    // Above 2^63, as those of real servers are.
    const std::uint64_t cluster_ = 0xF000'0000'0000'0000U | (std::random_device{}() & ~1U);
};

INSTANTIATE_TEST_SUITE_P(Stores, StoreConformance, testing::ValuesIn(kinds_of_stores()),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(StoreConformance, R3IsBornWithBaseUnset) {
    UserStore store(options());
    const BootTime before = boot_now();
    const UserLook look = store.look(kAlice);
    EXPECT_FALSE(look.base_set);
    EXPECT_FALSE(look.mark_open);
    EXPECT_GE(look.born, before - seconds(1));
    EXPECT_LE(look.born, boot_now());
    EXPECT_TRUE(about(store.look(kBob).born, look.born));
}

TEST_P(StoreConformance, R3BaseIsALeaderSampleBegunMarkAgeAfterBirth) {
    UserStore store(options());
    static_cast<void>(store.look(kAlice));
    store.leader_sampled(at(10), early());
    EXPECT_FALSE(store.look(kAlice).base_set);
    store.leader_sampled(at(20), late());
    EXPECT_TRUE(store.look(kAlice).base_set);
    EXPECT_EQ(store.look(kAlice).required, at(20));
    store.leader_sampled(at(30), late());
    EXPECT_EQ(store.look(kAlice).required, at(20));
}

TEST_P(StoreConformance, R3AnUnknownOrForeignLeaderSetsNothing) {
    UserStore store(options());
    static_cast<void>(store.look(kAlice));
    store.leader_sampled({}, late());
    store.leader_sampled({cluster_ + 1, 1, 10}, late());
    EXPECT_FALSE(store.look(kAlice).base_set);
}

TEST_P(StoreConformance, R2AMarkIsSeenUntilItsWriterClosesIt) {
    UserStore store(options());
    store.open(kAlice, 7, 1);
    store.leader_sampled(at(10), boot_now() + hours(1) - milliseconds(100));
    EXPECT_TRUE(store.look(kAlice).mark_open);
    EXPECT_FALSE(store.look(kBob).mark_open);
    EXPECT_FALSE(store.look(kCarol).mark_open);
    store.close(kAlice, 7, 1, at(50), no_pin());
    EXPECT_FALSE(store.look(kAlice).mark_open);
}

TEST_P(StoreConformance, R2ACloseLeavesANewerMarkOfTheSameWriter) {
    UserStore store(options());
    store.open(kAlice, 7, 1);
    store.open(kAlice, 7, 2);
    store.close(kAlice, 7, 1, at(50), no_pin());
    EXPECT_TRUE(store.look(kAlice).mark_open);
    store.close(kAlice, 7, 2, at(60), no_pin());
    EXPECT_FALSE(store.look(kAlice).mark_open);
}

TEST_P(StoreConformance, R2MarksAreClosedByASampleBegunMarkAgeLater) {
    UserStore store(options());
    static_cast<void>(store.look(kAlice));
    store.leader_sampled(at(10), late());
    store.open(kAlice, 7, 1);
    store.open(kCarol, 8, 1);
    EXPECT_TRUE(store.look(kAlice).mark_open);
    EXPECT_TRUE(store.look(kCarol).mark_open);
    store.leader_sampled(at(30), early());
    EXPECT_TRUE(store.look(kAlice).mark_open);
    store.leader_sampled(at(40), late());
    EXPECT_FALSE(store.look(kAlice).mark_open);
    EXPECT_EQ(store.look(kAlice).required, at(40));
    EXPECT_EQ(store.look(kCarol).required, at(40));
    EXPECT_EQ(store.look(kBob).required, at(10));
}

TEST_P(StoreConformance, R2AnOldLeaderClosesNothing) {
    UserStore store(options());
    static_cast<void>(store.look(kAlice));
    store.leader_sampled(at(10, 2), late());
    store.open(kAlice, 7, 1);
    store.leader_sampled(at(900, 1), late());
    EXPECT_TRUE(store.look(kAlice).mark_open);
    EXPECT_EQ(store.look(kAlice).required, at(10, 2));
}

TEST_P(StoreConformance, R4RaisingBaseKeepsWhatIsBeyondIt) {
    UserStore store(options());
    static_cast<void>(store.look(kAlice));
    store.leader_sampled(at(10), late());
    store.close(kAlice, 7, 1, at(50), no_pin());
    store.close(kBob, 7, 1, at(20), no_pin());
    store.open(kCarol, 7, 1);
    store.replicas_applied(at(30));
    EXPECT_EQ(store.look(kAlice).required, at(50));
    EXPECT_EQ(store.look(kBob).required, at(30));
    EXPECT_TRUE(store.look(kCarol).mark_open);
    store.replicas_applied(at(25));
    EXPECT_EQ(store.look(kBob).required, at(30)) << "base never falls";
}

// Every store, whoever asks: also what was looked up before.
TEST_P(StoreConformance, R4RaisedBaseHoldsForEverybodyAtOnce) {
    UserStore store(options());
    UserStore another(options());
    static_cast<void>(store.look(kAlice));
    store.raise(at(5));
    EXPECT_FALSE(store.look(kAlice).base_set);
    store.leader_sampled(at(10), late());
    store.close(kAlice, 7, 1, at(50), no_pin());
    store.open(kCarol, 7, 1);
    for (const UserKey& user : {kAlice, kBob, kCarol}) static_cast<void>(another.look(user));
    store.raise(at(30));
    EXPECT_EQ(another.look(kAlice).required, at(50));
    EXPECT_EQ(another.look(kBob).required, at(30));
    EXPECT_TRUE(another.look(kCarol).mark_open);
    EXPECT_EQ(another.look(kCarol).required, at(30));
    store.raise(at(20));
    store.raise(at(900, 2));
    EXPECT_EQ(another.look(kBob).required, at(30)) << "neither falls nor leaves its timeline";
}

TEST_P(StoreConformance, R4KeepsAPinUntilItEnds) {
    UserStore store(options());
    static_cast<void>(store.look(kAlice));
    store.leader_sampled(at(10), late());
    const BootTime pin = boot_now() + hours(3);
    store.close(kAlice, 7, 1, at(5), pin);
    store.close(kBob, 7, 1, {}, pin);
    store.replicas_applied(at(30));
    EXPECT_TRUE(about(store.look(kAlice).pinned_until, pin));
    EXPECT_TRUE(about(store.look(kBob).pinned_until, pin));
    EXPECT_EQ(store.look(kBob).required, at(30));
}

TEST_P(StoreConformance, R4NeverSetsAnUnsetBase) {
    UserStore store(options());
    static_cast<void>(store.look(kAlice));
    store.replicas_applied(at(30));
    EXPECT_FALSE(store.look(kAlice).base_set);
}

TEST_P(StoreConformance, I6PositionsOnlyRise) {
    UserStore store(options());
    static_cast<void>(store.look(kAlice));
    store.leader_sampled(at(10), late());
    store.close(kAlice, 7, 1, at(50), no_pin());
    store.close(kAlice, 8, 1, at(40), no_pin());
    EXPECT_EQ(store.look(kAlice).required, at(50));
    store.close(kAlice, 8, 1, at(3, 2), no_pin());
    EXPECT_EQ(store.look(kAlice).required, at(3, 2));
    store.close(kAlice, 8, 1, at(1000, 1), no_pin());
    EXPECT_EQ(store.look(kAlice).required, at(3, 2));
}

TEST_P(StoreConformance, OrdersTheWholeRangeOfLsns) {
    UserStore store(options());
    static_cast<void>(store.look(kAlice));
    store.leader_sampled(at(10), late());
    store.close(kAlice, 7, 1, at(0x7FFF'FFFF'FFFF'FFFFU), no_pin());
    store.close(kAlice, 7, 1, at(0x8000'0000'0000'0000U), no_pin());
    EXPECT_EQ(store.look(kAlice).required.lsn, 0x8000'0000'0000'0000U);
    store.close(kAlice, 7, 1, at(1), no_pin());
    EXPECT_EQ(store.look(kAlice).required.lsn, 0x8000'0000'0000'0000U);
}

TEST_P(StoreConformance, AForeignPositionClosesNothing) {
    UserStore store(options());
    store.open(kAlice, 7, 1);
    EXPECT_THROW(store.close(kAlice, 7, 1, {cluster_ + 1, 1, 10}, no_pin()), StoreUnavailable);
    EXPECT_TRUE(store.look(kAlice).mark_open);
}

TEST_P(StoreConformance, ClustersShareAStoreButNothingElse) {
    UserStore one(options());
    UserStore two(options(cluster_ + 1));
    one.open(kAlice, 7, 1);
    one.leader_sampled(at(10), late());
    EXPECT_FALSE(two.look(kAlice).mark_open);
    EXPECT_FALSE(two.look(kAlice).base_set);
    EXPECT_TRUE(one.look(kAlice).base_set);
}

TEST_P(StoreConformance, IsSharedByWhoeverNamesIt) {
    UserStore one(options());
    UserStore two(options());
    one.open(kAlice, 7, 1);
    EXPECT_TRUE(two.look(kAlice).mark_open);
    two.close(kAlice, 7, 1, at(9), no_pin());
    one.leader_sampled(at(1), late());
    EXPECT_EQ(one.look(kAlice).required, at(9));
}

TEST_P(StoreConformance, HoldsManyUsersAndManyMarksOfOne) {
    UserStore store(options());
    for (std::uint64_t writer = 0; writer < 100; ++writer) store.open(kAlice, writer, 1);
    for (unsigned user = 0; user < 300; ++user) {
        const UserKey key = {1, static_cast<std::uint8_t>(user), static_cast<std::uint8_t>(user >> 8), 9};
        store.close(key, 7, 1, at(1000 + user), no_pin());
    }
    for (std::uint64_t writer = 0; writer < 100; ++writer) {
        EXPECT_TRUE(store.look(kAlice).mark_open);
        store.close(kAlice, writer, 1, at(writer), no_pin());
    }
    EXPECT_FALSE(store.look(kAlice).mark_open);
    store.leader_sampled(at(1), late());
    EXPECT_EQ(store.look(kAlice).required, at(99));
    const UserKey key = {1, 43, 1, 9};
    EXPECT_EQ(store.look(key).required, at(1000 + 256 + 43));
}

TEST_P(StoreConformance, CountsWhatIsOpen) {
    UserStore store(options());
    EXPECT_FALSE(store.summary(late()).base.known());
    store.leader_sampled(at(10), late());
    EXPECT_EQ(store.summary(late()).base, at(10));
    EXPECT_EQ(store.summary(late()).marks, 0U);
    for (std::uint64_t writer = 1; writer <= 3; ++writer) store.open(kAlice, writer, 1);
    for (unsigned user = 0; user < 300; ++user)
        store.open({1, static_cast<std::uint8_t>(user), static_cast<std::uint8_t>(user >> 8), 9}, 7, 1);
    store.close(kAlice, 2, 1, at(50), no_pin());
    store.close(kCarol, 2, 1, at(50), no_pin());
    const StoreSummary summary = store.summary(late());
    EXPECT_EQ(summary.marks, 302U);
    EXPECT_TRUE(summary.whole);
    EXPECT_EQ(summary.users.value_or(302), 302U);
    EXPECT_EQ(summary.base, at(10));
    EXPECT_EQ(store.look(kCarol).required, at(50));
}

TEST_P(StoreConformance, IsUsedFromManyThreads) {
    UserStore store(options());
    static_cast<void>(store.look(kAlice));
    store.leader_sampled(at(1), late());
    const std::uint64_t kRounds = 100;
    std::vector<std::thread> threads;
    for (std::uint64_t writer = 1; writer <= 4; ++writer) {
        threads.emplace_back([this, &store, writer] {
            for (std::uint64_t round = 1; round <= kRounds; ++round) {
                store.open(kAlice, writer, round);
                EXPECT_TRUE(store.look(kAlice).mark_open);
                store.close(kAlice, writer, round, at(round * 10 + writer), BootTime(0));
                EXPECT_GE(store.look(kAlice).required.lsn, round * 10 + writer);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_FALSE(store.look(kAlice).mark_open);
    EXPECT_EQ(store.look(kAlice).required, at(kRounds * 10 + 4));
}

TEST_P(StoreConformance, R5ALostTableIsBornAgainWithBaseUnset) {
    UserStore one(options());
    UserStore two(options());
    static_cast<void>(one.look(kAlice));
    one.leader_sampled(at(10), late());
    one.close(kAlice, 7, 1, at(50), no_pin());
    one.open(kCarol, 7, 1);
    EXPECT_EQ(two.look(kAlice).required, at(50));
    if (!store_->lose()) GTEST_SKIP() << "cannot be lost";
    // The first write after it is what readers that have kept something go by.
    one.open(kBob, 7, 2);
    for (UserStore* store : {&two, &one}) {
        EXPECT_FALSE(store->look(kAlice).base_set);
        EXPECT_TRUE(store->look(kBob).mark_open);
        EXPECT_FALSE(store->look(kCarol).mark_open);
    }
    two.leader_sampled(at(60), early());
    EXPECT_FALSE(one.look(kAlice).base_set);
    two.leader_sampled(at(70), late());
    EXPECT_EQ(one.look(kAlice).required, at(70));
}

TEST_P(StoreConformance, R5ACloseThatFindsANewTableKeepsItsPositionAndNothingElse) {
    UserStore store(options());
    store.open(kAlice, 7, 1);
    store.leader_sampled(at(10), late());
    if (!store_->lose()) GTEST_SKIP() << "cannot be lost";
    store.close(kAlice, 7, 1, at(50), no_pin());
    EXPECT_FALSE(store.look(kAlice).base_set);
    store.leader_sampled(at(20), late());
    EXPECT_EQ(store.look(kAlice).required, at(50));
}

TEST_P(StoreConformance, AMarkOfAnotherProcessIsSeenAndItsPositionToo) {
    if (!store_->between_processes()) GTEST_SKIP() << "of one process";
    ASSERT_TRUE(succeeded(in_another_process([this] {
        UserStore store(options());
        static_cast<void>(store.look(kAlice));
        store.leader_sampled(at(10), late());
        store.open(kAlice, 7, 1);
        store.close(kBob, 7, 2, at(30), no_pin());
        return true;
    })));
    UserStore store(options());
    EXPECT_TRUE(store.look(kAlice).mark_open);
    EXPECT_EQ(store.look(kBob).required, at(30));
    ASSERT_TRUE(succeeded(in_another_process([this] {
        UserStore other(options());
        other.close(kAlice, 7, 1, at(40), no_pin());
        return other.look(kAlice).required == at(40);
    })));
    EXPECT_EQ(store.look(kAlice).required, at(40));
}

TEST_P(StoreConformance, ATableOfAProcessIsNotItsChilds) {
    if (store_->between_processes()) GTEST_SKIP() << "shared";
    UserStore store(options());
    static_cast<void>(store.look(kAlice));
    store.leader_sampled(at(10), late());
    EXPECT_TRUE(succeeded(in_another_process([this] {
        UserStore own(options());
        return !own.look(kAlice).base_set;
    })));
    EXPECT_TRUE(UserStore(options()).look(kAlice).base_set);
}

TEST_P(StoreConformance, AStoreThatDoesNotAnswerIsUnavailableWithinItsTime) {
    UserStore::Options impatient = options();
    impatient.timeout = milliseconds(50);
    UserStore store(impatient);
    UserStore patient(options());
    static_cast<void>(patient.look(kAlice));
    if (!store_->freeze()) GTEST_SKIP() << "always answers";
    const BootTime begun = boot_now();
    EXPECT_THROW(store.open(kAlice, 7, 1), StoreUnavailable);
    EXPECT_THROW(static_cast<void>(store.look(kAlice)), StoreUnavailable);
    EXPECT_THROW(store.close(kAlice, 7, 1, at(5), no_pin()), StoreUnavailable);
    EXPECT_LT(boot_now() - begun, seconds(20)) << "a limit only for what never returns";
    store_->thaw();
    // What reached it all the same was written in order, and is whole.
    patient.open(kBob, 8, 1);
    EXPECT_TRUE(patient.look(kBob).mark_open);
    EXPECT_FALSE(patient.look(kCarol).mark_open);
}

// Every process writes, closes with ever higher positions, and looks: no position is ever seen to fall, and
// none that was acknowledged is missed.
TEST_P(StoreConformance, I6PositionsOnlyRiseBetweenProcesses) {
    if (!store_->between_processes()) GTEST_SKIP() << "of one process";
    {
        UserStore store(options());
        static_cast<void>(store.look(kAlice));
        store.leader_sampled(at(1), late());
    }
    constexpr std::uint64_t kProcesses = 3;
    constexpr std::uint64_t kRounds = 60;
    std::vector<pid_t> children;
    for (std::uint64_t process = 1; process <= kProcesses; ++process) {
        children.push_back(in_another_process([this, process] {
            UserStore store(options());
            std::uint64_t seen = 0;
            for (std::uint64_t round = 1; round <= kRounds; ++round) {
                const std::uint64_t lsn = round * 100 + process;
                store.open(kAlice, process, round);
                if (!store.look(kAlice).mark_open) return false;
                store.close(kAlice, process, round, at(lsn), no_pin());
                const UserLook look = store.look(kAlice);
                if (!look.base_set || look.required.lsn < std::max(lsn, seen)) return false;
                seen = look.required.lsn;
                if (round % 7 == 0) store.replicas_applied(at(round * 90));
            }
            return true;
        }));
    }
    for (const pid_t child : children) EXPECT_TRUE(succeeded(child));
    UserStore store(options());
    EXPECT_FALSE(store.look(kAlice).mark_open);
    EXPECT_EQ(store.look(kAlice).required, at(kRounds * 100 + kProcesses));
}

// The table of the rules, as plainly as it can be written down.
struct Model {
    struct Entry {
        std::uint64_t lsn = 0;
        BootTime pinned_until{0};
        std::map<WriterId, std::uint64_t> marks;
    };
    std::uint64_t base = 0;
    std::map<UserKey, Entry> entries;
};

// The same random calls on the model and on two objects of one store, which may be made anew, or lose its
// table, at any time.
TEST_P(StoreConformance, BehavesAsTheTableOfTheRules) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto below = [&random](std::uint64_t limit) { return random() % limit; };
    const std::array<UserKey, 4> users = {kAlice, kBob, kCarol, UserKey{3}};
    std::array<std::unique_ptr<UserStore>, 2> stores;
    for (auto& store : stores) store = std::make_unique<UserStore>(options());
    const BootTime far = boot_now() + hours(10);

    Model table;
    std::uint64_t leader = 1;
    std::uint64_t used = 0;
    for (int step = 0; step < store_->steps(); ++step) {
        UserStore& store = *stores.at(below(2));
        const UserKey& user = users.at(below(4));
        const WriterId writer = below(3);
        leader += below(3);
        if (below(50) == 0) store_->disturb();
        switch (below(20)) {
            case 0:
                if (!store_->lose()) break;
                // Whoever finds it lost tells everybody by the birth of the new table.
                for (const UserKey& each : users) static_cast<void>(UserStore(options()).look(each));
                table = {};
                break;
            case 1:
                stores.at(below(2)) = std::make_unique<UserStore>(options());
                break;
            case 2:
                // What a store closes for others is what it has seen.
                for (const UserKey& each : users) static_cast<void>(store.look(each));
                store.leader_sampled(at(leader), late());
                if (table.base == 0) table.base = leader;
                for (auto& [key, entry] : table.entries) {
                    if (!entry.marks.empty()) entry.lsn = std::max(entry.lsn, leader);
                    entry.marks.clear();
                }
                break;
            case 3:
                store.leader_sampled(at(leader), early());
                break;
            case 4:
            case 5:
                store.replicas_applied(at(leader / 2));
                if (table.base != 0) table.base = std::max(table.base, leader / 2);
                break;
            case 6:
            case 7:
            case 8:
            case 9:
                store.open(user, writer, ++used);
                table.entries[user].marks[writer] = used;
                break;
            case 10:
            case 11:
            case 12:
            case 13: {
                const BootTime pin = below(4) == 0 ? far + seconds(below(1000)) : no_pin();
                const std::uint64_t lsn = leader - below(leader);
                Model::Entry& entry = table.entries[user];
                const auto mark = entry.marks.find(writer);
                // The mark's own sequence, or one from before it.
                std::uint64_t sequence = mark == entry.marks.end() ? used : mark->second;
                if (below(3) == 0) sequence -= std::min<std::uint64_t>(sequence, 1 + below(3));
                store.close(user, writer, sequence, at(lsn), pin);
                entry.lsn = std::max(entry.lsn, lsn);
                entry.pinned_until = std::max(entry.pinned_until, pin);
                if (mark != entry.marks.end() && mark->second == sequence) entry.marks.erase(mark);
                break;
            }
            default: {
                const UserLook look = store.look(user);
                const Model::Entry& entry = table.entries[user];
                ASSERT_EQ(look.base_set, table.base != 0) << step;
                ASSERT_EQ(look.mark_open, !entry.marks.empty()) << step;
                if (entry.pinned_until != BootTime(0)) {
                    ASSERT_TRUE(about(look.pinned_until, entry.pinned_until)) << step;
                }
                if (look.base_set) {
                    ASSERT_EQ(look.required, at(std::max(table.base, entry.lsn))) << step;
                }
            }
        }
    }
}

}  // namespace
}  // namespace freshread::test
