#include "driver/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>

#include "driver/diagnostics.h"
#include "driver/setting_value.h"

namespace freshread {

namespace {

using Milliseconds = std::chrono::milliseconds;

// How one keyword is read into Settings.
using Reader = void (*)(Settings&, std::string_view keyword, const std::string& value);

NodeName read_node(std::string_view keyword, std::string item) {
    NodeName node;
    if (!item.empty() && item.front() == '{') {
        const auto close = item.rfind('}');
        if (close == std::string::npos) refuse(keyword, item, "a DSN name, or a connection string in braces");
        if (close + 1 < item.size() && trimmed(item.substr(close + 1)).front() != '*')
            refuse(keyword, item,
                   "a DSN name, or a connection string in braces, with an optional weight '*3' behind it");
    }
    const auto star = item.rfind('*');
    const auto brace = item.rfind('}');
    if (star != std::string::npos && (brace == std::string::npos || star > brace)) {
        const auto digits = trimmed(std::string_view(item).substr(star + 1));
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), node.weight);
        if (error != std::errc{} || end != digits.data() + digits.size() || node.weight < 1 ||
            node.weight > 1000)
            refuse(keyword, item, "a weight from 1 to 1000 behind the '*'");
        item = std::string(trimmed(std::string_view(item).substr(0, star)));
    }
    node.text = unbraced(item);
    node.is_dsn = node.text.find('=') == std::string::npos;
    if (node.text.empty()) refuse(keyword, item, "a DSN name, or a connection string in braces");
    return node;
}

void read_leader(Settings& settings, std::string_view keyword, const std::string& value) {
    // The connection string's parser has taken the braces off already; odbc.ini keeps them.
    settings.leader.text = unbraced(value);
    settings.leader.is_dsn = settings.leader.text.find('=') == std::string::npos;
    if (settings.leader.text.empty()) refuse(keyword, value, "a DSN name, or a connection string in braces");
}

// A single connection string may have lost its braces to the parser, as in
// Replicas={Driver={...};Servername=...}.
bool is_bare_connection_string(std::string_view value) {
    const auto equals = value.find('=');
    return equals != std::string_view::npos && value.find_first_of("{,") > equals;
}

void read_replicas(Settings& settings, std::string_view keyword, const std::string& value) {
    constexpr std::size_t kMostReplicas = 64;
    settings.replicas.clear();
    if (is_bare_connection_string(value)) {
        settings.replicas.push_back({value, false, 1});
        return;
    }
    for (auto& item : split_list(value)) settings.replicas.push_back(read_node(keyword, std::move(item)));
    if (settings.replicas.size() > kMostReplicas) refuse(keyword, value, "at most 64 replicas");
}

// Given empty, as some tools do, a login is as good as not given: the underlying data source may have its
// own.
void read_uid(Settings& settings, std::string_view, const std::string& value) {
    if (!value.empty()) settings.uid = value;
}
void read_pwd(Settings& settings, std::string_view, const std::string& value) {
    if (!value.empty()) settings.pwd = value;
}

void read_engine(Settings& settings, std::string_view keyword, const std::string& value) {
    constexpr ValueNames<EngineChoice, 5> kEngines{{
        {"auto", EngineChoice::Auto},
        {"postgresql", EngineChoice::PostgreSql},
        {"mariadb", EngineChoice::MariaDb},
        {"mysql", EngineChoice::MySql},
        {"generic", EngineChoice::Generic},
    }};
    settings.engine = read_one_of(kEngines, keyword, value);
}

void read_mark_age(Settings& settings, std::string_view keyword, const std::string& value) {
    settings.mark_age = read_duration(keyword, value, Milliseconds{10}, std::chrono::minutes{5});
}

void read_user(Settings& settings, std::string_view keyword, const std::string& value) {
    if (value.empty())
        refuse(keyword, value,
               "a name, or a template with {uid}, {dsn}, {osuser}, {host}, {app}, {env:NAME}");
    settings.user = value;
}

