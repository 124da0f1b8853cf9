#include "driver/shown.h"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "driver/connection.h"
#include "driver/node_status.h"

namespace freshread {

namespace {

using Value = std::optional<std::string>;

struct Table {
    std::vector<std::string_view> columns{};
    std::vector<std::vector<Value>> rows{};
};

// A read of these reasons was asked for a position, if the policy has one.
bool asked_for_position(Reason reason) {
    return reason == Reason::ReadOnReplica || reason == Reason::ReplicaBehind ||
           reason == Reason::PositionUnknown || reason == Reason::NoHealthyReplica ||
           reason == Reason::RetriedOnLeader;
}

Table last_route(Connection& connection) {
    Table table{{"node", "role", "reason", "at_least"}, {}};
    const auto last = connection.last_route();
    if (!last.known) {
        table.rows.push_back(std::vector<Value>(table.columns.size()));
        return table;
    }
    Value at_least;
    const Position position = connection.last_requirement();
    if (asked_for_position(last.reason) && position.known()) at_least = shown(position);
    table.rows.push_back({connection.name_of_node(last.node), last.node == kLeader ? "leader" : "replica",
                          std::string(name_of(last.reason)), at_least});
    return table;
}

// Of all connections of the process to these nodes.
Table counters(Connection& connection) {
    Table table{{"node", "reason", "count"}, {}};
    for (const NodeRecord* record : connection.node_records()) {
        for (std::size_t i = 0; i < kReasons; ++i) {
            const auto reason = static_cast<Reason>(i);
            const auto count = record->counted(reason);
            if (count != 0)
                table.rows.push_back({record->name(), std::string(name_of(reason)), std::to_string(count)});
        }
    }
    if (table.rows.empty()) table.rows.push_back(std::vector<Value>(table.columns.size()));
    return table;
}

// What each replica would have served, of all connections of the process, and what came of comparing that.
Table shadowed(Connection& connection) {
    Table table{{"node", "reads", "compared", "older", "differed", "not_compared"}, {}};
    for (std::size_t node = 1; node < connection.nodes(); ++node) {
        const NodeRecord& record = connection.node_record(static_cast<NodeId>(node));
        std::uint64_t compared = 0;
        std::uint64_t not_compared = 0;
        for (std::size_t i = 0; i < kComparisons; ++i) {
            const auto comparison = static_cast<Comparison>(i);
            (was_compared(comparison) ? compared : not_compared) += record.counted(comparison);
        }
        table.rows.push_back({record.name(), std::to_string(record.shadowed()), std::to_string(compared),
                              std::to_string(record.counted(Comparison::Older)),
                              std::to_string(record.counted(Comparison::Differed)),
                              std::to_string(not_compared)});
    }
    if (table.rows.empty()) table.rows.push_back(std::vector<Value>(table.columns.size()));
    return table;
}

// The same one by one, as `counters`.
Table comparisons(Connection& connection) {
    Table table{{"node", "comparison", "count"}, {}};
    for (std::size_t node = 1; node < connection.nodes(); ++node) {
        const NodeRecord& record = connection.node_record(static_cast<NodeId>(node));
        for (std::size_t i = 0; i < kComparisons; ++i) {
            const auto comparison = static_cast<Comparison>(i);
            if (const auto count = record.counted(comparison); count != 0)
                table.rows.push_back(
                    {record.name(), std::string(name_of(comparison)), std::to_string(count)});
        }
    }
    if (table.rows.empty()) table.rows.push_back(std::vector<Value>(table.columns.size()));
    return table;
}

Table version(Connection&) {
    return {{"version"}, {{FRESHREAD_VERSION}}};
}

Table user(Connection& connection) {
    return {{"user"}, {{connection.user()}}};
}

Table token(Connection& connection) {
    return {{"token"}, {{connection.token()}}};
}

template <typename Number>
Value text_of(const std::optional<Number>& number) {
    return number ? Value(std::to_string(*number)) : std::nullopt;
}

Table nodes(Connection& connection) {
    Table table{{"node", "role", "position", "lag_bytes", "lag_seconds", "sampled_seconds_ago", "served"},
                {}};
    const auto all = status_of_nodes(connection);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const NodeStatus& node = all[i];
        const Value position = node.position ? Value(shown(*node.position)) : std::nullopt;
        table.rows.push_back({node.name, node.role, position, text_of(node.lag_bytes),
                              text_of(node.lag_seconds), text_of(node.sampled_seconds_ago),
                              std::to_string(connection.served_by(static_cast<NodeId>(i)))});
    }
    return table;
}

// What the user's next read has to find.
std::string required_of(Connection& connection) {
    try {
        const UserLook look = connection.look();
        if (look.mark_open) return "the leader: a write is open";
        return look.base_set ? shown(look.required) : "the leader: no base is known yet";
    } catch (const StoreUnavailable& error) {
        return "the leader: " + std::string(error.what());
    }
}

Table status(Connection& connection) {
    Table table{{"name", "value"}, {}};
    const auto add = [&](std::string name, std::string value) {
        table.rows.push_back({std::move(name), std::move(value)});
    };
    const SessionChoices choices = connection.choices();
    for (const std::string& keyword : split_list(choice_names()))
        add(keyword, shown_choice(choices, keyword));
    add("User", connection.user());
    add("requirement", connection.knowledge() ? required_of(connection)
                                              : "the leader: the store of positions cannot be used");
    add("session", connection.kept_on_leader() ? "on the leader, for state that replicas do not have"
                                               : "free to read on replicas");
    add("unsettled writes", connection.tracker().unsettled() ? "yes" : "no");
    return table;
}

struct Shown {
    std::string_view name;
    Table (*table)(Connection&);
};
constexpr std::array<Shown, 9> kShown{{
    {"last_route", last_route},
    {"counters", counters},
    {"nodes", nodes},
    {"status", status},
    {"shadowed", shadowed},
    {"comparisons", comparisons},
    {"token", token},
    {"user", user},
    {"version", version},
}};

// A string is read alike by every engine without quotes, backslashes and control characters.
void append_literal(std::string& select, const Value& value, bool typed) {
    constexpr const char* kType = " AS varchar(255))";
    if (typed) select += "CAST(";
    if (value) {
        select += '\'';
        for (const char c : *value) {
            if (c == '\'') select += c;
            select += c == '\\' || static_cast<unsigned char>(c) < ' ' ? '?' : c;
        }
        select += '\'';
    } else {
        select += "NULL";
    }
    if (typed) select += kType;
}

std::string select_of(const Table& table, bool typed) {
    std::string select;
    for (const auto& row : table.rows) {
        select += select.empty() ? "SELECT " : " UNION ALL SELECT ";
        for (std::size_t column = 0; column < row.size(); ++column) {
            if (column > 0) select += ", ";
            append_literal(select, row[column], typed);
            select.append(" AS ").append(table.columns[column]);
        }
    }
    return select;
}

}  // namespace

std::string select_for(Connection& connection, std::string_view name) {
    const bool typed = connection.dialect() == Dialect::PostgreSql;
    for (const Shown& shown : kShown)
        if (name == shown.name) return select_of(shown.table(connection), typed);
    const std::string value = shown_choice(connection.choices(), name);
    if (!value.empty()) return select_of({{name}, {{value}}}, typed);
    std::string known;
    for (const Shown& shown : kShown) known.append(shown.name).append(", ");
    throw DriverError("42704", "SHOW freshread.NAME answers for " + known + choice_names());
}

}  // namespace freshread
