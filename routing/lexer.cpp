#include "routing/lexer.h"

#include <array>

namespace freshread {

namespace {

// What a byte may be part of.
enum : std::uint8_t {
    kSpace = 1,
    kDigit = 2,
    kStartsWord = 4,
    kTag = 8,  // of a dollar quote
    kWord = 16,
    kOperator = 32,
};

constexpr std::array<std::uint8_t, 256> kUses = [] {
    std::array<std::uint8_t, 256> uses{};
    for (std::size_t c = 0; c < uses.size(); ++c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        const bool digit = c >= '0' && c <= '9';
        uses.at(c) = static_cast<std::uint8_t>((letter ? kStartsWord | kTag | kWord : 0) |
                                               (digit ? kDigit | kTag | kWord : 0) | (c == '$' ? kWord : 0));
    }
    for (const char c : {' ', '\t', '\n', '\r', '\f', '\v'}) uses.at(static_cast<unsigned char>(c)) = kSpace;
    for (const char c : std::string_view("~!@#^&|`+-*/%<>=?"))
        uses.at(static_cast<unsigned char>(c)) = kOperator;
    return uses;
}();

// Characters that are a token wherever they stand outside others.
constexpr std::array<TokenKind, 256> kAlone = [] {
    std::array<TokenKind, 256> kinds{};
    kinds['('] = TokenKind::OpenParen;
    kinds[')'] = TokenKind::CloseParen;
    kinds['{'] = TokenKind::OpenBrace;
    kinds['}'] = TokenKind::CloseBrace;
    kinds[']'] = TokenKind::CloseBracket;
    kinds[','] = TokenKind::Comma;
    kinds[';'] = TokenKind::Semicolon;
    return kinds;
}();
static_assert(kAlone['a'] == TokenKind::End);

bool is(std::uint8_t uses, char c) {
    return (kUses[static_cast<unsigned char>(c)] & uses) !=
           0;  // NOLINT(cppcoreguidelines-pro-bounds-constant-array-index)
}

bool is_space(char c) {
    return is(kSpace, c);
}

bool is_digit(char c) {
    return is(kDigit, c);
}

bool starts_word(char c) {
    return is(kStartsWord, c);
}

bool is_tag_character(char c) {
    return is(kTag, c);
}

bool is_word_character(char c) {
    return is(kWord, c);
}

bool is_operator_character(char c) {
    return is(kOperator, c);
}

// PostgreSQL accepts none that is longer. It also bounds how often a character is looked at.
constexpr std::size_t kLongestOperator = 63;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// An operator of PostgreSQL ends in + or - only when it also contains one of these: `a<-1` is `a < -1`.
bool lets_operator_end_in_sign(char c) {
    return c != '\0' && std::string_view("~!@#^&|`?%").find(c) != std::string_view::npos;
}

// Operators that people write without a space before or behind a parameter marker.
bool is_common_operator(std::string_view run) {
    constexpr std::string_view kCommon[] = {"",  "=", "<", ">",  "<=", ">=",  "<>", "!=",  "+",  "-",  "*",
                                            "/", "%", "^", "||", "->", "->>", "#>", "#>>", "@>", "<@", "&&"};
    for (const auto common : kCommon) {
        if (run == common) return true;
    }
    return false;
}

}  // namespace

Lexer::Lexer(std::string_view text, const LexicalSettings& settings) : text_(text), settings_(settings) {
    if (text_.starts_with("\xEF\xBB\xBF")) position_ = 3;
}

char Lexer::at(std::size_t offset) const {
    return position_ + offset < text_.size() ? text_[position_ + offset] : '\0';
}

Token Lexer::token(TokenKind kind, std::size_t begin) const {
    return {kind, text_.substr(begin, position_ - begin)};
}

Token Lexer::take(TokenKind kind, std::size_t length) {
    const auto begin = position_;
    position_ += length;
    return token(kind, begin);
}

Token Lexer::broken(std::size_t begin) {
    position_ = text_.size();
    executable_comment_ = false;
    return token(TokenKind::Broken, begin);
}

inline void Lexer::skip_space() {
    const char* at = text_.data() + position_;
    const char* const end = text_.data() + text_.size();
    while (at != end && is_space(*at)) ++at;
    position_ = static_cast<std::size_t>(at - text_.data());
}

inline void Lexer::skip_word() {
    const char* at = text_.data() + position_;
    const char* const end = text_.data() + text_.size();
    while (at != end && is_word_character(*at)) ++at;
    position_ = static_cast<std::size_t>(at - text_.data());
}

inline void Lexer::read_word(Token& token) {
    const char* const begin = text_.data() + position_;
    skip_word();
    token.kind = TokenKind::Identifier;
    token.text = {begin, static_cast<std::size_t>(text_.data() + position_ - begin)};
    token.keyword = {};
    if (may_be_keyword(token.text)) token.keyword = find_keyword(token.text, settings_.dialect);
}

// A letter before a quote: E'...', U&"...". At the beginning of a word.
inline bool Lexer::begins_literal() const {
    const char second = at(1);
    return second == '\'' || second == '&';
}

void Lexer::read(std::span<Token> tokens) {
    for (Token& token : tokens) {
        skip_space();
        if (settings_.dialect == Dialect::MariaDb) pass_executable_comments();
        if (done()) {
            token = end();
            continue;
        }
        // The tokens there are most of; the others are symbol()'s.
        const char c = text_[position_];
        if (starts_word(c)) {
            if (begins_literal()) {
                token = prefixed();
            } else {
                read_word(token);
            }
            continue;
        }
        const TokenKind alone = kAlone[static_cast<unsigned char>(c)];
        if (alone == TokenKind::End) {
            token = symbol();
            continue;
        }
        token.kind = alone;
        token.text = {text_.data() + position_, 1};
        token.keyword = {};
        ++position_;
    }
}

Token Lexer::next() {
    Token token;
    read({&token, 1});
    return token;
}

void Lexer::pass_executable_comments() {
    while (enter_executable_comment() || leave_executable_comment()) skip_space();
}

Token Lexer::end() {
    if (executable_comment_) return broken(position_);
    return {TokenKind::End, text_.substr(text_.size())};
}

Token Lexer::symbol() {
    const auto begin = position_;
    const char c = text_[position_];
    const bool postgresql = settings_.dialect == Dialect::PostgreSql;
    const bool mariadb = settings_.dialect == Dialect::MariaDb;
    if ((c == '-' || c == '#') && at_line_comment()) return line_comment(c == '#' ? 1 : 2);
    if (c == '-' && at(1) == '-' && settings_.dialect == Dialect::Generic) return broken(begin);
    if (c == '/' && at(1) == '*') return block_comment();
    if (mariadb && c == '$') return word();
    // In MariaDB `t.1a` is a qualified name.
    const auto qualifies = [&] {
        return mariadb && begin > 0 && (is_word_character(text_[begin - 1]) || text_[begin - 1] == '`');
    };
    if (is_digit(c) || (c == '.' && is_digit(at(1)) && !qualifies())) return number();

    switch (c) {
        case '\'':
            return quoted(begin, c, settings_.backslash_escapes, TokenKind::String);
        case '"':
            if (postgresql || settings_.ansi_quotes)
                return quoted(begin, c, false, TokenKind::QuotedIdentifier);
            return quoted(begin, c, settings_.backslash_escapes, TokenKind::String);
        case '`':
            if (!postgresql) return quoted(begin, c, false, TokenKind::QuotedIdentifier);
            return operator_run();
        case '[':
            if (settings_.dialect == Dialect::Generic) return bracketed_identifier();
            if (mariadb) return broken(begin);  // quotes an identifier in one of its modes
            return take(TokenKind::OpenBracket, 1);
        case '.':
            return take(TokenKind::Dot, 1);
        case ':':
            if (at(1) == ':') return take(TokenKind::Cast, 2);
            if (at(1) == '=') return take(TokenKind::Assignment, 2);
            return take(TokenKind::Colon, 1);
        case '\\':
            if (mariadb && at(1) == 'N') return take(TokenKind::Number, 2);  // its NULL
            return broken(begin);
        case '$':
            return dollar();
        case '@':
            if (mariadb) return variable();
            return operator_run();
        default:
            return is_operator_character(c) ? operator_run() : broken(begin);
    }
}

bool Lexer::at_line_comment() const {
    const char c = at(0);
    if (c == '#') return settings_.dialect == Dialect::MariaDb;
    if (c != '-' || at(1) != '-') return false;
    // MariaDB reads `5--1` as 5 - -1. A generic server may do either.
    if (settings_.dialect == Dialect::PostgreSql) return true;
    return position_ + 2 >= text_.size() || static_cast<unsigned char>(at(2)) <= ' ';
}

bool Lexer::at_comment() const {
    return at_line_comment() || (at(0) == '/' && at(1) == '*');
}

Token Lexer::line_comment(std::size_t opener) {
    const auto begin = position_;
    const bool executable = executable_comment_;
    position_ += opener;
    const auto body = position_;
    while (!done()) {
        const char c = text_[position_];
        if (c == '\n') break;
        if (c == '\0') return broken(begin);
        if (c == '\r' && settings_.dialect != Dialect::MariaDb) {
            if (settings_.dialect == Dialect::Generic && at(1) != '\n') return broken(begin);
            break;
        }
        // Whether the line or the comment around it ends here depends on the server.
        if (executable && c == '*' && at(1) == '/') return broken(begin);
        ++position_;
    }
    return token(TokenKind::Comment, body);
}

bool Lexer::enter_executable_comment() {
    if (executable_comment_ || at(0) != '/' || at(1) != '*') return false;
    const bool for_mariadb = at(2) == 'M' && at(3) == '!';
    if (!for_mariadb && at(2) != '!') return false;
    executable_comment_ = true;
    position_ += for_mariadb ? 4 : 3;
    if (for_mariadb || is_digit(at(0))) conditional_comment_ = true;
    while (is_digit(at(0))) ++position_;
    return true;
}

bool Lexer::leave_executable_comment() {
    if (!executable_comment_ || at(0) != '*' || at(1) != '/') return false;
    position_ += 2;
    executable_comment_ = false;
    return true;
}

Token Lexer::block_comment() {
    const auto begin = position_;
    // An executable comment inside one, or one whose server is not known.
    const bool executable = at(2) == '!' || (at(2) == 'M' && at(3) == '!');
    if (executable && settings_.dialect != Dialect::PostgreSql) return broken(begin);
    position_ += 2;
    const auto body = position_;
    std::size_t depth = 1;
    while (!done()) {
        const char c = text_[position_];
        if (c == '\0') return broken(begin);
        if (c == '*' && at(1) == '/') {
            if (--depth == 0) {
                const Token comment = token(TokenKind::Comment, body);
                position_ += 2;
                return comment;
            }
            position_ += 2;
        } else if (c == '/' && at(1) == '*' && settings_.dialect == Dialect::PostgreSql) {
            ++depth;
            position_ += 2;
        } else if (c == '/' && at(1) == '*' && settings_.dialect == Dialect::Generic) {
            return broken(begin);
        } else {
            ++position_;
        }
    }
    return broken(begin);
}

Token Lexer::prefixed() {
    const auto begin = position_;
    if (at(1) == '\'') {
        switch (lower(at(0))) {
            case 'e':
                if (settings_.dialect != Dialect::PostgreSql) break;
                ++position_;
                return quoted(begin, '\'', true, TokenKind::String);
            case 'b':
            case 'x':
                ++position_;
                return quoted(begin, '\'', false, TokenKind::String);
            case 'n':
                ++position_;
                return quoted(begin, '\'', settings_.backslash_escapes, TokenKind::String);
            default:
                break;
        }
    }
    if (settings_.dialect != Dialect::MariaDb && lower(at(0)) == 'u' && at(1) == '&') {
        if (at(2) == '\'') {
            position_ += 2;
            return quoted(begin, '\'', settings_.backslash_escapes, TokenKind::String);
        }
        if (at(2) == '"') {
            position_ += 2;
            return quoted(begin, '"', false, TokenKind::QuotedIdentifier);
        }
    }
    return word();
}

Token Lexer::word() {
    Token token;
    read_word(token);
    return token;
}

Token Lexer::number() {
    const auto begin = position_;
    while (is_digit(at(0))) ++position_;
    if (settings_.dialect == Dialect::MariaDb && is_word_character(at(0))) {
        // 1abc is an identifier there, but 1e5, 0x1f and 0b1 are numbers: reading those as identifiers
        // changes nothing.
        const bool exponent = lower(at(0)) == 'e' && (is_digit(at(1)) || at(1) == '+' || at(1) == '-');
        if (!exponent) {
            skip_word();
            return token(TokenKind::Identifier, begin);
        }
    }
    if (at(0) == '.' && at(1) != '.') {
        ++position_;
        while (is_digit(at(0))) ++position_;
    }
    if (lower(at(0)) == 'e') {
        const std::size_t sign = at(1) == '+' || at(1) == '-' ? 1 : 0;
        if (is_digit(at(1 + sign))) {
            position_ += 1 + sign;
            while (is_digit(at(0))) ++position_;
        }
    }
    return token(TokenKind::Number, begin);
}

Token Lexer::quoted(std::size_t begin, char quote, bool backslashes, TokenKind kind) {
    ++position_;
    while (!done()) {
        const char c = text_[position_];
        if (c == '\0') return broken(begin);
        if (c == '\\' && backslashes && at(1) != '\0') {
            position_ += 2;
            continue;
        }
        // Without knowing the server, a backslash before a quote may or may not escape it.
        if (c == '\\' && settings_.dialect == Dialect::Generic && at(1) == quote &&
            kind == TokenKind::String) {
            return broken(begin);
        }
        ++position_;
        if (c != quote) continue;
        if (at(0) == quote) {
            ++position_;
            continue;
        }
        if (kind == TokenKind::String && string_continues()) continue;
        return token(kind, begin);
    }
    return broken(begin);
}

// PostgreSQL: 'a' newline 'b' is one literal, comments to the end of a line do not part them, and the second
// part obeys the escapes of the first. Leaves the position behind the opening quote of that part.
bool Lexer::string_continues() {
    if (settings_.dialect != Dialect::PostgreSql) return false;
    const auto after = position_;
    bool newline = false;
    for (;;) {
        if (is_space(at(0))) {
            newline = newline || at(0) == '\n' || at(0) == '\r';
            ++position_;
        } else if (at(0) == '-' && at(1) == '-') {
            while (!done() && at(0) != '\n' && at(0) != '\r') ++position_;
        } else if (newline && at(0) == '\'') {
            ++position_;
            return true;
        } else {
            position_ = after;
            return false;
        }
    }
}

Token Lexer::bracketed_identifier() {
    const auto begin = position_;
    while (!done()) {
        const char c = text_[position_++];
        // Some servers read [f(x)] as a list.
        if (c == '(' || c == '\0' || c == '\'' || c == '"') return broken(begin);
        if (c != ']') continue;
        if (at(0) != ']') return token(TokenKind::QuotedIdentifier, begin);
        ++position_;
    }
    return broken(begin);
}

Token Lexer::dollar() {
    const auto begin = position_;
    if (is_digit(at(1))) {
        ++position_;
        while (is_digit(at(0))) ++position_;
        return token(TokenKind::Parameter, begin);
    }
    std::size_t tag = 1;
    if (starts_word(at(1))) {
        while (is_tag_character(at(tag))) ++tag;
    }
    if (settings_.dialect != Dialect::PostgreSql || at(tag) != '$') return broken(begin);
    const auto delimiter = text_.substr(begin, tag + 1);
    const auto body = begin + delimiter.size();
    const auto end = text_.find(delimiter, body);
    if (end == std::string_view::npos) return broken(begin);
    position_ = end + delimiter.size();
    const Token literal = token(TokenKind::String, begin);
    if (literal.text.find('\0') != std::string_view::npos) return broken(begin);
    return literal;
}

Token Lexer::variable() {
    const auto begin = position_;
    ++position_;
    if (at(0) == '@') ++position_;
    const char c = at(0);
    if (c == '\'' || c == '"') {
        const Token name = quoted(begin, c, settings_.backslash_escapes, TokenKind::QuotedIdentifier);
        return {name.kind == TokenKind::Broken ? TokenKind::Broken : TokenKind::Variable, name.text};
    }
    if (c == '`') {
        const Token name = quoted(begin, c, false, TokenKind::QuotedIdentifier);
        return {name.kind == TokenKind::Broken ? TokenKind::Broken : TokenKind::Variable, name.text};
    }
    while (is_word_character(at(0)) || at(0) == '.') ++position_;
    return token(TokenKind::Variable, begin);
}

Token Lexer::operator_run() {
    const auto begin = position_;
    if (settings_.dialect == Dialect::Generic && at(0) == '#') return broken(begin);
    bool sign_may_end = false;
    std::size_t question = std::string_view::npos;
    while (is_operator_character(at(0)) && (at(0) != '`' || settings_.dialect == Dialect::PostgreSql)) {
        if (position_ - begin >= kLongestOperator) return broken(begin);
        if (position_ > begin && (at_comment() || (at(0) == '-' && at(1) == '-'))) break;
        if (settings_.dialect == Dialect::MariaDb && (at(0) == '@' || at(0) == '#')) break;
        if (executable_comment_ && at(0) == '*' && at(1) == '/') break;
        if (at(0) == '?' && question == std::string_view::npos) question = position_;
        sign_may_end = sign_may_end || lets_operator_end_in_sign(at(0));
        ++position_;
    }
    if (position_ == begin) return broken(begin);

    const auto run = token(TokenKind::Operator, begin).text;
    // A lone ? is a parameter wherever an operand may stand; `=?`, `?+?` and their like are the plain
    // operators around one. Anything else with a question mark in it is an operator of its own.
    if (question != std::string_view::npos) {
        const auto before = text_.substr(begin, question - begin);
        const auto rest = text_.substr(question + 1, position_ - question - 1);
        const auto after = rest.substr(0, rest.find('?'));
        if (is_common_operator(before) &&
            (is_common_operator(after) || settings_.dialect != Dialect::PostgreSql)) {
            position_ = before.empty() ? begin + 1 : question;
            return token(before.empty() ? TokenKind::Parameter : TokenKind::Operator, begin);
        }
    }
    if (settings_.dialect == Dialect::PostgreSql && !sign_may_end) {
        while (position_ - begin > 1 && (text_[position_ - 1] == '+' || text_[position_ - 1] == '-'))
            --position_;
    }
    return {TokenKind::Operator, run.substr(0, position_ - begin)};
}

}  // namespace freshread
