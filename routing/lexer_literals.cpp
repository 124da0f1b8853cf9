// Strings, quoted identifiers, and whatever else has quotes.
#include "routing/character.h"
#include "routing/identifier.h"
#include "routing/lexer.h"

namespace freshread {

Token Lexer::prefixed() {
    const char* const begin = at_;
    const char letter = fold(at(0));
    if (at(1) == '\'') {
        switch (letter) {
            case 'e':
                if (!postgresql()) break;
                ++at_;
                return quoted(begin, '\'', true, TokenKind::String);
            case 'b':
            case 'x':
                ++at_;
                return quoted(begin, '\'', false, TokenKind::String);
            case 'n':
                ++at_;
                return quoted(begin, '\'', settings_.backslash_escapes, TokenKind::String);
            default:
                break;
        }
    }
    if (!mariadb() && letter == 'u' && at(1) == '&') {
        if (at(2) == '\'') {
            at_ += 2;
            return quoted(begin, '\'', settings_.backslash_escapes, TokenKind::String);
        }
        if (at(2) == '"') {
            at_ += 2;
            return quoted(begin, '"', false, TokenKind::QuotedIdentifier);
        }
    }
    return word();
}

// The opening quote is ahead.
Token Lexer::quoted(const char* begin, char quote, bool backslashes, TokenKind kind) {
    ++at_;
    for (;;) {
        at_ = find_any(at_, end_, quote, '\\', '\0');
        if (done() || *at_ == '\0') return broken(begin);
        if (*at_ == '\\') {
            if (backslashes && at(1) != '\0') {
                at_ += 2;
                continue;
            }
            // Without knowing the server, a backslash before a quote may or may not escape it.
            if (generic() && at(1) == quote && kind == TokenKind::String) return broken(begin);
            ++at_;
            continue;
        }
        ++at_;
        if (at(0) == quote) {
            ++at_;
            continue;
        }
        if (kind == TokenKind::String && postgresql() && string_continues()) continue;
        return token(kind, begin);
    }
}

// PostgreSQL: 'a' newline 'b' is one literal, comments to the end of a line do not part them, and the second
// part obeys the escapes of the first. Leaves the position behind the opening quote of that part.
bool Lexer::string_continues() {
    const char* const after = at_;
    bool newline = false;
    for (;;) {
        if (is_character(kSpace, at(0))) {
            newline = newline || at(0) == '\n' || at(0) == '\r';
            ++at_;
        } else if (at(0) == '-' && at(1) == '-') {
            at_ = find_any(at_, end_, '\n', '\r');
        } else if (newline && at(0) == '\'') {
            ++at_;
            return true;
        } else {
            at_ = after;
            return false;
        }
    }
}

Token Lexer::bracketed_identifier() {
    const char* const begin = at_;
    for (;;) {
        at_ = find_any(at_, end_, ']', '(', '\0', '\'', '"');
        // Some servers read [f(x)] as a list.
        if (done() || *at_ != ']') return broken(begin);
        ++at_;
        if (at(0) != ']') return token(TokenKind::QuotedIdentifier, begin);
        ++at_;
    }
}

Token Lexer::dollar() {
    const char* const begin = at_;
    if (is_character(kDigit, at(1))) {
        at_ = behind_all(kDigit, at_ + 1, end_);
        return token(TokenKind::Parameter, begin);
    }
    const char* tag = at_ + 1;
    if (is_character(kStartsWord, at(1))) tag = behind_all(kTag, tag, end_);
    if (!postgresql() || tag == end_ || *tag != '$') return broken(begin);
    const std::string_view delimiter(begin, static_cast<std::size_t>(tag + 1 - begin));
    const std::string_view body(tag + 1, static_cast<std::size_t>(end_ - tag - 1));
    const auto length = body.find(delimiter);
    if (length == std::string_view::npos) return broken(begin);
    if (body.substr(0, length).find('\0') != std::string_view::npos) return broken(begin);
    at_ = body.data() + length + delimiter.size();
    return token(TokenKind::String, begin);
}

Token Lexer::variable() {
    const char* const begin = at_;
    ++at_;
    if (at(0) == '@') ++at_;
    const char c = at(0);
    if (c == '\'' || c == '"' || c == '`') {
        Token name = quoted(begin, c, c != '`' && settings_.backslash_escapes, TokenKind::QuotedIdentifier);
        if (name.kind != TokenKind::Broken) name.kind = TokenKind::Variable;
        return name;
    }
    while (is_character(kWord, at(0)) || at(0) == '.') ++at_;
    return token(TokenKind::Variable, begin);
}

}  // namespace freshread
