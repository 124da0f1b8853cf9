#include "state/monitor.h"

#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <sys/socket.h>
#include <unistd.h>

#include "eventually.h"
#include "state/node_query.h"
#include "test_nodes.h"

namespace freshread {
namespace {

using std::chrono::milliseconds;

// A server that accepts connections and says nothing.
class SilentServer {
 public:
    SilentServer() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(descriptor_, generic, size) != 0 || ::listen(descriptor_, 16) != 0 ||
            ::getsockname(descriptor_, generic, &size) != 0) {
            throw std::runtime_error("no socket");
        }
        port_ = ntohs(address.sin_port);
    }
    ~SilentServer() { ::close(descriptor_); }
    SilentServer(const SilentServer&) = delete;
    SilentServer& operator=(const SilentServer&) = delete;

    [[nodiscard]] ConnectionParameters parameters() const {
        return {{"hostaddr", "127.0.0.1"},
                {"port", std::to_string(port_)},
                {"user", "nobody"},
                {"dbname", "nothing"}};
    }

 private:
    int descriptor_;
    int port_ = 0;
};

ConnectionParameters refusing_node() {
    return {{"hostaddr", "127.0.0.1"}, {"port", "1"}, {"user", "nobody"}, {"dbname", "nothing"}};
}

// The number of threads of this process that bear the monitor's name.
int monitor_threads() {
    int count = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream file(task.path() / "comm");
        std::string name;
        std::getline(file, name);
        count += name == "freshread-mon" ? 1 : 0;
    }
    return count;
}

// A board of this process alone, whose nodes nobody samples yet.
struct Watched {
    explicit Watched(std::vector<ConnectionParameters> its_nodes)
        : nodes(std::move(its_nodes)), board(std::make_shared<const Board>(BoardMemory::own(1), nodes)) {
        board->want_progress(boot_now());
    }
    [[nodiscard]] HeldLeases leases() const {
        HeldLeases held(board, {this_process(), 0, 0});
        EXPECT_TRUE(held.take_free(boot_now()));
        return held;
    }
    void want_progress() const { board->want_progress(boot_now()); }
    [[nodiscard]] std::optional<Sample> sample(NodeId node) const { return board->sample(node); }

    const std::vector<ConnectionParameters> nodes;
    const std::shared_ptr<const Board> board;
};

TEST(Monitor, ForgetsANodeThatRefuses) {
    const Watched board({refusing_node()});
    HeldLeases leases = board.leases();
    board.board->publish(0, *leases.of(0), Sample{});
    ASSERT_TRUE(board.sample(0).has_value());
    const Monitor monitor({.nodes = board.nodes}, std::move(leases), {});
    EXPECT_TRUE(eventually([&] { return !board.sample(0).has_value(); }));
}

TEST(Monitor, EndsAtOnceWhateverAServerDoes) {
    const SilentServer silent;
    const Watched board({silent.parameters(), refusing_node()});
    const BootTime before = boot_now();
    {
        const Monitor monitor({.nodes = board.nodes}, board.leases(), {});
        EXPECT_TRUE(eventually([] { return monitor_threads() == 1; }));
    }
    EXPECT_EQ(monitor_threads(), 0);
    EXPECT_LT(boot_now() - before, std::chrono::seconds(30)) << "far below any timeout that would add up";
}

TEST(Monitor, EndsWhenNobodyWantsSamples) {
    const Watched board({refusing_node()});
    const Monitor monitor({.nodes = board.nodes}, board.leases(), {});
    EXPECT_TRUE(eventually([] { return monitor_threads() == 1; }));
    EXPECT_FALSE(monitor.ended());
    // As if that time had passed.
    board.board->want_progress(boot_now() - 2 * Board::kSampledFor);
    EXPECT_TRUE(eventually([&] { return monitor.ended(); }));
    EXPECT_TRUE(board.leases().of(0).has_value()) << "the lease is free";
}

TEST(Monitor, StepsDownWhenAnotherHasTakenItsLease) {
    const Watched board({refusing_node()});
    const Monitor monitor({.nodes = board.nodes}, board.leases(), {});
    // As another process does that finds it stopped.
    const auto later = boot_now() + std::chrono::hours(1);
    ASSERT_TRUE(board.board->lease(0)->take(later, {this_process(), 0, 0}, &may_live).has_value());
    // Which has ended by now: its heart beats in an hour.
    EXPECT_TRUE(eventually([&] { return board.board->lease(0)->current() == 3; }));
}

