// The command `freshread`. Exit codes: 0, 1 when something failed, 2 when it was called wrongly.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <thread>

#include "cli/class_line.h"
#include "cli/classify_command.h"
#include "cli/data_source.h"
#include "cli/explain_command.h"
#include "cli/mark_command.h"
#include "cli/monitor_command.h"
#include "cli/status_command.h"
#include "routing/cautious_classifier.h"

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

    std::string dsn;
    const auto add_dsn = [&dsn](CLI::App& command, const std::string& purpose) {
        return command.add_option("--dsn", dsn, purpose)->type_name("NAME");
    };
    add_dsn(*classify, "Ask the catalog of relations of this data source (a DSN, or a connection string)")
        ->excludes("--dialect");

    auto* explain =
        app.add_subcommand("explain", "Say where a statement would run now, and why. It is not run.");
    add_dsn(*explain, "The data source: a DSN, or a connection string")->required();
    std::string statement;
    explain->add_option("statement", statement, "The statement")->required();

    auto* monitor = app.add_subcommand(
        "monitor", "Sample the nodes for all processes of the account, as a service in the foreground.");
    add_dsn(*monitor, "The data source: a DSN, or a connection string")->required();

    auto* status = app.add_subcommand("status", "Say what is known of nodes, users and processes.");
    add_dsn(*status, "The data source: a DSN, or a connection string")->required();
    bool json = false;
    status->add_flag("--json", json, "As one line of JSON");
    bool watch = false;
    status->add_flag("--watch", watch, "Every second anew, until interrupted");

    auto* mark = app.add_subcommand(
        "mark", "Let a user see what was committed before, by a program that writes past Freshread.");
    add_dsn(*mark, "The data source: a DSN, or a connection string")->required();
    std::string user;
    mark->add_option("--user", user, "Whose reads shall see it; as User= of a data source")
        ->required()
        ->type_name("NAME");

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kCalledWrongly;
    }
    const char separator = nul ? '\0' : '\n';
    if (monitor->parsed()) {
        freshread::sample_until_told(dsn);
    } else if (status->parsed()) {
        freshread::DataSource source(dsn);
        const auto form = json ? freshread::StatusForm::Json : freshread::StatusForm::Text;
        for (bool first = true; first || watch; first = false) {
            if (!first) std::this_thread::sleep_for(std::chrono::seconds(1));
            std::cout << freshread::status_of(source, form) << std::flush;
        }
    } else if (mark->parsed()) {
        freshread::DataSource source(dsn, user);
        std::cout << freshread::mark_user(source) << std::flush;
    } else if (explain->parsed()) {
        freshread::DataSource source(dsn);
        std::cout << freshread::explain_statement(source, statement) << std::flush;
    } else if (!dsn.empty()) {
        freshread::DataSource source(dsn);
        freshread::classify_statements(
            STDIN_FILENO, STDOUT_FILENO, separator, [&](std::string_view text, std::string& out) {
                const auto classified = source.connection().classify(text);
                freshread::append_class_line(classified->is, source.connection().dialect(), out);
            });
    } else {
        const Dialect spoken = dialect_of(dialect);
        freshread::classify_statements(
            STDIN_FILENO, STDOUT_FILENO, separator, [spoken](std::string_view text, std::string& out) {
                freshread::append_class_line(freshread::classify_cautiously(text, spoken), spoken, out);
            });
    }
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
