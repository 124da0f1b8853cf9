// PostgreSQL's regression scripts on a leader and a hot standby: postgresql_oracle [SCRIPT ...]. Without
// names every third script, with FRESHREAD_LONG all of them.
//
// Inside a test cluster. The leader waits with each commit until the standby has applied it, so that every
// read finds it caught up. Scripts expect others to have run before them; what fails on the leader is
// tolerated.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>

#include "corpus.h"
#include "play.h"
#include "postgresql_node.h"
#include "routing/identifier.h"

namespace {

using namespace freshread;
using namespace freshread::test;

std::string environment(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    if (!value)
        throw std::runtime_error(std::string(name) +
                                 " is not set: run this inside tests/cluster/cluster run");
    return value;
}

// The time, chance or the machine is in the answer.
bool comparable(const std::string& text) {
    std::string lower;
    std::transform(text.begin(), text.end(), std::back_inserter(lower), fold);
    constexpr const char* kWords[] = {"now",       "current_",    "clock_",  "random",     "uuid",
                                      "timeofday", "localtime",   "today",   "tomorrow",   "yester",
                                      "analyze",   "age(",        "explain", "_timestamp", "sample",
                                      "xmin",      "database_oid"};
    return std::none_of(std::begin(kWords), std::end(kWords),
                        [&](const char* word) { return lower.find(word) != std::string::npos; });
}

std::string quoted(std::string_view text) {
    std::string result = "'";
    for (const char c : text) result += c == '\'' ? "''" : std::string(1, c);
    return result + "'";
}

// One of the relations is, or hides, what is not a plain table.
bool names_other_than_tables(PostgreSqlNode& leader, const StatementClass& is) {
    for (const auto name : is.tables) {
        const Answer answer = leader.run(
            "select relkind in ('v', 'S', 'f') or relpersistence <> 'p' or relrowsecurity or relhasrules "
            "from pg_catalog.pg_class where oid = pg_catalog.to_regclass(" +
            quoted(name) + ")");
        if (answer.succeeded && !answer.rows.empty() && answer.rows.front() == "t|") return true;
    }
    return false;
}

void run_or_throw(PostgreSqlNode& node, const std::string& text) {
    if (const Answer answer = node.run(text); !answer.succeeded) throw std::runtime_error(answer.message);
}

// All scripts take three minutes: they are for the long version.
std::size_t one_in() {
    return std::getenv("FRESHREAD_LONG") ? 1 : 3;  // NOLINT(concurrency-mt-unsafe)
}

int play(const std::set<std::string>& scripts) {
    const std::string leader_info = environment("FRESHREAD_TEST_LEADER");
    const std::string replica_info = environment("FRESHREAD_TEST_REPLICA1");
    PostgreSqlNode administrator(leader_info);
    run_or_throw(administrator, "alter system set synchronous_standby_names = '*'");
    run_or_throw(administrator, "select pg_reload_conf()");
    run_or_throw(administrator, "set synchronous_commit = remote_apply");
    run_or_throw(administrator, "create database oracle template template0 encoding 'UTF8' locale 'C'");

    const std::string options = " dbname=oracle options='-c statement_timeout=5s -c lock_timeout=1s ";
    PostgreSqlNode leader(leader_info + options + "-c synchronous_commit=remote_apply'");
    PostgreSqlNode replica(replica_info + options + "'");
    PostgreSqlNode catalog(leader_info + " dbname=oracle");
    // What many scripts read.
    for (const char* table : {"tenk1", "tenk2", "onek", "onek2"}) {
        run_or_throw(
            leader,
            std::string("create table ") + table +
                " as select i as unique1, i * 7 % 1000 as unique2, i % 2 as two, i % 4 as four, "
                "i % 10 as ten, i % 20 as twenty, i % 100 as hundred, i as thousand, i as twothousand, "
                "i as fivethous, i as tenthous, i as odd, i as even, 'A' || i as stringu1, "
                "'B' || i as stringu2, 'AAAA'::name as string4 from generate_series(0, 999) i");
    }

    Play::Settings settings;
    settings.comparable = comparable;
    settings.catalog_knows = [&](const StatementClass& is) { return names_other_than_tables(catalog, is); };
    Play play(leader, replica, settings);
    std::string script;
    std::size_t number = 0;
    bool chosen = false;
    for (const auto& entry : corpus()) {
        if (entry.file != script) {
            if (chosen) play.end();
            script = entry.file;
            chosen = scripts.empty() ? number++ % one_in() == 0 : scripts.contains(script);
            if (chosen) play.begin(script);
        }
        if (chosen) play.statement(entry.sql);
    }
    if (chosen) play.end();
    return play.passed(std::cout) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (corpus().empty()) {
        std::cout << "skipped: no corpus at " << corpus_path() << "\n";
        return 0;
    }
    try {
        return play({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
