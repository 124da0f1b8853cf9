#include "tests/driver/test_cluster.h"

#include <libpq-fe.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>

#include "tests/driver/odbc_client.h"

namespace freshread::test {

std::string setting(const std::string& name) {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody sets variables
    if (!value) throw std::runtime_error(name + " is not set: run this through tests/cluster/cluster run");
    return value;
}

std::string cluster(const std::string& verb_and_arguments) {
    const std::string command = std::string(FRESHREAD_CLUSTER_COMMAND) + " " + verb_and_arguments;
    std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), nullptr);
    if (!pipe) throw std::runtime_error("cannot run " + command);
    std::string output;
    std::array<char, 4096> buffer{};
    while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe.get())) output += buffer.data();
    if (::pclose(pipe.release()) != 0) throw std::runtime_error(command + " failed: " + output);
    return output;
}

std::string on_node(const std::string& node, const std::string& sql, const std::string& database) {
    std::string name = node;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(
        PQconnectdb((setting("FRESHREAD_TEST_" + name) + " dbname=" + database).c_str()), &PQfinish);
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()),
                                                               &PQclear);
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        throw std::runtime_error(node + ": " + PQerrorMessage(connection.get()));
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

void pause_replay(const std::string& node) {
    on_node(node, "select pg_wal_replay_pause()");
    if (!eventually([&] { return on_node(node, "select pg_get_wal_replay_pause_state()") == "paused"; }))
        throw std::runtime_error(node + " does not pause replay");
}

void resume_replay(const std::string& node) {
    const bool resumed = eventually([&] {
        try {
            on_node(node, "select pg_wal_replay_resume()");
            return on_node(node, "select pg_get_wal_replay_pause_state()") == "not paused";
        } catch (const std::runtime_error&) {
            return false;  // what is replayed at once may cancel the very query
        }
    });
    if (!resumed) throw std::runtime_error(node + " does not resume replay");
}

void await_replay(const std::string& node) {
    // What no commit has flushed is not sent.
    on_node("leader", "select pg_logical_emit_message(true, 'test', 'flush')");
    const std::string flushed = on_node("leader", "select pg_current_wal_flush_lsn()");
    // Behind the header of a page nothing is replayed before there is a record.
    const std::string header = "mod(pg_wal_lsn_diff('" + flushed + "', '0/0'), 8192)";
    const std::string reached = "select pg_wal_lsn_diff('" + flushed +
                                "', pg_last_wal_replay_lsn()) <= case when " + header + " <= 40 then " +
                                header + " else 0 end";
    if (!eventually([&] { return on_node(node, reached) == "t"; }))
        throw std::runtime_error(node + " does not reach " + flushed);
}

int served_by(const std::string& node, const std::string& literal) {
    std::string variable = node;
    std::transform(variable.begin(), variable.end(), variable.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const std::string path = setting("FRESHREAD_TEST_" + variable + "_LOG");
    const std::unique_ptr<FILE, int (*)(FILE*)> log(std::fopen(path.c_str(), "r"), &std::fclose);
    if (!log) throw std::runtime_error("cannot read " + path);
    int lines = 0;
    std::array<char, 65536> line{};
    while (std::fgets(line.data(), static_cast<int>(line.size()), log.get()))
        if (std::string(line.data()).find(literal) != std::string::npos) ++lines;
    return lines;
}

void make_item_table(const std::string& columns) {
    on_node("leader",
            "drop table if exists item; create table item (" + columns + "); grant all on item to public");
}

std::string servers_of(const std::string& literal) {
    return std::string(served_by("leader", literal) > 0 ? "leader" : "") +
           (served_by("replica1", literal) > 0 ? "replica" : "");
}

std::string node_that_served(const std::string& literal) {
    for (const char* node : {"leader", "replica1", "replica2"})
        if (served_by(node, literal) > 0) return node;
    return {};
}

int lines_with(const std::string& path, const std::string& words) {
    std::ifstream file(path);
    std::string line;
    int lines = 0;
    while (std::getline(file, line)) lines += line.find(words) != std::string::npos ? 1 : 0;
    return lines;
}

int rounds(int usually, int in_the_long_version) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets it
    if (std::getenv("FRESHREAD_LONG")) return in_the_long_version;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return std::max(usually / 2, std::min(usually, 2));
#else
    return usually;
#endif
}

std::string unique_literal() {
    static std::atomic<int> number{0};
    return "tag-" + std::to_string(::getpid()) + "-" + std::to_string(++number) + "-";
}

bool eventually(const std::function<bool()>& condition, std::chrono::seconds deadline) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(
            std::chrono::milliseconds(5));  // the pace of polling, not a wait for something
    }
    return true;
}

std::string fresh_state_directory() {
    static std::atomic<int> number{0};
    const std::string path = setting("FRESHREAD_TEST_DIR") + "/state-" + std::to_string(::getpid()) + "-" +
                             std::to_string(++number);
    std::filesystem::create_directory(path);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
}

std::string freshread(const std::string& state_directory, const std::string& more) {
    // A table is trusted MarkAge after its birth: a short one keeps the tests short.
    return "DSN=freshread;Explain=yes;MarkAge=100ms;StateDir=" + state_directory + ";" + more;
}

std::string warm_state_directory() {
    const std::string directory = fresh_state_directory();
    Client client(freshread(directory, "User=warmer"));
    const bool warm = eventually([&] {
        client.query("select 1");
        return client.on_replica();
    });
    if (!warm)
        throw std::runtime_error("the replica never served a user who did not write: " + client.reason());
    return directory;
}

}  // namespace freshread::test
