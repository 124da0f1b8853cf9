#include "routing/cautious_classifier.h"

#include <utility>

#include "routing/lexer.h"

namespace freshread {

namespace {

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
    if (rest.empty()) return false;  // what does not end is a comment that servers execute
    if (rest.find('\0') != std::string_view::npos) return false;
    if (rest.front() == '\\') return !rest.starts_with("\\N");  // \N is MariaDB's NULL
    const auto quote = rest.find_first_of("'\"`");
    return quote < 3 && rest.find_first_of("/*-#$[") > quote;
}

// REQUIRES: the kinds differ.
StatementClass of_two_readings(const StatementClass& usual, StatementClass other) {
    other.tables.add_all(usual.tables);
    other.functions.add_all(usual.functions);
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

// Of a character that most texts have few of.
std::size_t count(std::string_view text, char c) {
    std::size_t found = 0;
    for (auto at = text.find(c); at != std::string_view::npos; at = text.find(c, at + 1)) ++found;
    return found;
}

}  // namespace

StatementClass classify_cautiously(std::string_view text, Dialect dialect) {
    LexicalSettings usual;
    usual.dialect = dialect;
    usual.backslash_escapes = dialect == Dialect::MariaDb;
    usual.ansi_quotes = dialect != Dialect::MariaDb;
    StatementClass result = classify(text, usual);
    const std::size_t quotes = dialect == Dialect::MariaDb ? count(text, '"') : 0;
    // Where each of them is one of the two of a string that might as well be a name, the readings are alike.
    const auto quotes_matter = [&](const StatementClass& is) {
        return quotes != std::size_t{2} * is.indifferent_quotes;
    };
    const auto read_also = [&](const LexicalSettings& settings) {
        StatementClass reading = classify(text, settings);
        const bool matter = quotes_matter(reading);
        if (reading.kind != result.kind && !refused(text, settings))
            result = of_two_readings(result, std::move(reading));
        return matter;
    };
    LexicalSettings other = usual;
    other.ansi_quotes = !usual.ansi_quotes;
    if (runs_untracked(result.kind) && quotes_matter(result)) (void)read_also(other);
    if (!runs_untracked(result.kind) || text.find('\\') == std::string_view::npos) return result;
    other = usual;
    other.backslash_escapes = !usual.backslash_escapes;
    if (read_also(other) && runs_untracked(result.kind)) {
        other.ansi_quotes = !usual.ansi_quotes;
        (void)read_also(other);
    }
    return result;
}

}  // namespace freshread