void read_token(Settings& settings, std::string_view, const std::string& value) {
    settings.token = value;
}

void read_token_key_file(Settings& settings, std::string_view keyword, const std::string& value) {
    if (value.empty() || value.front() != '/') refuse(keyword, value, "an absolute path of a file");
    settings.token_key_file = value;
}

void read_store(Settings& settings, std::string_view keyword, const std::string& value) {
    try {
        settings.store = parse_store_url(value);
    } catch (const StoreUrlRefused& refused) {
        refuse(keyword, shown_store_url(value), refused.what());
    }
}

void read_store_timeout(Settings& settings, std::string_view keyword, const std::string& value) {
    settings.store_timeout = read_duration(keyword, value, Milliseconds{1}, std::chrono::minutes{1});
}

void read_on_store_down(Settings& settings, std::string_view keyword, const std::string& value) {
    constexpr ValueNames<OnStoreDown, 2> kWays{
        {{"leader", OnStoreDown::Leader}, {"error", OnStoreDown::Error}}};
    settings.on_store_down = read_one_of(kWays, keyword, value);
}

void read_capture(Settings& settings, std::string_view keyword, const std::string& value) {
    constexpr ValueNames<Capture, 2> kWays{{{"monitor", Capture::Monitor}, {"commit", Capture::Commit}}};
    settings.capture = read_one_of(kWays, keyword, value);
}

void read_monitor(Settings& settings, std::string_view keyword, const std::string& value) {
    if (value.empty()) refuse(keyword, value, "auto, none, or libpq parameters (user=... password=...)");
    settings.monitor = !equal_ignoring_case(value, "none");
    if (!settings.monitor || equal_ignoring_case(value, "auto")) return;
    if (value.find('=') == std::string::npos)
        refuse(keyword, value, "auto, none, or libpq parameters (user=... password=...)");
    settings.monitor_parameters = value;
}

void read_poll_interval(Settings& settings, std::string_view keyword, const std::string& value) {
    const auto items = split_list(value);
    if (items.size() != 2) refuse(keyword, value, "two durations: while somebody waits, else (10 ms, 1 s)");
    settings.poll_fast = read_duration(keyword, items[0], Milliseconds{1}, std::chrono::minutes{1});
    settings.poll_slow = read_duration(keyword, items[1], Milliseconds{1}, std::chrono::minutes{5});
    if (settings.poll_fast > settings.poll_slow)
        refuse(keyword, value, "a first duration that is not longer than the second");
}

void read_state_directory(Settings& settings, std::string_view keyword, const std::string& value) {
    if (value.empty() || value.front() != '/') refuse(keyword, value, "an absolute path of a directory");
    settings.state_directory = value;
}

void read_replica_timeout(Settings& settings, std::string_view keyword, const std::string& value) {
    if (equal_ignoring_case(value, "auto"))
        settings.replica_timeout.reset();
    else if (equal_ignoring_case(value, "none"))
        settings.replica_timeout = Milliseconds{0};
    else
        settings.replica_timeout =
            read_duration(keyword, value, Milliseconds{50}, std::chrono::hours{1}, "auto, none");
}

void read_read_only(Settings& settings, std::string_view keyword, const std::string& value) {
    settings.read_only = read_flag(keyword, value);
}

void read_leader_budget(Settings& settings, std::string_view keyword, const std::string& value) {
    constexpr unsigned kMost = 1'000'000;
    settings.leader_budget = 0;
    if (equal_ignoring_case(value, "none")) return;
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), settings.leader_budget);
    if (error != std::errc{} || end != value.data() + value.size() || settings.leader_budget < 1 ||
        settings.leader_budget > kMost)
        refuse(keyword, value, "none, or a number of reads per second from 1 to 1000000");
}

