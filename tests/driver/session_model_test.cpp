// The session machine against two real servers: a random script of settings, transactions, temporary objects,
// reads and writes shows through Freshread what it shows direct on the leader. Commits wait until the replica
// has applied them, so that a replica that answers has everything that the session wrote, and lacks what the
// session is.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>

#include "tests/driver/session_script.h"
#include "tests/driver/test_cluster.h"

namespace freshread::test {
namespace {

constexpr int kScriptsPerConnection = 25;

class SessionModel : public testing::Test {
 protected:
    static void SetUpTestSuite() {
        on_node("leader", "alter system set synchronous_commit = 'remote_apply'");
        on_node("leader", "alter system set synchronous_standby_names = '*'");
        on_node("leader", "select pg_reload_conf()");
        on_node("leader", "create role reader");
        on_node("leader", "grant reader to app");
        for (const char* const database : {"direct", "through"}) {
            on_node("leader", std::string("create database ") + database);
            on_node("leader", schema_of_scripts(), database);
        }
        cluster("wait replica1");
    }

    // Without plans on the server: psqlodbc 13 gives two the same name now and then, and calls itself without
    // end when it is to free one that DISCARD ALL has freed.
    [[nodiscard]] static std::string node(const std::string& name, const std::string& database) {
        return "DSN=pg_" + name + ";Database=" + database + ";UseServerSidePrepare=0";
    }
    [[nodiscard]] static std::unique_ptr<ScriptPlayer> direct() {
        return std::make_unique<ScriptPlayer>(node("leader", "direct"));
    }
    [[nodiscard]] std::unique_ptr<ScriptPlayer> through() const {
        return std::make_unique<ScriptPlayer>("DRIVER={Freshread};MarkAge=100ms;StateDir=" + state_ +
                                              ";Leader={" + node("leader", "through") + "};Replicas={" +
                                              node("replica1", "through") + "};" + keywords_);
    }

    static inline int given_up = 0;

    // Empty when both show the same; otherwise what they show.
    static std::string difference(const Script& script, ScriptPlayer& direct, ScriptPlayer& through) {
        auto expected = direct.play(script);
        auto seen = through.play(script);
        // A REPEATABLE READ transaction that read on the replica and then did what only the leader can do in
        // its snapshot: it has to be started again, and what follows is another script.
        for (std::size_t step = 0; step < script.size(); ++step) {
            if (!seen[step].starts_with("-1 40001") || expected[step].starts_with("-1 40001")) continue;
            ++given_up;
            seen.resize(step);
            expected.resize(step);
            break;
        }
        if (seen == expected) return {};
        std::string text;
        for (std::size_t step = 0; step < expected.size(); ++step) {
            text += "  " + describe(script[step]) + "\n    " + expected[step] + "\n";
            if (seen[step] != expected[step]) text += "  ! " + seen[step] + "\n";
        }
        return text;
    }

    // The fewest steps that still differ, on connections of their own.
    [[nodiscard]] std::string shrunk(Script script) const {
        const auto differs = [&](const Script& tried) { return difference(tried, *direct(), *through()); };
        std::string shown = differs(script);
        if (shown.empty()) return "(not on new connections)";
        for (std::size_t step = script.size(); step-- > 0;) {
            Script without = script;
            without.erase(without.begin() + static_cast<std::ptrdiff_t>(step));
            std::string still = differs(without);
            if (still.empty()) continue;
            script = std::move(without);
            shown = std::move(still);
        }
        return shown;
    }

    void play(int scripts, int least) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets variables
        const char* given = std::getenv("FRESHREAD_SEED");
        const std::uint64_t base = given ? std::stoull(given) : std::random_device()();
        std::cout << "FRESHREAD_SEED=" << base << '\n';
        const int served_before = served_by("replica1", "/* scripted */");
        const auto begun = std::chrono::steady_clock::now();
        given_up = 0;
        std::unique_ptr<ScriptPlayer> one;
        std::unique_ptr<ScriptPlayer> other;
        int failures = 0;
        for (int number = 0; number < scripts && failures < 3; ++number) {
            const std::uint64_t seed = base + static_cast<std::uint64_t>(number);
            if (!one || seed % kScriptsPerConnection == 0) {
                one = direct();
                other = through();
            }
            const Script script = script_of(seed);
            const int given_up_before = given_up;
            const std::string shown = difference(script, *one, *other);
            // What the rest of that script left in one session the other one has not.
            if (given_up != given_up_before) one.reset();
            if (shown.empty()) continue;
            ++failures;
            // Their transactions would be in the way.
            one.reset();
            other.reset();
            ADD_FAILURE() << "FRESHREAD_SEED=" << seed << "\n" << shown << "shrunk:\n" << shrunk(script);
        }
        const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
        const int served = served_by("replica1", "/* scripted */") - served_before;
        std::cout << scripts << " scripts in " << took << " s; the replica served " << served
                  << " of their reads; " << given_up << " transactions had to be started again\n";
        EXPECT_LE(given_up, scripts / 50);
        EXPECT_GE(served, least * scripts) << "a test of replicas that do not serve";
    }

    std::string state_ = warm_state_directory();
    std::string keywords_{};
};

TEST_F(SessionModel, AScriptShowsThroughFreshreadWhatItShowsOnTheLeader) {
    keywords_ = "Policy=any";
    play(rounds(1000, 5000), 2);
}

// The same with positions: behind a write reads wait on the leader until the replica is known to have it.
TEST_F(SessionModel, AScriptShowsTheSameWithPositions) {
    play(rounds(100, 1000), 1);
}

}  // namespace
}  // namespace freshread::test
