// MariaDB's test suite on a leader and a read-only replica: mariadb_oracle DIRECTORY [SCRIPT ...]. Without
// names every n-th script from a place that the seed (FRESHREAD_SEED, else the day) chooses, with
// FRESHREAD_LONG all of them.
//
// DIRECTORY is that of the suite: main/ holds the scripts, include/ what they source. Inside
// `tests/cluster/cluster run --mariadb`. Scripts are written for a server and a client of their own; what
// fails on the leader is tolerated.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "mariadb_node.h"
#include "mysqltest_script.h"
#include "play.h"
#include "routing/identifier.h"
#include "skipped_statements.h"

namespace {

using namespace freshread;
using namespace freshread::test;

constexpr std::size_t kUsuallyOneIn = 30;

// With which MariaDB 10.11.19 crashes.
constexpr std::string_view kCrashing[] = {"ctype_collate_column"};

std::string environment(const std::string& name) {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
    if (!value)
        throw std::runtime_error(name + " is not set: run this inside tests/cluster/cluster run --mariadb");
    return value;
}

std::optional<std::string> content(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// The time, chance or the machine is in the answer, or which of several rows it is.
bool comparable(const std::string& text) {
    std::string lower;
    std::transform(text.begin(), text.end(), std::back_inserter(lower), fold);
    constexpr const char* kWords[] = {
        "now(", "curdate", "curtime", "current_", "sysdate", "localtime", "utc_",   "unix_t",       "uuid",
        "rand", "limit",   "explain", "analyze",  "desc",    "encrypt",   "fetch ", "group_concat", "rownum"};
    return std::none_of(std::begin(kWords), std::end(kWords),
                        [&](const char* word) { return lower.find(word) != std::string::npos; });
}

// One of the relations is a view, or information_schema's.
bool names_other_than_tables(MariaDbNode& leader, const StatementClass& is) {
    for (const auto name : is.tables) {
        const Answer answer = leader.run("show create view " + std::string(name));
        if (answer.succeeded) return true;
    }
    return false;
}

// Two servers between whose scripts nothing remains.
class Servers {
 public:
    Servers()
        : leader_(address("LEADER", "app", environment("FRESHREAD_TEST_PASSWORD"), "test")),
          replica_(address("REPLICA1", "app", environment("FRESHREAD_TEST_PASSWORD"), "test")),
          administrator_(address("LEADER", "root", {}, {})),
          administrator_of_replica_(address("REPLICA1", "root", {}, {})) {
        replica_.reach(leader_.position());
        globals_ = settings(administrator_);
        globals_of_replica_ = settings(administrator_of_replica_);
    }

    // Before a script.
    void clean() {
        for (const auto& transaction : rows("xa recover format = 'sql'")) {
            const std::size_t bar = transaction.rfind('|', transaction.size() - 2);
            (void)administrator_.run("xa rollback " +
                                     transaction.substr(bar + 1, transaction.size() - bar - 2));
        }
        restore(administrator_, globals_);
        restore(administrator_of_replica_, globals_of_replica_);
        for (const auto& drop :
             rows("select concat('drop database `', replace(schema_name, '`', '``'), '`') from "
                  "information_schema.schemata where schema_name not in ('mysql', 'sys', "
                  "'information_schema', 'performance_schema') union all select if(json_value(priv, "
                  "'$.is_role') = 1, concat('drop role ', quote(user)), concat('drop user ', quote(user), "
                  "'@', "
                  "quote(host))) from mysql.global_priv where user not in ('root', 'app', 'replication', "
                  "'mariadb.sys', 'PUBLIC')"))
            (void)administrator_.run(drop.substr(0, drop.size() - 1));
        (void)administrator_.run("create database test");
        // A script may have taken its account away, or its privileges.
        (void)administrator_.run("flush privileges");
        (void)administrator_.run("create or replace user app@localhost identified by '" +
                                 environment("FRESHREAD_TEST_PASSWORD") + "'");
        (void)administrator_.run("grant all on *.* to app@localhost with grant option");
        (void)administrator_.run("revoke read only admin on *.* from app@localhost");
        replica_.reach(leader_.position());
    }

    void set_globally(const std::string& text) { (void)administrator_of_replica_.run(text); }

    [[nodiscard]] MariaDbNode& leader() { return leader_; }
    [[nodiscard]] MariaDbNode& replica() { return replica_; }

 private:
    static MariaDbNode::Address address(const std::string& node, const std::string& user,
                                        const std::string& password, const std::string& database) {
        const std::string prefix = "FRESHREAD_TEST_MARIADB_" + node;
        return {environment(prefix + "_SOCKET"), user, password, database, environment(prefix + "_FILES")};
    }

    std::vector<std::string> rows(const std::string& query) {
        Answer answer = administrator_.run(query);
        if (!answer.succeeded) throw std::runtime_error(answer.message);
        return std::move(answer.rows);
    }

    // Each as the statement that sets it.
    static std::vector<std::string> settings(MariaDbNode& node) {
        Answer answer = node.run(
            "select concat('set global ', variable_name, ' = ', if(variable_type regexp 'int|double', "
            "global_value, quote(global_value))) from information_schema.system_variables where read_only = "
            "'NO' and global_value is not null and variable_scope <> 'session only' and variable_name not "
            "regexp 'gtid|slave|replicate|read_only|binlog|log_bin|relay' order by variable_name");
        if (!answer.succeeded) throw std::runtime_error(answer.message);
        return std::move(answer.rows);
    }

    static void restore(MariaDbNode& node, const std::vector<std::string>& wanted) {
        const std::vector<std::string> found = settings(node);
        std::vector<std::string> changed;
        std::set_difference(wanted.begin(), wanted.end(), found.begin(), found.end(),
                            std::back_inserter(changed));
        for (const auto& set : changed) (void)node.run(set.substr(0, set.size() - 1));
    }

    MariaDbNode leader_;
    MariaDbNode replica_;
    MariaDbNode administrator_;
    MariaDbNode administrator_of_replica_;
    std::vector<std::string> globals_{};
    std::vector<std::string> globals_of_replica_{};
};

bool crashes(const std::string& script) {
    return std::find(std::begin(kCrashing), std::end(kCrashing), script) != std::end(kCrashing);
}

std::vector<std::filesystem::path> all_scripts(const std::filesystem::path& suite) {
    std::vector<std::filesystem::path> scripts;
    for (const auto& entry : std::filesystem::directory_iterator(suite / "main"))
        if (entry.path().extension() == ".test" && !crashes(entry.path().stem().string()))
            scripts.push_back(entry.path());
    std::sort(scripts.begin(), scripts.end());
    return scripts;
}

std::size_t seed() {
    if (const char* given = std::getenv("FRESHREAD_SEED"))  // NOLINT(concurrency-mt-unsafe)
        return std::stoul(given);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::size_t>(std::chrono::duration_cast<std::chrono::hours>(now).count()) / 24;
}

std::vector<std::filesystem::path> chosen_scripts(const std::filesystem::path& suite,
                                                  const std::vector<std::string>& names) {
    std::vector<std::filesystem::path> scripts;
    for (const auto& name : names) scripts.push_back(suite / "main" / (name + ".test"));
    if (!scripts.empty()) return scripts;
    const auto all = all_scripts(suite);
    const std::size_t step =
        std::getenv("FRESHREAD_LONG") ? 1 : kUsuallyOneIn;  // NOLINT(concurrency-mt-unsafe)
    const std::size_t first = seed() % step;
    std::cout << "scripts " << first << ", " << first + step << ", ... of " << all.size()
              << "; again: FRESHREAD_SEED=" << first << std::endl;
    for (std::size_t number = first; number < all.size(); number += step) scripts.push_back(all[number]);
    return scripts;
}

using Counts = std::map<std::string_view, std::size_t>;

void play_script(Servers& servers, Play& play, const std::string& name, const MysqltestScript& script,
                 Counts& skipped) {
    servers.clean();
    play.begin(name);
    for (const auto& statement : script.statements()) {
        if (const auto reason = why_skipped(statement); !reason.empty()) {
            ++skipped[reason];
            continue;
        }
        play.statement(statement);
        if (sets_globally(statement)) servers.set_globally(statement);
    }
    play.end();
}

int play(const std::filesystem::path& suite, const std::vector<std::string>& names) {
    Servers servers;
    Play::Settings settings;
    settings.dialect = Dialect::MariaDb;
    settings.also_where_not_sent = true;
    settings.comparable = comparable;
    settings.catalog_knows = [&](const StatementClass& is) {
        return names_other_than_tables(servers.leader(), is);
    };
    Play play(servers.leader(), servers.replica(), settings);
    Counts skipped;
    std::size_t files = 0;
    std::size_t statements = 0;
    std::size_t unknown = 0;
    for (const auto& path : chosen_scripts(suite, names)) {
        MysqltestScript script([&](const std::string& name) {
            auto text = content(suite / name);
            return text ? std::move(text) : content(suite / "main" / name);
        });
        auto text = content(path);
        if (!text) throw std::runtime_error("no " + path.string());
        script.read(std::move(*text));
        try {
            play_script(servers, play, path.stem(), script, skipped);
        } catch (const std::exception& error) {
            (void)play.passed(std::cout);
            throw std::runtime_error(path.stem().string() + ": " + error.what());
        }
        statements += script.statements().size();
        ++files;
        unknown += script.unknown();
    }
    std::cout << files << " scripts, " << statements << " statements\n"
              << unknown << " left out: they need the test program\n";
    for (const auto& [reason, count] : skipped) std::cout << count << " left out: " << reason << "\n";
    return play.passed(std::cout) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (argc < 2) throw std::runtime_error("usage: mariadb_oracle DIRECTORY [SCRIPT ...]");
        return play(argv[1], {argv + 2, argv + argc});
    } catch (const std::exception& error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
