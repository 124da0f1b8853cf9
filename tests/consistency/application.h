// One thread of a worker, as an application of one user: connections that it keeps, random writes and reads
// of that user's rows, each checked against the scoreboard and noted in the history.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "tests/consistency/history.h"
#include "tests/consistency/scoreboard.h"
#include "tests/consistency/tokens.h"
#include "tests/driver/odbc_client.h"

namespace freshread::consistency {

// A connection that is kept, with the statements prepared on it.
struct Link {
    explicit Link(const std::string& connection_string, bool autocommit = true);

    std::int64_t opened;  // before the connection was
    test::Client client;
    std::int32_t leader_backend;  // the process of the leader that serves it
    std::unique_ptr<test::Statement> prepared_write{};
    std::unique_ptr<test::Statement> prepared_read{};
    SQLBIGINT value_parameter = 0;
    SQLINTEGER key_parameter = 0;
    bool broken = false;  // an error was seen on it
};

class Application {
 public:
    struct Options {
        int process = 0;  // place in the scoreboard
        int thread = 0;
        std::uint64_t seed = 0;
        std::string connection_string{};  // without User=
        std::string history{};            // directory
        std::string tokens{};             // directory of commit tokens; empty: nobody hands them on
    };
    Application(const Options& options, Scoreboard& scoreboard);

    // Until the scoreboard says stop.
    void run();

 private:
    struct Pending {
        int key;
        std::int64_t value;
    };

    void step();
    // reading.cpp
    void read();
    void read_one(test::Client& client, Activity activity);
    void read_prepared(Link& link);
    void read_all_keys(test::Client& client);
    void read_in_manual_commit();
    void note_read(Event event, const std::string& seen, const std::string& reason);
    [[nodiscard]] Event begin_read(Activity activity, int key);
    void take_tokens_over(test::Client& client) const;
    // writing.cpp
    void write();
    void send(Activity activity, std::span<const Pending> pending);
    void send_prepared(const Pending& pending);
    void send_in_manual_commit(Activity activity, std::span<const Pending> pending);
    void check_own(test::Client& client, const Pending& pending);
    void hand_token_on(Activity activity);
    [[nodiscard]] std::vector<Pending> issue(int count);
    [[nodiscard]] std::string update_of(const Pending& pending, double slow = 0) const;

    [[nodiscard]] Link& link(std::unique_ptr<Link>& place, bool autocommit = true);
    void drop_broken(std::unique_ptr<Link>& place);
    // True for an error that the leader gave because of what the coordinator did to it.
    [[nodiscard]] bool explained(const Link* link) const;
    void failed(const test::OdbcError& error, Activity activity, Link* link);
    void doing(Activity activity);

    [[nodiscard]] int random(int below) {
        return static_cast<int>(random_() % static_cast<std::uint64_t>(below));
    }
    [[nodiscard]] bool chance(int percent) { return random(100) < percent; }
    [[nodiscard]] std::string row(int key) const;

    Options options_;
    Scoreboard& scoreboard_;
    int user_;
    std::string connection_string_;
    std::mt19937_64 random_;
    HistoryFile history_;
    std::optional<Tokens> tokens_{};
    Activity activity_ = Activity::Connecting;
    std::int64_t connecting_since_ = 0;
    std::unique_ptr<Link> writer_{};
    std::unique_ptr<Link> reader_{};
    std::unique_ptr<Link> manual_{};
    Link* used_ = nullptr;  // by the step that goes on
};

// The main of a worker process: `kThreads` applications.
int run_worker(const std::string& scoreboard, const Application::Options& options);

}  // namespace freshread::consistency
