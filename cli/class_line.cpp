#include "cli/class_line.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "routing/builtin_names.h"
#include "routing/identifier.h"
#include "routing/lexer.h"

namespace freshread {

namespace {

// Bytes that would end a column, a line or, with `list`, an element of a list.
void append_escaped(std::string_view text, bool list, std::string& out) {
    constexpr char kHex[] = "0123456789abcdef";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7F && c != '\\' && (c != ',' || !list)) {
            out += c;
        } else {
            out += "\\x";
            out += kHex[byte >> 4];
            out += kHex[byte & 0xF];
        }
    }
}

// `quoted` is an identifier in quotes. It means the same without them.
bool needs_no_quotes(std::string_view quoted, Dialect dialect) {
    const auto body = quoted.substr(1, quoted.size() - 2);
    if (quoted.front() == 'U' || quoted.front() == 'u' || body.empty()) return false;
    if (body.front() >= '0' && body.front() <= '9') return false;
    return std::all_of(body.begin(), body.end(), [&](char c) {
        const bool upper = c >= 'A' && c <= 'Z' && dialect != Dialect::PostgreSql;
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || upper;
    });
}

// The name as its server knows it: without space and comments, in PostgreSQL in lower case, and without
// quotes that change nothing.
std::string canonical(std::string_view name, Dialect dialect) {
    LexicalSettings settings;
    settings.dialect = dialect;
    settings.ansi_quotes = true;
    Lexer lexer(name, settings);
    std::string result;
    for (Token token = lexer.next(); token.kind != TokenKind::End; token = lexer.next()) {
        if (token.kind == TokenKind::Comment) continue;
        if (token.kind == TokenKind::Identifier && dialect == Dialect::PostgreSql) {
            std::transform(token.text.begin(), token.text.end(), std::back_inserter(result), fold);
        } else if (token.kind == TokenKind::QuotedIdentifier && needs_no_quotes(token.text, dialect)) {
            result += token.text.substr(1, token.text.size() - 2);
        } else {
            result += token.text;
        }
    }
    return result;
}

std::vector<std::string> canonical(std::span<const std::string_view> names, Dialect dialect) {
    std::vector<std::string> result;
    std::unordered_set<std::string> seen;
    for (const auto name : names) {
        auto text = canonical(name, dialect);
        if (seen.insert(text).second) result.push_back(std::move(text));
    }
    return result;
}

void append_list(const std::vector<std::string>& names, std::string& out) {
    bool first = true;
    for (const auto& name : names) {
        if (!first) out += ',';
        append_escaped(name, true, out);
        first = false;
    }
}

// Which effect of a function makes a statement what it is.
FunctionEffect effect_behind(const StatementClass& statement) {
    switch (statement.reason) {
        case Reason::UnknownFunction:
            return FunctionEffect::Unknown;
        case Reason::Write:
            return FunctionEffect::Write;
        case Reason::LockingRead:
            return FunctionEffect::Locking;
        case Reason::LeaderSession:
            return FunctionEffect::LeaderSession;
        case Reason::NodeDependent:
            return FunctionEffect::NodeDependent;
        default:
            return FunctionEffect::Harmless;
    }
}

void append_reason(const StatementClass& statement, Dialect dialect, std::string& out) {
    out += ": ";
    out += name_of(statement.reason);
    const auto effect = effect_behind(statement);
    if (effect == FunctionEffect::Harmless) return;
    Names names;
    for (const auto name : statement.functions)
        if (effect_of_function(name, dialect) == effect) names.add(name);
    if (names.empty()) return;
    out += " (";
    append_list(canonical(names, dialect), out);
    out += ')';
}

void append_consequence(const StatementClass& statement, Dialect dialect, std::string& out) {
    switch (statement.kind) {
        case StatementKind::Read:
            if (statement.hints.leader) {
                out += "leader: ";
                out += name_of(Reason::HintLeader);
            } else if (statement.reason == Reason::ReadOnReplica) {
                out += "replica";
            } else {
                out += "leader";
                append_reason(statement, dialect, out);
            }
            return;
        case StatementKind::Transaction:
            out += "session";
            return;
        case StatementKind::SessionState:
            out += statement.local_setting ? "transaction" : "every node";
            return;
        case StatementKind::Freshread:
            out += "driver";
            return;
        case StatementKind::Write:
        case StatementKind::LockingRead:
        case StatementKind::LeaderSession:
        case StatementKind::Unknown:
            break;
    }
    out += "leader, tracked";
    append_reason(statement, dialect, out);
}

void append_hints(const Hints& hints, std::string& out) {
    bool first = true;
    const auto add = [&](std::string_view name, std::string_view value) {
        if (!first) out += ',';
        first = false;
        out += name;
        append_escaped(value, true, out);
    };
    if (hints.leader) add("leader", {});
    if (hints.replica) add("replica", {});
    if (hints.fresh) add("fresh", {});
    if (hints.policy) add("policy=", name_of(*hints.policy));
    if (!hints.user.empty()) add("user=", hints.user);
    if (!hints.token.empty()) add("token=", hints.token);
    if (!hints.malformed.empty()) add("malformed=", hints.malformed);
}

}  // namespace

void append_class_line(const StatementClass& statement, Dialect dialect, std::string& out) {
    out += name_of(statement.kind);
    out += '\t';
    append_consequence(statement, dialect, out);
    out += '\t';
    append_list(canonical(statement.tables, dialect), out);
    out += '\t';
    append_list(canonical(statement.functions, dialect), out);
    out += '\t';
    append_hints(statement.hints, out);
    out += '\n';
}

}  // namespace freshread
