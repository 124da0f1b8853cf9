#include "routing/lexer.h"

#include <array>

#include "routing/character.h"
#include "routing/identifier.h"
#include "routing/word_window.h"

namespace freshread {

namespace {

// What begins with a byte.
enum class Lead : std::uint8_t {
    Word,
    PrefixOrWord,  // a word, or the prefix of a literal
    Alone,         // a token wherever it stands outside others
    Space,
    Symbol,    // it depends
    Operator,  // an operator, in which only operator characters matter that are of another kind
    Minus,     // an operator, unless a comment begins
    Quote,     // a string
    Double,    // a name or a string
    Backtick,  // a name, or an operator of PostgreSQL
    Dot,
    Digit,
};

constexpr std::array<TokenKind, 256> kAlone = [] {
    std::array<TokenKind, 256> kinds{};
    kinds['('] = TokenKind::OpenParen;
    kinds[')'] = TokenKind::CloseParen;
    kinds['{'] = TokenKind::OpenBrace;
    kinds['}'] = TokenKind::CloseBrace;
    kinds[']'] = TokenKind::CloseBracket;
    kinds[','] = TokenKind::Comma;
    kinds[';'] = TokenKind::Semicolon;
    kinds['.'] = TokenKind::Dot;  // unless a digit follows
    return kinds;
}();
static_assert(kAlone['a'] == TokenKind::End);

constexpr std::array<Lead, 256> kLeads = [] {
    std::array<Lead, 256> leads{};
    for (std::size_t c = 0; c < leads.size(); ++c) {
        leads.at(c) = Lead::Symbol;
        if (kAlone.at(c) != TokenKind::End) leads.at(c) = Lead::Alone;
        const std::uint8_t uses = kCharacterUses.at(c);
        if ((uses & kSpace) != 0) leads.at(c) = Lead::Space;
        if ((uses & kStartsWord) != 0)
            leads.at(c) = (uses & kPrefixes) != 0 ? Lead::PrefixOrWord : Lead::Word;
    }
    for (const char c : std::string_view("=<>!*%^|&~"))
        leads.at(static_cast<unsigned char>(c)) = Lead::Operator;
    leads.at('-') = Lead::Minus;
    leads.at('\'') = Lead::Quote;
    leads.at('"') = Lead::Double;
    leads.at('`') = Lead::Backtick;
    leads.at('.') = Lead::Dot;
    for (char c = '0'; c <= '9'; ++c) leads.at(static_cast<unsigned char>(c)) = Lead::Digit;
    return leads;
}();

Lead lead_of(char c) {
    return kLeads[static_cast<unsigned char>(c)];
}

// Behind a string nothing comes that could belong to it, in any dialect.
bool ends_plainly(const char* behind, const char* end) {
    if (behind != end && *behind == ' ') ++behind;
    return behind == end || (!is_character(kSpace, *behind) && *behind != '\'' && *behind != '-');
}

// Where a text is read, and how: by value, so that no write to a token can change it.
struct Reading {
    const char* end;
    Dialect dialect;
    bool quotes_names;  // "a" is a name
};

// Behind a word that begins at `begin`, from where so many bytes may be read.
[[gnu::always_inline]] inline const char* read_word(const char* begin, std::size_t readable, Reading in,
                                                    WordWindow& window, Token& token) {
    const char* const behind = window.behind_word(begin);
    const std::string_view word(begin, static_cast<std::size_t>(behind - begin));
    token.kind = TokenKind::Identifier;
    token.keyword = {};
    token.text = word;
    if (may_be_keyword(word)) [[unlikely]]  // not so rare, but then it takes longer anyway
        token.keyword = find_keyword(word, readable, in.dialect);
    return behind;
}

// A letter that may be the prefix of a literal is perhaps no word.
// Behind it one byte may be read at least.
bool is_prefix(const char* begin) {
    return begin[1] == '\'' || begin[1] == '&';
}

// Behind a token that is what it seems to be, or null when that takes a closer look.
[[gnu::always_inline]] inline const char* read_plain(const char* begin, Reading in, WordWindow& window,
                                                     Token& token) {
    const char* const end = in.end;
    const auto reads = [&](TokenKind kind, const char* behind) {
        token = {kind, {}, {begin, static_cast<std::size_t>(behind - begin)}};
        return behind;
    };
    // It is the quote, and not one of two that stand for one.
    const auto closes = [&](const char* at, char quote) {
        return at != end && *at == quote && (end - at < 2 || at[1] != quote);
    };
    const auto close_of_name = [&](char quote) {
        const char* const behind = window.behind_word(begin + 1);  // most names could do without quotes
        return behind != end && *behind == quote ? behind : find_any(behind, end, quote, '\0');
    };
    switch (lead_of(*begin)) {
        case Lead::Quote: {
            const char* const close = find_any(begin + 1, end, '\'', '\\', '\0');
            if (close == end || *close != '\'' || !ends_plainly(close + 1, end)) return nullptr;
            return reads(TokenKind::String, close + 1);
        }
        case Lead::Operator: {
            const char* behind = begin + 1;
            if (behind != end && lead_of(*behind) == Lead::Operator) ++behind;
            if (behind != end && is_character(kOperator, *behind)) return nullptr;
            return reads(TokenKind::Operator, behind);
        }
        case Lead::Minus:
            if (end - begin < 2) return nullptr;
            // `---` is 3 minus signs in MariaDB.
            if (is_character(kOperator, begin[1]) &&
                !(in.dialect == Dialect::MariaDb && end - begin > 2 && begin[1] == '-' && begin[2] == '-'))
                return nullptr;
            return reads(TokenKind::Operator, begin + 1);
        case Lead::Double: {
            const char* const close =
                in.quotes_names ? close_of_name('"') : find_any(begin + 1, end, '"', '\\', '\0');
            if (!closes(close, '"')) return nullptr;
            return reads(in.quotes_names ? TokenKind::QuotedIdentifier : TokenKind::String, close + 1);
        }
        case Lead::Backtick: {
            if (in.dialect == Dialect::PostgreSql) return nullptr;
            const char* const close = close_of_name('`');
            if (!closes(close, '`')) return nullptr;
            return reads(TokenKind::QuotedIdentifier, close + 1);
        }
        case Lead::Dot:
            if (end - begin < 2 || is_character(kDigit, begin[1])) return nullptr;
            return reads(TokenKind::Dot, begin + 1);
        case Lead::Digit: {
            const char* behind = behind_all(kDigit, begin + 1, end);
            if (end - behind > 1 && *behind == '.' && is_character(kDigit, behind[1]))
                behind = behind_all(kDigit, behind + 1, end);
            if (behind != end && (*behind == '.' || is_character(kWord, *behind))) return nullptr;
            return reads(TokenKind::Number, behind);
        }
        case Lead::PrefixOrWord:
            if (end - begin > 1 && is_prefix(begin)) return nullptr;
            [[fallthrough]];
        case Lead::Word:
            return read_word(begin, static_cast<std::size_t>(end - begin), in, window, token);
        case Lead::Alone:
            return reads(kAlone[static_cast<unsigned char>(*begin)], begin + 1);
        case Lead::Space:
        case Lead::Symbol:
            break;
    }
    return nullptr;
}

}  // namespace

Lexer::Lexer(std::string_view text, const LexicalSettings& settings)
    : begin_(text.data()),
      at_(text.data() + (text.starts_with("\xEF\xBB\xBF") ? 3 : 0)),
      end_(text.data() + text.size()),
      run_end_(text.data()),
      settings_(settings) {}

Token Lexer::broken(const char* begin) {
    at_ = end_;
    executable_comment_ = false;
    broken_ = true;
    return token(TokenKind::Broken, begin);
}

// What takes a closer look: a token, or something that says nothing. Behind what was read.
Token* Lexer::read_closely(Token* token) {
    if (mariadb() && pass_executable_comment()) return token;
    *token = symbol();
    return token + 1;
}

// The same for all that stands so near the end of the text that every step has to look for it.
Token* Lexer::read_near_end(std::span<Token> tokens, WordWindow& window) {
    const Reading in{end_, settings_.dialect, postgresql() || settings_.ansi_quotes};
    Token* token = tokens.data();
    Token* const behind_last = token + tokens.size();
    while (token != behind_last) {
        at_ = behind_all(kSpace, at_, end_);
        if (done()) {
            *token = end();
            return token + 1;
        }
        const char* const behind = read_plain(at_, in, window, *token);
        if (behind != nullptr) {
            at_ = behind;
            ++token;
            continue;
        }
        Token* const next = read_closely(token);
        if (next != token && token->kind == TokenKind::Comment) return next;
        token = next;
    }
    return token;
}

std::size_t Lexer::read(std::span<Token> tokens) {
    Token* token = tokens.data();
    Token* const behind_last = token + tokens.size();
    const Reading in{end_, settings_.dialect, postgresql() || settings_.ansi_quotes};
    WordWindow window(begin_, end_);
    const char* at = at_;  // at_ itself is for the parts that are called
    // Before that, a blank may be read and the letters that tell a keyword.
    constexpr std::ptrdiff_t kReadable = 1 + std::ptrdiff_t{keywords::kPrefix};
    const char* const near_end = end_ - at < kReadable ? at : end_ - kReadable;
    while (token != behind_last) {
        // No token is shorter than a byte, so up to there is room for all.
        const char* const limit = near_end - at < behind_last - token ? near_end : at + (behind_last - token);
        while (at < limit) {
            // Most tokens are words, and of white space most is one blank.
            if (*at == ' ') ++at;
            const Lead lead = lead_of(*at);
            if (lead <= Lead::PrefixOrWord && (lead == Lead::Word || !is_prefix(at))) {
                at = read_word(at, keywords::kPrefix, in, window, *token++);
                continue;
            }
            if (lead == Lead::Alone || (lead == Lead::Dot && !is_character(kDigit, at[1]))) {
                token->kind = kAlone[static_cast<unsigned char>(*at)];
                token->keyword = {};
                token->text = {at, 1};
                ++token;
                ++at;
                continue;
            }
            if (lead == Lead::Space) {
                ++at;
                continue;
            }
            const char* const quick = read_plain(at, in, window, *token);
            if (quick == nullptr) break;
            at = quick;
            ++token;
        }
        if (at >= near_end) {
            at_ = at;
            token = read_near_end({token, behind_last}, window);
            at = at_;
            break;
        }
        if (at < limit) {
            at_ = at;
            Token* const next = read_closely(token);
            at = at_;
            if (next != token && token->kind == TokenKind::Comment) {
                ++token;
                break;
            }
            token = next;
        }
    }
    at_ = at;
    return static_cast<std::size_t>(token - tokens.data());
}

Token Lexer::next() {
    Token token{};
    (void)read({&token, 1});
    return token;
}

Token Lexer::end() {
    if (executable_comment_) return broken(at_);
    return token(TokenKind::End, at_);
}

Token Lexer::symbol() {
    const char* const begin = at_;
    switch (*at_) {
        case '\'':
            return quoted(begin, '\'', settings_.backslash_escapes, TokenKind::String);
        case '0':
        case '1':
        case '2':
        case '3':
        case '4':
        case '5':
        case '6':
        case '7':
        case '8':
        case '9':
            return number();
        case '.': {
            if (!is_character(kDigit, at(1))) return take(TokenKind::Dot, 1);
            // In MariaDB `t.1a` is a qualified name.
            const bool qualifies =
                mariadb() && begin != begin_ && (is_character(kWord, begin[-1]) || begin[-1] == '`');
            return qualifies ? take(TokenKind::Dot, 1) : number();
        }
        case '"':
            if (postgresql() || settings_.ansi_quotes)
                return quoted(begin, '"', false, TokenKind::QuotedIdentifier);
            return quoted(begin, '"', settings_.backslash_escapes, TokenKind::String);
        case '`':
            if (!postgresql()) return quoted(begin, '`', false, TokenKind::QuotedIdentifier);
            return operator_run();
        case '-':
            if (at(1) != '-') return operator_run();
            if (at_line_comment()) return line_comment(2);
            return generic() ? broken(begin) : operator_run();
        case '#':
            return at_line_comment() ? line_comment(1) : operator_run();
        case '/':
            return at(1) == '*' ? block_comment() : operator_run();
        case '[':
            if (generic()) return bracketed_identifier();
            if (mariadb()) return broken(begin);  // quotes an identifier in one of its modes
            return take(TokenKind::OpenBracket, 1);
        case ':':
            if (at(1) == ':') return take(TokenKind::Cast, 2);
            if (at(1) == '=') return take(TokenKind::Assignment, 2);
            return take(TokenKind::Colon, 1);
        case '\\':
            if (mariadb() && at(1) == 'N') return take(TokenKind::Number, 2);  // its NULL
            return broken(begin);
        case '$':
            return mariadb() ? word() : dollar();
        case '@':
            return mariadb() ? variable() : operator_run();
        default:
            if (is_character(kPrefixes, *at_)) return prefixed();
            return is_character(kOperator, *at_) ? operator_run() : broken(begin);
    }
}

Token Lexer::word() {
    Token token{};
    WordWindow window(begin_, end_);
    const auto readable = static_cast<std::size_t>(end_ - at_);
    at_ = read_word(at_, readable, {end_, settings_.dialect, false}, window, token);
    return token;
}

Token Lexer::number() {
    const char* const begin = at_;
    at_ = behind_all(kDigit, at_, end_);
    if (mariadb() && is_character(kWord, at(0))) {
        // 1abc is an identifier there, but 1e5, 0x1f and 0b1 are numbers: reading those as identifiers
        // changes nothing.
        const bool exponent =
            fold(at(0)) == 'e' && (is_character(kDigit, at(1)) || at(1) == '+' || at(1) == '-');
        if (!exponent) {
            at_ = behind_word(at_, end_);
            return token(TokenKind::Identifier, begin);
        }
    }
    if (at(0) == '.' && at(1) != '.') at_ = behind_all(kDigit, at_ + 1, end_);
    if (fold(at(0)) == 'e') {
        const std::ptrdiff_t sign = at(1) == '+' || at(1) == '-' ? 1 : 0;
        if (is_character(kDigit, at(1 + sign))) at_ = behind_all(kDigit, at_ + 1 + sign, end_);
    }
    return token(TokenKind::Number, begin);
}

}  // namespace freshread