void read_sync_replicas(Settings& settings, std::string_view keyword, const std::string& value) {
    settings.sync_replicas = 0;
    if (equal_ignoring_case(value, "all")) return;
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), settings.sync_replicas);
    if (error != std::errc{} || end != value.data() + value.size() || settings.sync_replicas < 1)
        refuse(keyword, value, "all, or a number of replicas from 1 on");
}

void read_sync_timeout(Settings& settings, std::string_view keyword, const std::string& value) {
    settings.sync_timeout = read_duration(keyword, value, Milliseconds{1}, std::chrono::minutes{10});
}

void read_on_sync_timeout(Settings& settings, std::string_view keyword, const std::string& value) {
    constexpr ValueNames<OnSyncTimeout, 2> kWays{
        {{"track", OnSyncTimeout::Track}, {"error", OnSyncTimeout::Error}}};
    settings.on_sync_timeout = read_one_of(kWays, keyword, value);
}

void read_functions(std::string_view keyword, const std::string& value,
                    const std::function<bool(const std::string&)>& add) {
    for (const std::string& name : split_list(value))
        if (!add(name))
            refuse(keyword, value, "names of functions, with or without a schema, separated by commas");
}

void read_free_functions(Settings& settings, std::string_view keyword, const std::string& value) {
    read_functions(keyword, value,
                   [&](const std::string& name) { return settings.functions.add_free(name); });
}

void read_write_functions(Settings& settings, std::string_view keyword, const std::string& value) {
    read_functions(keyword, value,
                   [&](const std::string& name) { return settings.functions.add_write(name); });
}

void read_log(Settings& settings, std::string_view keyword, const std::string& value) {
    settings.log.clear();
    if (equal_ignoring_case(value, "none")) return;
    for (const std::string_view named : {"stderr", "syslog"})
        if (equal_ignoring_case(value, named)) settings.log = named;
    if (settings.log.empty() && (value.empty() || value.front() != '/'))
        refuse(keyword, value, "none, stderr, syslog, an absolute path of a file");
    if (settings.log.empty()) settings.log = value;
}

void read_log_level(Settings& settings, std::string_view keyword, const std::string& value) {
    const auto level = log_level_named(value);
    if (!level) refuse(keyword, value, log_level_names());
    settings.log_level = *level;
}

void read_pass_through(Settings& settings, std::string_view, const std::string& value) {
    settings.pass_through = split_list(value);
}

// The keywords of docs/configuration.md, but for those of driver/session_choices.h.
constexpr std::array<std::pair<std::string_view, Reader>, 28> kKeywords{{
    {"Leader", read_leader},
    {"Replicas", read_replicas},
    {"UID", read_uid},
    {"PWD", read_pwd},
    {"Engine", read_engine},
    {"MarkAge", read_mark_age},
    {"User", read_user},
    {"Token", read_token},
    {"TokenKeyFile", read_token_key_file},
    {"Store", read_store},
    {"StoreTimeout", read_store_timeout},
    {"OnStoreDown", read_on_store_down},
    {"Capture", read_capture},
    {"Monitor", read_monitor},
    {"PollInterval", read_poll_interval},
    {"StateDir", read_state_directory},
    {"ReplicaTimeout", read_replica_timeout},
    {"ReadOnly", read_read_only},
    {"SyncReplicas", read_sync_replicas},
    {"SyncTimeout", read_sync_timeout},
    {"OnSyncTimeout", read_on_sync_timeout},
    {"LeaderBudget", read_leader_budget},
    {"Log", read_log},
    {"LogLevel", read_log_level},
    {"FreeFunctions", read_free_functions},
    {"WriteFunctions", read_write_functions},
    {"PassThrough", read_pass_through},
    {"Password", read_pwd},
}};

// Keywords of a DSN or connection string that belong to the driver manager and the tools around it.
constexpr std::array<std::string_view, 16> kDriverManagerKeywords{
    "DSN",          "Driver",  "Driver64",   "FILEDSN",   "SAVEFILE",  "Description",
    "Setup",        "Setup64", "Trace",      "TraceFile", "Threading", "CPTimeout",
    "CPTimeToLive", "Pooling", "DMConnAttr", "DMStmtAttr"};

