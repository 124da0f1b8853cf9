// Users of an application, each with connections of its own, who read and write what is theirs and now and
// then read what is another's: what tests/bench/strategies lets loose on every strategy, which makes the
// tables `profile` and `message`.
//
// Every read of one's own is checked against what one wrote last:
//
//     own        an old version of one's row
//     newest     a row that one inserted is missing
//     deleted    a row that one deleted is still there
//     all        one's rows are not those that one has
//
// usage: users CONNECTION-STRING [name=value...]
//
//     first=0 users=25 of=100    their numbers begin with `first`; how many they are, and all together
//     connections=1              of each, used at random
//     writes=10                  per cent of what they do
//     think=100                  milliseconds between two statements, on the average
//     seed=1
//     tokens=no                  yes: a user takes the token of each write along to what follows, on every
//                                connection
//
// Commands on standard input, one a line; the answer to each ends with the line "end":
//
//     run SECONDS      lets them work; meanwhile "progress READS WRITES STALE", twice a second
//     record SECONDS   the same, and then for every statement
//                      "did USER BEGIN NANOSECONDS ACTIVITY STALE TRANSACTION SINCE": TRANSACTION is the
//                      user's last write before it, and SINCE how long before it that was begun
//     counters         "counter NODE REASON COUNT"
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <initializer_list>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "driver/freshread.h"
#include "tests/driver/odbc_client.h"

namespace freshread::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

struct Workload {
    int first = 0;
    int users = 25;
    int of = 100;
    int connections = 1;
    int writes = 10;
    double think = 100;
    std::uint64_t seed = 1;
    bool tokens = false;
};

enum class Activity : std::uint8_t { Update, Insert, Delete, Own, Newest, Deleted, All, Anothers };
constexpr std::array<std::string_view, 8> kActivities = {"update", "insert",  "delete", "own",
                                                         "newest", "deleted", "all",    "anothers"};

[[nodiscard]] constexpr bool writes(Activity activity) {
    return activity <= Activity::Delete;
}

struct Did {
    Clock::time_point begin{};
    nanoseconds took{0};
    Activity activity{};
    bool stale = false;
    std::string transaction{};
    nanoseconds since{0};
};

struct Progress {
    std::atomic<long> reads{0};
    std::atomic<long> writes{0};
    std::atomic<long> stale{0};
    std::atomic<bool> failed{false};
};

// A statement whose parameters are numbers, prepared once.
class Prepared {
 public:
    Prepared(test::Client& client, const std::string& sql, std::size_t parameters)
        : statement_(client), numbers_(parameters) {
        statement_.prepare(sql);
        for (std::size_t i = 0; i < parameters; ++i)
            statement_.check(SQLBindParameter(statement_, static_cast<SQLUSMALLINT>(i + 1), SQL_PARAM_INPUT,
                                              SQL_C_SBIGINT, SQL_BIGINT, 0, 0, &numbers_[i], 0, nullptr));
    }
    std::vector<test::Row> run(std::initializer_list<SQLBIGINT> numbers) {
        std::copy(numbers.begin(), numbers.end(), numbers_.begin());
        statement_.execute();
        auto rows = statement_.rows();
        statement_.close();
        return rows;
    }

 private:
    test::Statement statement_;
    std::vector<SQLBIGINT> numbers_;
};

// A connection with all that is ever said on it. Writes give the number of their transaction.
struct Session {
    explicit Session(const std::string& connection_string) : client(connection_string) {}

    test::Client client;
    Prepared update{client,
                    "update profile set value = ? where owner = ? returning pg_current_xact_id()::text", 2};
    Prepared insert{client,
                    "insert into message (id, owner) values (?, ?) returning pg_current_xact_id()::text", 2};
    Prepared remove{client, "delete from message where id = ? returning pg_current_xact_id()::text", 1};
    Prepared profile{client, "select value from profile where owner = ?", 1};
    Prepared message{client, "select owner from message where id = ?", 1};
    Prepared all{client, "select id from message where owner = ? order by id", 1};
};

class User {
 public:
    User(const std::string& connection_string, int number, const Workload& workload)
        : workload_(workload),
          number_(number),
          random_(workload.seed * 1000 + static_cast<std::uint64_t>(number)) {
        for (int i = 0; i < workload.connections; ++i)
            sessions_.emplace_back(connection_string + ";User=user" + std::to_string(number));
        written_ = Clock::now();
        transaction_ =
            sessions_.front().client.value("insert into profile values (" + std::to_string(number) +
                                           ", 0) returning pg_current_xact_id()::text");
        if (workload.tokens) take_token_along(sessions_.front());
    }

