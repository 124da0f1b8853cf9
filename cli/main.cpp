// The command `freshread`. Exit codes: 0, 1 when something failed, 2 when it was called wrongly.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <string>

#include "cli/classify_command.h"

namespace {

using freshread::Dialect;

constexpr int kFailed = 1;
constexpr int kCalledWrongly = 2;

// `name` is one that --dialect accepts.
Dialect dialect_of(const std::string& name) {
    if (name == "postgresql") return Dialect::PostgreSql;
    return name == "generic" ? Dialect::Generic : Dialect::MariaDb;
}

int run(int argc, char** argv) {
    CLI::App app("What the Freshread driver makes of SQL statements. The man page freshread(1) says more.",
                 "freshread");
    app.set_version_flag("--version", "freshread " FRESHREAD_VERSION);
    app.require_subcommand(1);

    auto* classify = app.add_subcommand(
        "classify",
        "Read statements from standard input, one per line, and print one line about each:\n"
        "kind, consequence, tables, functions and hints, parted by tabs.");
    std::string dialect = "postgresql";
    classify->add_option("--dialect", dialect, "The SQL that is spoken; postgresql unless given")
        ->check(CLI::IsMember({"postgresql", "mariadb", "mysql", "generic"}, CLI::ignore_case))
        ->type_name("NAME");
    bool nul = false;
    classify->add_flag("-0,--null", nul, "Statements end with NUL instead of a newline");

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kCalledWrongly;
    }
    freshread::classify_statements(STDIN_FILENO, STDOUT_FILENO, dialect_of(dialect), nul ? '\0' : '\n');
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "freshread: " << error.what() << '\n';
    }
    return kFailed;
}
