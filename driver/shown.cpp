#include "driver/shown.h"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "driver/connection.h"
#include "routing/identifier.h"
#include "routing/token_stream.h"

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

struct Shown {
    std::string_view name;
    Table (*table)(Connection&);
};
constexpr std::array<Shown, 2> kShown{{
    {"last_route", last_route},
    {"counters", counters},
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

// The NAME of `SHOW freshread.NAME` and `SHOW freshread NAME`; empty for any other statement.
std::string_view shown_name(std::string_view statement, Dialect dialect) {
    LexicalSettings settings;
    settings.dialect = dialect;
    Hints hints;
    TokenStream stream(statement, settings, hints);
    if (!stream.take_word("show") || !stream.take_word("freshread")) return {};
    if (stream.at(TokenKind::Dot)) (void)stream.take();
    const Token name = stream.take();
    if (stream.at(TokenKind::Semicolon)) (void)stream.take();
    return name.kind == TokenKind::Identifier && stream.at(TokenKind::End) ? name.text : std::string_view();
}

}  // namespace

std::string select_for(Connection& connection, std::string_view statement) {
    const std::string_view name = shown_name(statement, connection.dialect());
    for (const Shown& shown : kShown)
        if (equals_folded(name, shown.name))
            return select_of(shown.table(connection), connection.dialect() == Dialect::PostgreSql);
    std::string known;
    for (const Shown& shown : kShown) known.append(known.empty() ? "" : ", ").append(shown.name);
    throw DriverError("HYC00",
                      "Of freshread's own statements this version answers SHOW freshread.NAME with " + known);
}

}  // namespace freshread