std::string all_keywords() {
    std::string names = choice_names();
    for (const auto& [name, reader] : kKeywords) {
        if (name == "Password") continue;
        names.append(", ").append(name);
    }
    return names;
}

// A misspelt password keyword must not put the password into a diagnostic.
bool may_be_secret(const std::string& keyword) {
    std::string folded;
    for (const char c : keyword)
        folded.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    constexpr std::array<std::string_view, 6> kSigns{"pw", "pd", "pas", "wor", "secret", "token"};
    return std::any_of(kSigns.begin(), kSigns.end(),
                       [&](std::string_view sign) { return folded.find(sign) != std::string::npos; });
}

bool is_known(const std::string& keyword) {
    return is_setting(keyword) ||
           std::any_of(kDriverManagerKeywords.begin(), kDriverManagerKeywords.end(),
                       [&](std::string_view known) { return equal_ignoring_case(known, keyword); });
}

bool is_passed(const Settings& settings, const std::string& keyword) {
    return !is_known(keyword) &&
           std::any_of(settings.pass_through.begin(), settings.pass_through.end(),
                       [&](const std::string& name) { return equal_ignoring_case(name, keyword); });
}

void read_keyword(Settings& settings, const std::string& keyword, const std::string& value) {
    for (const auto& [name, reader] : kKeywords)
        if (equal_ignoring_case(name, keyword)) return reader(settings, name, value);
    if (read_choice(settings.choices, keyword, value)) return;
    for (const auto name : kDriverManagerKeywords)
        if (equal_ignoring_case(name, keyword)) return;
    if (is_passed(settings, keyword)) {
        settings.passed.emplace_back(keyword, value);
        return;
    }
    throw DriverError(
        "HY000",
        "The keyword '" + keyword + "' with the value '" + (may_be_secret(keyword) ? "(not shown)" : value) +
            "' is not known; accepted: " + all_keywords() +
            ". A keyword of an underlying driver belongs in the underlying DSN, or into PassThrough");
}

}  // namespace

bool is_setting(std::string_view keyword) {
    return !shown_choice({}, keyword).empty() ||
           std::any_of(kKeywords.begin(), kKeywords.end(),
                       [&](const auto& known) { return equal_ignoring_case(known.first, keyword); });
}

Settings read_settings(const KeywordList& dsn_section, const KeywordList& connection_string) {
    Settings settings;
    // PassThrough decides what the other keywords may be, wherever it stands.
    for (const auto* list : {&dsn_section, &connection_string})
        if (const auto* names = find_keyword(*list, "PassThrough"))
            read_pass_through(settings, "PassThrough", *names);
    for (const auto& [keyword, value] : dsn_section)
        if (!find_keyword(connection_string, keyword)) read_keyword(settings, keyword, value);
    for (auto keyword = connection_string.begin(); keyword != connection_string.end(); ++keyword) {
        // Of a keyword given twice the first one counts (ODBC, SQLDriverConnect). What an underlying driver
        // makes of its own is its business.
        const auto earlier = std::find_if(connection_string.begin(), keyword, [&](const auto& other) {
            return equal_ignoring_case(other.first, keyword->first);
        });
        if (earlier == keyword || is_passed(settings, keyword->first))
            read_keyword(settings, keyword->first, keyword->second);
    }
    if (settings.leader.text.empty())
        throw DriverError(
            "HY000",
            "The keyword 'Leader' is missing; accepted: the name of an underlying DSN, or a connection "
            "string in braces");
    if (settings.sync_replicas > settings.replicas.size())
        refuse("SyncReplicas", std::to_string(settings.sync_replicas),
               "all, or no more than there are in Replicas");
    return settings;
}

}  // namespace freshread
