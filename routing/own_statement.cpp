#include "routing/own_statement.h"

#include <array>
#include <utility>

#include "routing/identifier.h"
#include "routing/token_stream.h"

namespace freshread {

namespace {

// What stands between the quotes, doubled ones counted once.
std::optional<std::string> unquoted(std::string_view text, Dialect dialect) {
    const char quote = text.front();
    if (text.size() < 2 || std::string_view("'\"`").find(quote) == std::string_view::npos)
        return std::nullopt;
    std::string out;
    for (std::size_t at = 1; at + 1 < text.size(); ++at) {
        if (text[at] == '\\' && dialect != Dialect::PostgreSql) return std::nullopt;
        if (text[at] == quote && (at + 2 >= text.size() || text[++at] != quote)) return std::nullopt;
        out.push_back(text[at]);
    }
    return out;
}

std::optional<std::string> value_in(const Token& token, Dialect dialect) {
    switch (token.kind) {
        case TokenKind::String:
        case TokenKind::QuotedIdentifier:
            return unquoted(token.text, dialect);
        case TokenKind::Identifier:
        case TokenKind::Number:
            return std::string(token.text);
        default:
            return std::nullopt;
    }
}

// `freshread.name`, `freshread name`, `@freshread_name`, `@freshread.name`; empty for anything else.
std::string take_name(TokenStream& stream) {
    constexpr std::string_view kVariable = "@freshread_";
    if (stream.at(TokenKind::Variable)) {
        const Token variable = stream.take();
        const bool own =
            variable.text.size() > kVariable.size() && starts_folded(variable.text, "@freshread");
        return own ? folded(variable.text.substr(kVariable.size())) : std::string();
    }
    if (!stream.take_word("freshread")) return {};
    if (stream.at(TokenKind::Dot)) (void)stream.take();
    const Token name = stream.take();
    return name.kind == TokenKind::Identifier ? folded(name.text) : std::string();
}

bool take_assignment(TokenStream& stream) {
    if (stream.take_word("to")) return true;
    const Token sign = stream.take();
    return sign.kind == TokenKind::Assignment || (sign.kind == TokenKind::Operator && sign.text == "=");
}

OwnStatement::Verb take_verb(TokenStream& stream) {
    using Verb = OwnStatement::Verb;
    if (stream.take_word("show")) return Verb::Show;
    if (stream.take_word("reset")) return Verb::Reset;
    if (!stream.take_word("set")) return Verb::None;
    if (stream.take_word("session")) return Verb::Set;
    return stream.take_word("local") ? Verb::SetLocal : Verb::Set;
}

}  // namespace

OwnStatement read_own_statement(std::string_view text, Dialect dialect) {
    LexicalSettings settings;
    settings.dialect = dialect;
    Hints hints;
    TokenStream stream(text, settings, hints);
    OwnStatement own;
    own.verb = take_verb(stream);
    own.name = take_name(stream);
    const bool assigns = own.verb == OwnStatement::Verb::Set || own.verb == OwnStatement::Verb::SetLocal;
    bool understood = own.verb != OwnStatement::Verb::None && !own.name.empty();
    if (understood && assigns) {
        understood = take_assignment(stream);
        const bool is_default = stream.at_word("default");
        const Token value = stream.take();
        if (!is_default) own.value = value_in(value, dialect);
        understood = understood && (is_default || own.value);
    }
    if (stream.at(TokenKind::Semicolon)) (void)stream.take();
    return understood && stream.at(TokenKind::End) ? own : OwnStatement{};
}

}  // namespace freshread