TEST(Monitor, BlocksAllSignalsInItsThreadOnly) {
    const Watched board({refusing_node()});
    const Monitor monitor({.nodes = board.nodes}, board.leases(), {});
    ASSERT_TRUE(eventually([] { return monitor_threads() == 1; }));
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream file(task.path() / "status");
        const bool of_the_test = task.path().filename() == std::to_string(::getpid());
        std::string name;
        std::string blocked;
        for (std::string line; std::getline(file, line);) {
            if (line.starts_with("Name:")) name = line.substr(6);
            if (line.starts_with("SigBlk:")) blocked = line.substr(8);
        }
        if (!of_the_test && name != "freshread-mon") continue;  // a sanitizer's
        const std::uint64_t mask = std::stoull(blocked, nullptr, 16);
        for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGALRM, SIGCHLD, SIGPIPE, SIGPROF}) {
            const bool is_blocked = (mask >> (signal - 1) & 1U) != 0;
            EXPECT_EQ(is_blocked, name == "freshread-mon") << name << " " << signal;
        }
    }
}

class MonitorOfServers : public testing::Test {
 protected:
    void SetUp() override {
        if (nodes_.size() < 2) GTEST_SKIP() << "needs tests/cluster: FRESHREAD_TEST_LEADER is not set";
    }

    using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

    [[nodiscard]] Connection connect(NodeId node) const {
        std::vector<const char*> keywords;
        std::vector<const char*> values;
        for (const auto& [keyword, value] : nodes_.at(node)) {
            keywords.push_back(keyword.c_str());
            values.push_back(value.c_str());
        }
        keywords.push_back(nullptr);
        values.push_back(nullptr);
        Connection connection(PQconnectdbParams(keywords.data(), values.data(), 0), &PQfinish);
        EXPECT_EQ(PQstatus(connection.get()), CONNECTION_OK) << PQerrorMessage(connection.get());
        return connection;
    }
    static std::string run(const Connection& connection, const std::string& text) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), text.c_str()),
                                                                   &PQclear);
        const ExecStatusType status = PQresultStatus(result.get());
        EXPECT_TRUE(status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
            << PQerrorMessage(connection.get());
        return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
    }
    static std::optional<NodeRow> ask(const Connection& connection) {
        const BootTime begun = boot_now();
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(
            PQexec(connection.get(), std::string(node_query()).c_str()), &PQclear);
        EXPECT_EQ(PQresultStatus(result.get()), PGRES_TUPLES_OK) << PQerrorMessage(connection.get());
        std::vector<std::string_view> columns;
        for (int column = 0; column < PQnfields(result.get()); ++column) {
            columns.emplace_back(PQgetvalue(result.get(), 0, column));
        }
        return parse_node_row(columns, begun);
    }

    const std::vector<ConnectionParameters> nodes_ = test_nodes();
};

TEST_F(MonitorOfServers, SamplesEveryNode) {
    const Watched board(nodes_);
    std::atomic<int> rounds{0};
    const BootTime before = boot_now();
    const Monitor monitor({.nodes = nodes_}, board.leases(), [&](const Board& seen) {
        EXPECT_EQ(&seen, board.board.get());
        ++rounds;
    });
    for (NodeId node = 0; node < nodes_.size(); ++node) {
        ASSERT_TRUE(eventually([&] { return board.sample(node).has_value(); })) << int{node};
        const Sample sample = *board.sample(node);
        EXPECT_EQ(sample.in_recovery, node != kLeader);
        EXPECT_TRUE(sample.position.known());
        EXPECT_EQ(sample.position.cluster, board.sample(kLeader)->position.cluster);
        EXPECT_EQ(sample.position.timeline, board.sample(kLeader)->position.timeline);
        EXPECT_GT(sample.instance, 0);
        EXPECT_GE(sample.begun, before);
        EXPECT_LE(sample.ticket.number, board.board->ticket().number);
        EXPECT_TRUE(eventually([&] { return node == kLeader || board.sample(node)->lag >= BootTime(0); }))
            << int{node};
        EXPECT_LE(sample.begun, boot_now());
    }
    EXPECT_TRUE(eventually([&] { return rounds.load() > 0; }));
}

TEST_F(MonitorOfServers, ReplicasReachWhatTheLeaderHadAfterACommit) {
    const Watched board(nodes_);
    const Monitor monitor({.nodes = nodes_}, board.leases(), {});
    const Connection leader = connect(kLeader);
    run(leader, "CREATE TABLE IF NOT EXISTS monitor_test (number integer)");
    for (int round = 0; round < 20; ++round) {
        run(leader, "INSERT INTO monitor_test VALUES (1)");
        if (round % 5 == 0) run(leader, "SELECT pg_switch_wal()");
        const auto row = ask(leader);
        ASSERT_TRUE(row.has_value());
        EXPECT_FALSE(row->in_transaction);
        EXPECT_LE(row->flushed.lsn, row->sample.position.lsn);
        EXPECT_TRUE(eventually([&] {
            board.want_progress();
            const auto sample = board.sample(1);
            return sample && satisfies(sample->position, row->flushed);
        }));
    }
    run(leader, "DROP TABLE monitor_test");
}

