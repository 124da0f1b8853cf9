#include "routing/setting_change.h"

#include <array>

#include "routing/identifier.h"
#include "routing/token_stream.h"

namespace freshread {

namespace {

LexicalSettings usual(Dialect dialect) {
    LexicalSettings settings;
    settings.dialect = dialect;
    settings.backslash_escapes = dialect == Dialect::MariaDb;
    settings.ansi_quotes = dialect != Dialect::MariaDb;
    return settings;
}

// A name without its quotes, folded: settings have one name in upper and lower case.
std::string folded_unquoted(std::string_view name) {
    constexpr std::string_view kQuotes = "\"`'";
    std::string out;
    for (const char c : name)
        if (kQuotes.find(c) == std::string_view::npos) out.push_back(fold(c));
    return out;
}

// One name of a setting that has a spelling of its own (PostgreSQL).
struct Spelling {
    std::string_view word;
    std::string_view second;  // may be empty
    std::string_view name;
};

constexpr std::array<Spelling, 6> kSpellings{{
    {"time", "zone", "timezone"},
    {"session", "authorization", "session_authorization"},
    {"xml", "option", "xmloption"},
    {"names", "", "client_encoding"},
    {"schema", "", "search_path"},
    {"role", "", "role"},
}};

std::string take_dotted_name(TokenStream& stream) {
    std::string name = folded_unquoted(stream.take().text);
    while (stream.at(TokenKind::Dot)) {
        (void)stream.take();
        name += '.';
        name += folded_unquoted(stream.take().text);
    }
    return name;
}

std::string take_postgresql_name(TokenStream& stream) {
    for (const Spelling& spelling : kSpellings) {
        if (!stream.at_word(spelling.word)) continue;
        if (!spelling.second.empty() && !stream.at_word(spelling.second, 1)) continue;
        (void)stream.take();
        if (!spelling.second.empty()) (void)stream.take();
        return std::string(spelling.name);
    }
    return take_dotted_name(stream);
}

// MariaDB: SET a = 1, @@session.b = 2; the words before the first `=` of each part.
void take_assignments(TokenStream& stream, std::vector<std::string>& names) {
    bool target = true;
    std::string name;
    int depth = 0;
    while (!stream.at_statement_end()) {
        const Token token = stream.take();
        if (token.kind == TokenKind::OpenParen) ++depth;
        if (token.kind == TokenKind::CloseParen) --depth;
        if (token.kind == TokenKind::Comma && depth == 0) {
            names.push_back(std::move(name));
            name.clear();
            target = true;
        } else if (token.kind == TokenKind::Operator || token.kind == TokenKind::Assignment ||
                   token.kind == TokenKind::String) {
            target = false;
        } else if (target) {
            name += folded_unquoted(token.text);
        }
    }
    names.push_back(std::move(name));
}

void read_set_change(TokenStream& stream, SettingChange& change) {
    if (stream.dialect() != Dialect::PostgreSql) {
        for (const std::string_view word : {"session", "local"}) (void)stream.take_word(word);
        take_assignments(stream, change.names);
        return;
    }
    if (!stream.at_word("authorization", 1))
        for (const std::string_view word : {"session", "local"}) (void)stream.take_word(word);
    change.names.push_back(take_postgresql_name(stream));
}

void read_discard_change(TokenStream& stream, SettingChange& change) {
    using Kind = SettingChange::Kind;
    if (stream.take_word("all"))
        change.kind = Kind::DiscardAll;
    else if (stream.take_word("temp") || stream.take_word("temporary"))
        change.kind = Kind::DiscardTemporary;
    else
        change.kind = Kind::Nothing;
}

// SELECT set_config('a', ...): the first argument of each call.
void read_set_config_change(TokenStream& stream, SettingChange& change) {
    while (!stream.at_statement_end()) {
        const Token token = stream.take();
        if (!equals_folded(folded_unquoted(token.text), "set_config") || !stream.at(TokenKind::OpenParen))
            continue;
        (void)stream.take();
        // Anything but a plain literal is a name that is not known.
        const bool plain = stream.at(TokenKind::String) && stream.peek().text.front() == '\'' &&
                           stream.peek(1).kind == TokenKind::Comma;
        change.names.push_back(plain ? folded_unquoted(stream.take().text) : std::string());
    }
}

}  // namespace

SettingChange read_setting_change(std::string_view text, Dialect dialect) {
    SettingChange change;
    Hints hints;
    TokenStream stream(text, usual(dialect), hints);
    while (stream.at(TokenKind::Semicolon)) (void)stream.take();
    if (stream.take_word("set")) {
        read_set_change(stream, change);
    } else if (stream.take_word("reset")) {
        if (stream.take_word("all"))
            change.kind = SettingChange::Kind::ResetAll;
        else
            change.names.push_back(take_postgresql_name(stream));
    } else if (stream.take_word("discard")) {
        read_discard_change(stream, change);
    } else if (stream.take_word("use")) {
        change.names.emplace_back("use");
    } else {
        read_set_config_change(stream, change);
    }
    for (const std::string& name : change.names)
        if (name.empty()) {
            change.names.clear();
            break;
        }
    change.repeatable = text.find('\\') == std::string_view::npos;
    Lexer lexer(text, usual(dialect));
    for (Token token = lexer.next(); token.kind != TokenKind::End; token = lexer.next())
        if (token.kind == TokenKind::Parameter || token.kind == TokenKind::Broken) change.repeatable = false;
    return change;
}

SavepointChange read_savepoint_change(std::string_view text, Dialect dialect) {
    using Kind = SavepointChange::Kind;
    SavepointChange change;
    Hints hints;
    TokenStream stream(text, usual(dialect), hints);
    while (stream.at(TokenKind::Semicolon)) (void)stream.take();
    if (stream.take_word("savepoint")) {
        change.kind = Kind::Set;
    } else if (stream.take_word("release")) {
        change.kind = Kind::Release;
    } else if (stream.take_word("rollback") || stream.take_word("abort")) {
        for (const std::string_view word : {"work", "transaction"}) (void)stream.take_word(word);
        if (!stream.take_word("to")) return change;
        change.kind = Kind::RollbackTo;
    } else {
        return change;
    }
    const TokenKind follower = stream.peek(1).kind;
    if (change.kind != Kind::Set && stream.at_word("savepoint") &&
        (follower == TokenKind::Identifier || follower == TokenKind::QuotedIdentifier))
        (void)stream.take();
    const Token name = stream.take();
    if (name.kind == TokenKind::Identifier) {
        change.name = folded_unquoted(name.text);
    } else if (name.text.size() > 2) {
        change.name = name.text.substr(1, name.text.size() - 2);
    }
    return change;
}

}  // namespace freshread