    void work(Clock::time_point until, bool record, Progress& progress) {
        Clock::time_point next = Clock::now() + pause();
        while (next < until && !progress.failed) {
            std::this_thread::sleep_until(next);
            const Did did = act();
            if (writes(did.activity))
                ++progress.writes;
            else
                ++progress.reads;
            if (did.stale) ++progress.stale;
            if (record) did_.push_back(did);
            next = Clock::now() + pause();
        }
    }

    void tell() {
        for (const Did& did : did_)
            std::printf("did %d %lld %lld %s %d %s %lld\n", number_,
                        static_cast<long long>(nanoseconds(did.begin.time_since_epoch()).count()),
                        static_cast<long long>(did.took.count()),
                        std::string(kActivities.at(static_cast<std::size_t>(did.activity))).c_str(),
                        did.stale ? 1 : 0, did.transaction.c_str(),
                        static_cast<long long>(did.since.count()));
        did_.clear();
    }

    // Of the whole process.
    [[nodiscard]] std::vector<test::Row> counters() {
        return sessions_.front().client.query("show freshread.counters");
    }

 private:
    [[nodiscard]] int random(int below) {
        return static_cast<int>(random_() % static_cast<std::uint64_t>(below));
    }
    [[nodiscard]] nanoseconds pause() {
        if (workload_.think <= 0) return nanoseconds(0);
        std::exponential_distribution<double> milliseconds(1 / workload_.think);
        return std::chrono::duration_cast<nanoseconds>(
            std::chrono::duration<double, std::milli>(milliseconds(random_)));
    }

    [[nodiscard]] Activity choose() {
        // So many messages that a list of them is short.
        constexpr std::size_t kFew = 4;
        constexpr std::size_t kMany = 10;
        if (random(100) < workload_.writes) {
            if (random(2) == 0) return Activity::Update;
            if (messages_.size() < kFew) return Activity::Insert;
            if (messages_.size() > kMany) return Activity::Delete;
            return random(2) == 0 ? Activity::Insert : Activity::Delete;
        }
        switch (random(8)) {
            case 0:
                return messages_.empty() ? Activity::Own : Activity::Newest;
            case 1:
                return deleted_ == 0 ? Activity::Own : Activity::Deleted;
            case 2:
                return Activity::All;
            case 3:
                return Activity::Anothers;
            default:
                return Activity::Own;
        }
    }

    Did act() {
        Did did;
        did.activity = choose();
        did.transaction = transaction_;
        did.begin = Clock::now();
        did.since = did.begin - written_;
        Session& session = sessions_[static_cast<std::size_t>(random(workload_.connections))];
        if (writes(did.activity))
            write(session, did.activity);
        else
            did.stale = !read(session, did.activity);
        did.took = Clock::now() - did.begin;
        if (writes(did.activity)) written_ = did.begin;
        return did;
    }

    void write(Session& session, Activity activity) {
        std::vector<test::Row> rows;
        switch (activity) {
            case Activity::Update:
                rows = session.update.run({value_ + 1, number_});
                ++value_;
                break;
            case Activity::Insert: {
                constexpr SQLBIGINT kMostMessages = 1'000'000;
                const SQLBIGINT message = number_ * kMostMessages + ++inserted_;
                rows = session.insert.run({message, number_});
                messages_.push_back(message);
                break;
            }
            default:
                rows = session.remove.run({messages_.front()});
                deleted_ = messages_.front();
                messages_.pop_front();
                break;
        }
        transaction_ = rows.at(0).at(0).value();
        if (workload_.tokens) take_token_along(session);
    }

    // Whether it saw all that the user has written.
    [[nodiscard]] bool read(Session& session, Activity activity) {
        switch (activity) {
            case Activity::Newest:
                return !session.message.run({messages_.back()}).empty();
            case Activity::Deleted:
                return session.message.run({deleted_}).empty();
            case Activity::All: {
                const auto rows = session.all.run({number_});
                return std::equal(rows.begin(), rows.end(), messages_.begin(), messages_.end(),
                                  [](const test::Row& row, SQLBIGINT message) {
                                      return row[0] == std::to_string(message);
                                  });
            }
            case Activity::Anothers:
                // What is another's may be old, and need not be there.
                session.profile.run({random(workload_.of)});
                return true;
            default: {
                const auto rows = session.profile.run({number_});
                return !rows.empty() && rows[0][0] == std::to_string(value_);
            }
        }
    }

