// What a DSN and a connection string say, checked. The users' version is docs/configuration.md.
//
// An unknown keyword, a value out of range or a combination that cannot work throws DriverError (HY000) with
// a sentence that names the keyword, what was given and what is accepted. Nothing is silently ignored.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "driver/capture.h"
#include "driver/connection_string.h"
#include "driver/log.h"
#include "driver/session_choices.h"
#include "routing/function_rules.h"
#include "state/store_url.h"

namespace freshread {

enum class EngineChoice : std::uint8_t { Auto, PostgreSql, MariaDb, MySql, Generic };
enum class OnStoreDown : std::uint8_t { Leader, Error };
enum class OnSyncTimeout : std::uint8_t { Track, Error };

// One underlying database as `Leader=` or `Replicas=` names it: a DSN name, or a whole connection string.
struct NodeName {
    std::string text;  // DSN name, or connection string without its braces
    bool is_dsn = true;
    unsigned weight = 1;  // of a replica: `name*3`
};

struct Settings {
    NodeName leader{};
    std::vector<NodeName> replicas{};
    std::optional<std::string> uid{};
    std::optional<std::string> pwd{};
    EngineChoice engine = EngineChoice::Auto;
    SessionChoices choices{};  // with which the session begins
    std::chrono::milliseconds mark_age{1'000};
    std::string user{"{uid}"};  // template
    StoreUrl store{};
    std::chrono::milliseconds store_timeout{50};
    OnStoreDown on_store_down = OnStoreDown::Leader;
    std::optional<Capture> capture{};  // nothing: by a monitor, where one can run
    std::string state_directory{};     // empty: the account's default
    bool monitor = true;               // Monitor=none
    std::string monitor_parameters{};  // libpq parameters instead of the derived ones
    std::chrono::milliseconds poll_fast{10};
    std::chrono::milliseconds poll_slow{1'000};
    std::optional<std::chrono::milliseconds>
        replica_timeout{};         // zero: none; nothing: where it costs nothing
    std::string token{};           // a commit token to begin with; empty: none
    std::string token_key_file{};  // absolute; empty: tokens are not signed
    bool read_only = false;
    // Of Policy=synchronous.
    unsigned sync_replicas = 0;  // zero: all that are in service
    std::chrono::milliseconds sync_timeout{1'000};
    OnSyncTimeout on_sync_timeout = OnSyncTimeout::Track;
    unsigned leader_budget = 0;  // reads per second; zero: none
    std::string log{};           // stderr, syslog or a path; empty: none
    LogLevel log_level = LogLevel::Warn;
    FunctionRules functions{};                // FreeFunctions, WriteFunctions
    std::vector<std::string> pass_through{};  // keywords handed on to the underlying drivers
    KeywordList passed{};                     // and their values
};

// `dsn_section`: the keywords of the DSN in odbc.ini (empty without a DSN). `connection_string` beats it.
[[nodiscard]] Settings read_settings(const KeywordList& dsn_section, const KeywordList& connection_string);

// Whether a data source may give the keyword.
[[nodiscard]] bool is_setting(std::string_view keyword);

// The values a `User=` template may name.
struct UserTemplateValues {
    std::string uid{};
    std::string dsn{};
};
// `{uid}`, `{dsn}`, `{osuser}`, `{host}`, `{app}`, `{env:NAME}` and literal text. Throws DriverError for
// another placeholder.
[[nodiscard]] std::string expand_user(std::string_view user_template, const UserTemplateValues& values);

}  // namespace freshread
