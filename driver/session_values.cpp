#include "driver/session_values.h"

#include <algorithm>

#include "driver/session_settings.h"

namespace freshread {

namespace {

// All of it in pg_catalog, whatever search_path says.
constexpr std::string_view kPostgreSql =
    "SELECT name, setting FROM pg_catalog.pg_settings WHERE source = 'session' AND context IN ('user', "
    "'superuser') AND name !~ '^(default_)?transaction_' "
    "UNION ALL SELECT 'role', pg_catalog.current_setting('role') "
    "UNION ALL SELECT 'session_authorization', pg_catalog.current_setting('session_authorization')";

constexpr std::string_view kDatabase = "database()";

constexpr std::string_view kMariaDb =
    "SELECT 'database()', DATABASE() UNION ALL SELECT 'sql_mode', @@sql_mode "
    "UNION ALL SELECT 'time_zone', @@time_zone UNION ALL SELECT 'lc_time_names', @@lc_time_names "
    "UNION ALL SELECT 'character_set_client', @@character_set_client "
    "UNION ALL SELECT 'character_set_results', @@character_set_results "
    "UNION ALL SELECT 'character_set_connection', @@character_set_connection "
    "UNION ALL SELECT 'collation_connection', @@collation_connection "
    "UNION ALL SELECT 'sql_select_limit', @@sql_select_limit UNION ALL SELECT 'max_join_size', "
    "@@max_join_size "
    "UNION ALL SELECT 'sql_big_selects', @@sql_big_selects UNION ALL SELECT 'max_sort_length', "
    "@@max_sort_length "
    "UNION ALL SELECT 'div_precision_increment', @@div_precision_increment "
    "UNION ALL SELECT 'group_concat_max_len', @@group_concat_max_len "
    "UNION ALL SELECT 'default_week_format', @@default_week_format";

bool is_plain_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '.';
    });
}

bool is_number(std::string_view value) {
    return !value.empty() && value.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<std::vector<std::string>> in_postgresql(const SessionValues& had, const SessionValues& wanted) {
    std::vector<std::string> statements;
    for (const auto& [name, value] : had) {
        if (wanted.contains(name)) continue;
        if (!is_plain_name(name)) return std::nullopt;
        statements.push_back("RESET " + name);
    }
    std::string assignments;
    const auto assign = [&](const std::string& name, bool anyway) {
        const auto found = wanted.find(name);
        if (found == wanted.end()) return false;
        const auto before = had.find(name);
        if (!anyway && before != had.end() && before->second == found->second) return false;
        SessionSettings::add_assignment(assignments, name, found->second);
        return true;
    };
    // Another login has no role; and who somebody is decides what they may set.
    const bool other_login = assign("session_authorization", false);
    (void)assign("role", other_login);
    for (const auto& [name, value] : wanted)
        if (name != "session_authorization" && name != "role") (void)assign(name, false);
    if (!assignments.empty()) statements.push_back(std::move(assignments));
    return statements;
}

std::optional<std::vector<std::string>> in_mariadb(const SessionValues& had, const SessionValues& wanted) {
    std::vector<std::string> statements;
    for (const auto& [name, value] : wanted) {
        const auto before = had.find(name);
        if (before != had.end() && before->second == value) continue;
        if (value.find_first_of("'\\`") != std::string::npos) return std::nullopt;
        if (name == kDatabase) {
            if (value.empty()) return std::nullopt;  // a session cannot go back to having none
            statements.push_back("USE `" + value + "`");
        } else {
            const bool none = value.empty() && name != "sql_mode";
            statements.push_back("SET SESSION " + name + " = " +
                                 (is_number(value) ? value
                                  : none           ? std::string("NULL")
                                                   : "'" + value + "'"));
        }
    }
    // What the database's change brings with it comes first, and the character set before its collation.
    std::stable_partition(statements.begin(), statements.end(),
                          [](const std::string& statement) { return statement.starts_with("USE "); });
    return statements;
}

}  // namespace

std::string_view session_values_query(Dialect dialect) {
    switch (dialect) {
        case Dialect::PostgreSql:
            return kPostgreSql;
        case Dialect::MariaDb:
            return kMariaDb;
        case Dialect::Generic:
            break;
    }
    return {};
}

std::optional<std::vector<std::string>> statements_between(const SessionValues& had,
                                                           const SessionValues& wanted, Dialect dialect) {
    if (dialect == Dialect::PostgreSql) return in_postgresql(had, wanted);
    return in_mariadb(had, wanted);
}

}  // namespace freshread