TEST_F(MonitorOfServers, WantingProgressWakesASlowMonitor) {
    const Watched board(nodes_);
    const Monitor monitor({.nodes = nodes_, .slow = std::chrono::hours(1)}, board.leases(), {});
    ASSERT_TRUE(eventually([&] { return board.sample(0).has_value(); }));
    const BootTime asked = boot_now();
    EXPECT_TRUE(eventually([&] {
        board.want_progress();
        return board.sample(0)->begun > asked;
    }));
}

TEST_F(MonitorOfServers, ForgetsANodeWhoseConnectionBrokeAndComesBack) {
    const Watched board(nodes_);
    const Monitor monitor({.nodes = nodes_}, board.leases(), {});
    ASSERT_TRUE(eventually([&] { return board.sample(0).has_value(); }));
    const Connection leader = connect(kLeader);
    const BootTime before = boot_now();
    run(leader,
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = "
        "'freshread-monitor'");
    EXPECT_TRUE(eventually([&] {
        board.want_progress();
        const auto sample = board.sample(0);
        return sample && sample->begun > before;
    }));
}

TEST_F(MonitorOfServers, ASilentNodeKeepsNobodyWaiting) {
    const SilentServer silent;
    std::vector<ConnectionParameters> nodes = nodes_;
    nodes.insert(nodes.begin() + 1, silent.parameters());
    nodes.insert(nodes.begin() + 1, refusing_node());
    const Watched board(nodes);
    const Monitor monitor({.nodes = nodes}, board.leases(), {});
    EXPECT_TRUE(eventually([&] { return board.sample(0).has_value() && board.sample(3).has_value(); }));
    EXPECT_FALSE(board.sample(1).has_value());
    EXPECT_FALSE(board.sample(2).has_value());
}

TEST_F(MonitorOfServers, TheQueryTellsThatATransactionIsOpen) {
    const Connection leader = connect(kLeader);
    EXPECT_FALSE(ask(leader)->in_transaction);
    run(leader, "BEGIN");
    run(leader, "SELECT 1");
    EXPECT_TRUE(ask(leader)->in_transaction);
    run(leader, "COMMIT");
    EXPECT_FALSE(ask(leader)->in_transaction);
    // One message: the transaction began with the statement, and only its number tells.
    run(leader, "CREATE TABLE IF NOT EXISTS monitor_test (number integer)");
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(
        PQexec(leader.get(),
               ("BEGIN; INSERT INTO monitor_test VALUES (1); " + std::string(node_query())).c_str()),
        &PQclear);
    ASSERT_EQ(PQresultStatus(result.get()), PGRES_TUPLES_OK);
    std::vector<std::string_view> columns;
    for (int column = 0; column < PQnfields(result.get()); ++column) {
        columns.emplace_back(PQgetvalue(result.get(), 0, column));
    }
    EXPECT_TRUE(parse_node_row(columns, BootTime(0))->in_transaction);
    run(leader, "ROLLBACK");
    run(leader, "DROP TABLE monitor_test");

    const Connection replica = connect(1);
    EXPECT_FALSE(ask(replica)->in_transaction);
    run(replica, "BEGIN");
    run(replica, "SELECT 1");
    EXPECT_TRUE(ask(replica)->in_transaction);
}

TEST_F(MonitorOfServers, APlainRoleMayAskToo) {
    const Connection leader = connect(kLeader);
    run(leader, "DROP ROLE IF EXISTS monitor_test_plain");
    run(leader, "CREATE ROLE monitor_test_plain");
    run(leader, "SET ROLE monitor_test_plain");
    const auto row = ask(leader);
    ASSERT_TRUE(row.has_value());
    EXPECT_TRUE(row->sample.position.known());
    run(leader, "RESET ROLE");
    const Connection replica = connect(1);
    ASSERT_TRUE(eventually([&] {
        return run(replica, "SELECT count(*) FROM pg_roles WHERE rolname = 'monitor_test_plain'") == "1";
    }));
    run(replica, "SET ROLE monitor_test_plain");
    ASSERT_TRUE(ask(replica).has_value());
    EXPECT_TRUE(ask(replica)->sample.position.known());
    run(leader, "DROP ROLE monitor_test_plain");
}

}  // namespace
}  // namespace freshread
