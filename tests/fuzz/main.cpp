// fuzz_application DSN ansi|wide 2|3|380 SEED CALLS: plays the sequence of SEED and prints its transcript.
// CALLS says which of its calls: "120" for the first 120, "3,7,9" for some. fuzz_application --prepare DSN:
// makes the tables.
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "player.h"

using namespace fuzz;

namespace {

std::vector<std::uint64_t> read_calls(const std::string& text) {
    std::vector<std::uint64_t> calls;
    const char* at = text.c_str();
    if (text.find(',') == std::string::npos) {
        for (std::uint64_t i = 0; i < std::strtoull(at, nullptr, 10); ++i) calls.push_back(i);
        return calls;
    }
    while (*at) {
        char* end = nullptr;
        calls.push_back(std::strtoull(at, &end, 10));
        at = *end == ',' ? end + 1 : end;
    }
    return calls;
}

void prepare_tables(const conformance::Run& run) {
    const conformance::Environment environment(run);
    const conformance::Connection connection(environment, run);
    connection.connect();
    connection.make_schema();
    for (const char* sql :
         {"CREATE SEQUENCE conformance.numbers",
          "CREATE FUNCTION conformance.twice(i integer) RETURNS integer LANGUAGE sql IMMUTABLE AS "
          "'SELECT i * 2'",
          "CREATE FUNCTION conformance.several(n integer) RETURNS SETOF integer LANGUAGE sql "
          "IMMUTABLE AS 'SELECT i FROM generate_series(1, n) AS i ORDER BY i'",
          "CREATE PROCEDURE conformance.swap(INOUT a text, INOUT b text) LANGUAGE plpgsql AS "
          "$$ DECLARE c text := a; BEGIN a := b; b := c; END $$"})
        connection.run_silently(sql);
}

// What the sequence finds. Written through the driver under test, so that it knows of the write.
void reset_tables(const conformance::Run& run) {
    const conformance::Environment environment(run);
    const conformance::Connection connection(environment, run);
    connection.connect();
    for (const char* sql :
         {"DELETE FROM conformance.target",
          "INSERT INTO conformance.target (id, name) SELECT i, 'row ' || i FROM generate_series(1, 5) i",
          "SELECT setval('conformance.numbers', 1, false)"})
        connection.run_silently(sql);
    conformance::let_replica_catch_up();
}

void show_tables(const conformance::Run& run) {
    const conformance::Environment environment(run);
    const conformance::Connection connection(environment, run);
    connection.connect();
    const conformance::Statement statement(connection);
    statement.execute("SELECT id, name, raw, big FROM conformance.target ORDER BY id");
    statement.show_rows();
}

}  // namespace

int main(int count, char** arguments) {
    std::setlocale(LC_ALL, "");  // NOLINT(concurrency-mt-unsafe): before there are threads
    conformance::Run run;
    if (count == 3 && std::string_view(arguments[1]) == "--prepare") {
        run.dsn = arguments[2];
        prepare_tables(run);
        return 0;
    }
    if (count != 6) {
        std::fputs("usage: fuzz_application DSN ansi|wide 2|3|380 SEED CALLS\n", stderr);
        return 2;
    }
    run.dsn = arguments[1];
    run.wide = std::string_view(arguments[2]) == "wide";
    const std::string_view version = arguments[3];
    run.version = static_cast<SQLINTEGER>(version == "2"     ? SQL_OV_ODBC2
                                          : version == "380" ? SQL_OV_ODBC3_80
                                                             : SQL_OV_ODBC3);
    reset_tables(run);
    {
        // To an ANSI driver's buffers the driver manager converts beyond their end (seen with 2.3.11:
        // SQLGetInfoW on psqlodbca): there only ANSI functions are called.
        const bool mixed = run.dsn.find("_ansi") == std::string::npos;
        Player player(run, std::strtoull(arguments[4], nullptr, 10), mixed);
        for (const std::uint64_t call : read_calls(arguments[5])) player.play(call);
    }
    show_tables(run);
    conformance::say("end");
}
