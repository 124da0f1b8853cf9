// Several processes of one account: who samples for all of them, and who takes over.
#include "state/sampling.h"

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <sys/wait.h>
#include <unistd.h>

#include "eventually.h"
#include "scratch_directory.h"
#include "test_nodes.h"

namespace freshread {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Whether this process has a monitor, by the name of its thread.
bool samples_itself() {
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::string name;
        std::ifstream(task.path() / "comm") >> name;
        if (name == "freshread-mon") return true;
    }
    return false;
}

// A process that wants progress all the time, and says whether it samples itself.
class Wanting {
 public:
    explicit Wanting(const std::function<std::unique_ptr<Sampling>()>& sampling) {
        if (::pipe(said_.data()) != 0 || ::pipe(over_.data()) != 0) throw std::runtime_error("no pipe");
        process_ = ::fork();
        if (process_ != 0) {
            ::close(said_[1]);
            ::close(over_[0]);
            return;
        }
        ::close(over_[1]);
        std::thread([this] {
            char byte = 0;
            static_cast<void>(::read(over_[0], &byte, 1));
            ending_ = true;
        }).detach();
        {
            const auto its = sampling();
            char before = 0;
            while (!ending_) {
                its->want_progress();
                const char now = samples_itself() ? 'y' : 'n';
                if (now != before) static_cast<void>(::write(said_[1], &now, 1));
                before = now;
                std::this_thread::sleep_for(milliseconds(1));
            }
        }
        ::_exit(0);
    }
    ~Wanting() {
        end(SIGKILL);
        ::close(said_[0]);
        if (over_[1] >= 0) ::close(over_[1]);
    }
    Wanting(const Wanting&) = delete;
    Wanting& operator=(const Wanting&) = delete;

    // Until it says so; false when it ended without.
    [[nodiscard]] bool says(char word) const {
        char said = 0;
        while (::read(said_[0], &said, 1) == 1)
            if (said == word) return true;
        return false;
    }
    // Puts its Sampling away, and ends.
    void leave() {
        ::close(std::exchange(over_[1], -1));
        ::waitpid(std::exchange(process_, -1), nullptr, 0);
    }
    void end(int signal) {
        if (process_ < 0) return;
        send(signal);
        ::waitpid(std::exchange(process_, -1), nullptr, 0);
    }
    void send(int signal) const { ::kill(process_, signal); }

 private:
    std::array<int, 2> said_{};
    std::array<int, 2> over_{};
    std::atomic<bool> ending_{false};
    pid_t process_ = -1;
};

class SamplingTest : public testing::Test {
 protected:
    [[nodiscard]] std::unique_ptr<Sampling> sampling() const {
        Sampling::Options options;
        options.directory = scratch_.file("state");
        options.cluster = 1;
        options.monitor.nodes = nodes_;
        return std::make_unique<Sampling>(std::move(options), nullptr, nullptr, nullptr);
    }
    [[nodiscard]] std::unique_ptr<Wanting> process() const {
        return std::make_unique<Wanting>([this] { return sampling(); });
    }
    static bool takes_over(Sampling& mine) {
        return eventually([&] {
            mine.want_progress();
            return samples_itself();
        });
    }
    // Of servers that were started: each node is asked, by one connection.
    void expect_one_connection_each(Sampling& mine) const {
        if (nodes_.size() < 2) return;
        for (NodeId node = 0; node < nodes_.size(); ++node) {
            EXPECT_TRUE(mine.await(node, mine.board()->ticket(), boot_now() + seconds(30)).has_value());
            EXPECT_TRUE(eventually([&] { return monitors_of(nodes_[node]) == "1"; }))
                << int{node} << " has " << monitors_of(nodes_[node]);
        }
    }
    static std::string monitors_of(const ConnectionParameters& node) {
        std::vector<const char*> keywords;
        std::vector<const char*> values;
        for (const auto& [keyword, value] : node) {
            keywords.push_back(keyword.c_str());
            values.push_back(value.c_str());
        }
        keywords.push_back(nullptr);
        values.push_back(nullptr);
        const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(
            PQconnectdbParams(keywords.data(), values.data(), 0), &PQfinish);
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(
            PQexec(connection.get(),
                   "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'freshread-monitor'"),
            &PQclear);
        return PQntuples(result.get()) == 1 ? PQgetvalue(result.get(), 0, 0)
                                            : PQerrorMessage(connection.get());
    }

    const ScratchDirectory scratch_{};
    const std::vector<ConnectionParameters> nodes_ =
        test_nodes().size() < 2
            ? std::vector<ConnectionParameters>{{{"hostaddr", "127.0.0.1"}, {"port", "1"}}}
            : test_nodes();
};