    void take_token_along(Session& from) {
        std::array<char, 256> token{};
        SQLINTEGER length = 0;
        SQLHDBC connection = from.client.handle();
        if (!SQL_SUCCEEDED(SQLGetConnectAttr(connection, FRESHREAD_ATTR_TOKEN, token.data(),
                                             static_cast<SQLINTEGER>(token.size()), &length)))
            throw test::error_of(SQL_HANDLE_DBC, connection);
        for (Session& session : sessions_)
            if (!SQL_SUCCEEDED(
                    SQLSetConnectAttr(session.client.handle(), FRESHREAD_ATTR_TOKEN, token.data(), SQL_NTS)))
                throw test::error_of(SQL_HANDLE_DBC, session.client.handle());
    }

    const Workload& workload_;
    const int number_;
    std::mt19937_64 random_;
    std::deque<Session> sessions_{};

    SQLBIGINT value_ = 0;
    std::deque<SQLBIGINT> messages_{};
    SQLBIGINT inserted_ = 0;
    SQLBIGINT deleted_ = 0;  // the last one
    std::string transaction_{};
    Clock::time_point written_{};  // when that was begun
    std::vector<Did> did_{};
};

void let_work(std::deque<User>& users, double seconds, bool record) {
    constexpr std::chrono::milliseconds kTellEvery{500};
    Progress progress;
    std::mutex mutex;
    std::string failure;
    const auto until =
        Clock::now() + std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>(seconds));
    std::vector<std::thread> threads;
    threads.reserve(users.size());
    for (User& user : users)
        threads.emplace_back([&] {
            try {
                user.work(until, record, progress);
            } catch (const std::exception& error) {
                const std::scoped_lock lock(mutex);
                failure = error.what();
                progress.failed = true;
            }
        });
    while (Clock::now() < until && !progress.failed) {
        std::this_thread::sleep_until(std::min(until, Clock::now() + kTellEvery));  // the pace of telling
        std::printf("progress %ld %ld %ld\n", progress.reads.load(), progress.writes.load(),
                    progress.stale.load());
        std::fflush(stdout);
    }
    for (std::thread& thread : threads) thread.join();
    if (progress.failed) throw std::runtime_error(failure);
    if (record)
        for (User& user : users) user.tell();
}

Workload workload_of(const std::vector<std::string>& words) {
    Workload workload;
    for (const std::string& word : words) {
        const std::size_t at = std::min(word.find('='), word.size() - 1);
        const std::string name = word.substr(0, at);
        const std::string value = word.substr(at + 1);
        if (name == "first")
            workload.first = std::stoi(value);
        else if (name == "users")
            workload.users = std::stoi(value);
        else if (name == "of")
            workload.of = std::stoi(value);
        else if (name == "connections")
            workload.connections = std::stoi(value);
        else if (name == "writes")
            workload.writes = std::stoi(value);
        else if (name == "think")
            workload.think = std::stod(value);
        else if (name == "seed")
            workload.seed = std::stoull(value);
        else if (name == "tokens")
            workload.tokens = value == "yes";
        else
            throw std::invalid_argument("not understood: " + word);
    }
    return workload;
}

void obey(std::deque<User>& users) {
    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream words(line);
        std::string verb;
        double seconds = 0;
        words >> verb >> seconds;
        if (verb == "counters") {
            for (const test::Row& row : users.front().counters())
                std::printf("counter %s %s %s\n", row[0].value_or("-").c_str(), row[1].value_or("-").c_str(),
                            row[2].value_or("0").c_str());
        } else {
            let_work(users, seconds, verb == "record");
        }
        std::puts("end");
        std::fflush(stdout);
    }
}

}  // namespace
}  // namespace freshread::bench

int main(int argc, char** argv) {
    using namespace freshread::bench;
    try {
        if (argc < 2) throw std::invalid_argument("usage: users CONNECTION-STRING [name=value...]");
        const Workload workload = workload_of({argv + 2, argv + argc});
        std::deque<User> users;
        for (int user = 0; user < workload.users; ++user)
            users.emplace_back(argv[1], workload.first + user, workload);
        std::puts("end");
        std::fflush(stdout);
        obey(users);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "users: %s\n", error.what());
        return 1;
    }
}
