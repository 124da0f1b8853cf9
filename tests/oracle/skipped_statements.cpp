#include "skipped_statements.h"

namespace freshread::test {

namespace {

enum class Where { Begins, Contains, ContainsIfSet, ContainsUnlessRead };

struct Skipped {
    Where where;
    std::string_view words;
    std::string_view reason;
};

constexpr std::string_view kStops = "stops the server or a connection";
constexpr std::string_view kReplication = "changes replication";
constexpr std::string_view kPlugins = "loads code into one server";
constexpr std::string_view kSystem = "changes the server's own tables or accounts";
constexpr std::string_view kLimits = "changes the limits under which the scripts run";
constexpr std::string_view kLong = "takes long";
constexpr std::string_view kLater = "writes behind its answer";

constexpr Skipped kSkipped[] = {
    {Where::Begins, "shutdown", kStops},
    {Where::Begins, "kill ", kStops},
    // Also in what is prepared, and in what a procedure does.
    {Where::Contains, "change master", kReplication},
    {Where::Begins, "change replication", kReplication},
    {Where::Contains, "start slave", kReplication},
    {Where::Begins, "start all slaves", kReplication},
    {Where::Begins, "start replica", kReplication},
    {Where::Contains, "stop slave", kReplication},
    {Where::Begins, "stop all slaves", kReplication},
    {Where::Begins, "stop replica", kReplication},
    {Where::Contains, "reset slave", kReplication},
    {Where::Begins, "reset replica", kReplication},
    {Where::Contains, "reset master", kReplication},
    {Where::Begins, "purge ", kReplication},
    {Where::Begins, "binlog '", kReplication},
    {Where::ContainsIfSet, "read_only", kReplication},
    {Where::ContainsIfSet, "gtid_", kReplication},
    {Where::ContainsIfSet, "log_bin", kReplication},
    {Where::ContainsIfSet, "binlog", kReplication},
    {Where::ContainsIfSet, "server_id", kReplication},
    {Where::ContainsIfSet, "slave_", kReplication},
    {Where::ContainsIfSet, "replicate_", kReplication},
    {Where::ContainsIfSet, "pseudo_slave_mode", kReplication},
    {Where::ContainsIfSet, "skip_replication", kReplication},
    {Where::ContainsIfSet, "event_scheduler", kReplication},
    {Where::Begins, "install ", kPlugins},
    {Where::Begins, "uninstall ", kPlugins},
    {Where::Contains, " soname ", kPlugins},
    {Where::ContainsIfSet, "password", kSystem},
    {Where::ContainsIfSet, "init_connect", kSystem},
    {Where::ContainsIfSet, "max_connections", kLimits},
    {Where::ContainsIfSet, "max_user_connections", kLimits},
    {Where::ContainsIfSet, "max_statement_time", kLimits},
    {Where::ContainsIfSet, "lock_wait_timeout", kLimits},
    {Where::ContainsIfSet, "max_allowed_packet", kLimits},
    {Where::ContainsIfSet, "max_session_mem_used", kLimits},
    {Where::ContainsIfSet, "secure_", kSystem},
    {Where::ContainsIfSet, "old_passwords", kSystem},
    {Where::Begins, "use mysql", kSystem},
    {Where::Begins, "use `mysql`", kSystem},
    {Where::Begins, "drop database mysql", kSystem},
    {Where::Begins, "drop database sys", kSystem},
    {Where::Begins, "drop schema mysql", kSystem},
    {Where::ContainsUnlessRead, " mysql.", kSystem},
    {Where::ContainsUnlessRead, "mariadb.sys", kSystem},
    {Where::ContainsUnlessRead, "current_user", kSystem},
    {Where::ContainsUnlessRead, "root", kSystem},
    {Where::Begins, "insert delayed", kLater},
    {Where::Begins, "replace delayed", kLater},
    {Where::Contains, "sleep(", kLong},
    {Where::Contains, "benchmark(", kLong},
    // A replica looks for each of many rows in a table without a key.
    {Where::Begins, "update ignore t1 set a=unhex(code)", kLong},
};

// Lower case, and one space for any white space.
std::string plain(std::string_view text) {
    std::string folded;
    for (const char c : text) {
        const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (space && (folded.empty() || folded.back() == ' ')) continue;
        folded += space ? ' ' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return folded;
}

bool is_set(std::string_view statement) {
    return statement.starts_with("set ") || statement.starts_with("set@");
}

bool is_read(std::string_view statement) {
    for (const std::string_view word : {"select", "show", "(select", "with", "explain", "set "})
        if (statement.starts_with(word)) return true;
    return false;
}

}  // namespace

std::string_view why_skipped(std::string_view statement) {
    const std::string text = plain(statement);
    for (const Skipped& skipped : kSkipped) {
        const bool there = skipped.where == Where::Begins ? text.starts_with(skipped.words)
                                                          : text.find(skipped.words) != std::string::npos;
        if (!there) continue;
        if (skipped.where == Where::ContainsIfSet && !is_set(text)) continue;
        if (skipped.where == Where::ContainsUnlessRead && is_read(text)) continue;
        return skipped.reason;
    }
    return {};
}

bool sets_globally(std::string_view statement) {
    const std::string text = plain(statement);
    return text.starts_with("set global ") || text.starts_with("set @@global.") ||
           text.starts_with("set @@global ");
}

}  // namespace freshread::test
