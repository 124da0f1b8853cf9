#include "routing/cautious_classifier.h"

#include <utility>

#include "routing/lexer.h"

namespace freshread {

namespace {

void append(std::vector<std::string_view>& names, const std::vector<std::string_view>& others) {
    names.insert(names.end(), others.begin(), others.end());
}

// What goes wrong when it was another kind: it would leave no mark.
bool runs_untracked(StatementKind kind) {
    return kind == StatementKind::Read || kind == StatementKind::Transaction ||
           kind == StatementKind::SessionState || kind == StatementKind::Freshread;
}

// Under these settings the text is one statement in which a string does not end, or a backslash stands
// between tokens: every server refuses it, so nothing happens under them.
bool refused(std::string_view text, const LexicalSettings& settings) {
    Lexer lexer(text, settings);
    Token token = lexer.next();
    while (token.kind != TokenKind::Broken && token.kind != TokenKind::End) {
        if (token.kind == TokenKind::Semicolon) return false;
        token = lexer.next();
    }
    if (token.kind != TokenKind::Broken || lexer.saw_conditional_comment()) return false;
    const std::string_view rest = token.text;
    if (rest.find('\0') != std::string_view::npos) return false;
    if (rest.front() == '\\') return !rest.starts_with("\\N");  // \N is MariaDB's NULL
    const auto quote = rest.find_first_of("'\"`");
    return quote < 3 && rest.find_first_of("/*-#$[") > quote;
}

// REQUIRES: the kinds differ.
StatementClass of_two_readings(const StatementClass& usual, StatementClass other) {
    append(other.tables, usual.tables);
    append(other.functions, usual.functions);
    other.read_but_for_functions = false;
    if (usual.kind == StatementKind::Read && !runs_untracked(other.kind)) return other;
    const bool sets = usual.kind == StatementKind::SessionState || other.kind == StatementKind::SessionState;
    other.kind = StatementKind::Unknown;
    other.reason = Reason::UnknownStatement;
    other.effect_before_commit = true;
    other.alters_session = other.alters_session || usual.alters_session || sets;
    if (other.verb == TransactionVerb::None) {
        other.verb = usual.verb;
        other.modes = usual.modes;
    }
    return other;
}

}  // namespace

StatementClass classify_cautiously(std::string_view text, Dialect dialect) {
    LexicalSettings usual;
    usual.dialect = dialect;
    usual.backslash_escapes = dialect == Dialect::MariaDb;
    usual.ansi_quotes = dialect != Dialect::MariaDb;
    StatementClass result = classify(text, usual);
    const bool backslash = text.find('\\') != std::string_view::npos;
    const bool quotes = dialect == Dialect::MariaDb && text.find('"') != std::string_view::npos;
    for (int reading = 1; reading < 4 && runs_untracked(result.kind); ++reading) {
        const bool other_escapes = (reading & 1) != 0;
        const bool other_quotes = (reading & 2) != 0;
        if ((other_escapes && !backslash) || (other_quotes && !quotes)) continue;
        LexicalSettings other = usual;
        if (other_escapes) other.backslash_escapes = !other.backslash_escapes;
        if (other_quotes) other.ansi_quotes = !other.ansi_quotes;
        StatementClass cautious = classify(text, other);
        if (cautious.kind == result.kind || refused(text, other)) continue;
        result = of_two_readings(result, std::move(cautious));
    }
    return result;
}

}  // namespace freshread