TEST_F(SamplingTest, OneProcessSamplesForAll) {
    const auto other = process();
    ASSERT_TRUE(other->says('y'));
    const auto mine = sampling();
    for (int call = 0; call < 50; ++call) {
        ASSERT_TRUE(mine->want_progress() != nullptr);
        ASSERT_FALSE(samples_itself());
        mine->board()->await_news(mine->board()->news(), milliseconds(2));
    }
    expect_one_connection_each(*mine);
    EXPECT_FALSE(samples_itself());
}

TEST_F(SamplingTest, AnotherTakesOverWhenItsProcessLeaves) {
    const auto other = process();
    ASSERT_TRUE(other->says('y'));
    const auto mine = sampling();
    other->leave();
    EXPECT_TRUE(takes_over(*mine));
    expect_one_connection_each(*mine);
}

TEST_F(SamplingTest, AnotherTakesOverWhenItsProcessIsKilled) {
    const auto other = process();
    ASSERT_TRUE(other->says('y'));
    const auto mine = sampling();
    other->end(SIGKILL);
    EXPECT_TRUE(takes_over(*mine));
    expect_one_connection_each(*mine);
}

TEST_F(SamplingTest, AnotherTakesOverWhenItsProcessIsStoppedAndStepsDownWhenResumed) {
    const auto other = process();
    ASSERT_TRUE(other->says('y'));
    const auto mine = sampling();
    other->send(SIGSTOP);
    EXPECT_TRUE(takes_over(*mine));
    if (nodes_.size() > 1) {
        EXPECT_TRUE(mine->await(0, mine->board()->ticket(), boot_now() + seconds(30)).has_value());
    }
    other->send(SIGCONT);
    EXPECT_TRUE(other->says('n'));
    EXPECT_TRUE(samples_itself());
    expect_one_connection_each(*mine);
}

TEST_F(SamplingTest, AChildOfTheOneThatSamplesIsNotIt) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "ThreadSanitizer does not follow a process that was forked from several threads";
#endif
    const auto mine = sampling();
    ASSERT_TRUE(takes_over(*mine));
    {
        // Forked while the monitor runs here.
        const auto child = process();
        ASSERT_TRUE(child->says('n'));
        expect_one_connection_each(*mine);
    }
    const auto child = process();
    ASSERT_TRUE(child->says('n'));
    mine->stop(true);
    EXPECT_TRUE(child->says('y'));
}

TEST_F(SamplingTest, GoesOnWhenTheBoardIsDamaged) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "ThreadSanitizer does not follow a process that was forked from several threads";
#endif
    const auto mine = sampling();
    ASSERT_TRUE(takes_over(*mine));
    const auto before = mine->board();
    for (const auto& entry : std::filesystem::directory_iterator(scratch_.file("state")))
        if (entry.path().extension() != ".lock") std::filesystem::resize_file(entry.path(), 3);
    // What is there keeps working, and all come to a new one.
    EXPECT_TRUE(eventually([&] { return mine->want_progress() != before && samples_itself(); }));
    const auto other = process();
    ASSERT_TRUE(other->says('n'));
    expect_one_connection_each(*mine);
}

TEST_F(SamplingTest, WithoutADirectoryAProcessSamplesForItself) {
    Sampling::Options options;
    options.directory = "/proc/nowhere";
    options.monitor.nodes = nodes_;
    Sampling mine(options, nullptr, nullptr, nullptr);
    EXPECT_TRUE(takes_over(mine));
    options.allowed = false;
    Sampling none(options, nullptr, nullptr, nullptr);
    EXPECT_EQ(none.want_progress(), nullptr);
    EXPECT_FALSE(none.want_catalog());
    EXPECT_FALSE(none.await(0, {}, boot_now() + seconds(1)).has_value());
}

TEST_F(SamplingTest, NobodyIsAskedAboutAnotherDatabase) {
    Sampling::Options options;
    options.directory = scratch_.file("state");
    options.monitor.nodes = nodes_;
    options.database = 1;
    Sampling mine(options, nullptr, nullptr, nullptr);
    EXPECT_TRUE(mine.want_catalog());
    options.database = 2;
    Sampling of_another(options, nullptr, nullptr, nullptr);
    EXPECT_FALSE(of_another.want_catalog());
    options.database = 1;
    Sampling of_the_same(options, nullptr, nullptr, nullptr);
    EXPECT_TRUE(of_the_same.want_catalog());
}

}  // namespace
}  // namespace freshread
