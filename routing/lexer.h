// The lexer: SQL text to tokens, for the dialects of routing/dialect.h.
//
// It never fails and never allocates: what no server would accept, or what two servers of a dialect would
// read differently (an unterminated string, a NUL, `--x` in generic SQL), comes out as a Broken token, and a
// text with a Broken token is never a Read. Every byte of the text is looked at a bounded number of times.
//
// Texts must be in an encoding in which a byte below 0x80 is always that ASCII character (UTF-8, Latin-x,
// EUC-x; not Shift-JIS, Big5 or GBK).
//
// Sources: PostgreSQL documentation, "Lexical Structure"; MariaDB documentation, "String Literals",
// "Identifier Names", "Comment Syntax"; ODBC Programmer's Reference, "Escape Sequences".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "routing/dialect.h"
#include "routing/keyword.h"
#include "routing/word_window.h"

namespace freshread {

enum class TokenKind : std::uint8_t {
    End,
    Semicolon,
    Identifier,        // unquoted; keywords too
    QuotedIdentifier,  // text includes the quotes
    String,            // any literal in quotes, with its prefix
    Number,            // and \N, MariaDB's other NULL
    Parameter,         // ?, $1
    Variable,          // MariaDB @x, @@x
    Operator,          // a run of operator characters
    Cast,              // ::
    Assignment,        // :=
    Dot,
    Comma,
    Colon,
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    Comment,  // text is what stands between the delimiters
    Broken,
};

// A name, with or without quotes.
[[nodiscard]] inline bool is_name(TokenKind kind) {
    return kind == TokenKind::Identifier || kind == TokenKind::QuotedIdentifier;
}

struct Token {
    TokenKind kind;
    Keyword keyword;  // of an Identifier
    std::string_view text;
};

class Lexer {
 public:
    Lexer(std::string_view text, const LexicalSettings& settings);

    // End for ever once the text is used up. Comments are returned too: they may be hints.
    [[nodiscard]] Token next();
    // The same, for as many tokens, but none behind a Comment or End: how many were read, at least one.
    // REQUIRES: room for one.
    [[nodiscard]] std::size_t read(std::span<Token> tokens);

    // True once a Broken was read; only End follows one.
    [[nodiscard]] bool saw_broken() const { return broken_; }

    // True once a MariaDB comment was entered whose content some servers execute and others skip: /*!50000
    // ... */,
    // /*M! ... */. The content of /*! ... */ and of these is returned as tokens.
    [[nodiscard]] bool saw_conditional_comment() const { return conditional_comment_; }

 private:
    [[nodiscard]] char at(std::ptrdiff_t offset) const;  // NUL behind the end
    [[nodiscard]] bool done() const { return at_ == end_; }
    [[nodiscard]] bool postgresql() const { return settings_.dialect == Dialect::PostgreSql; }
    [[nodiscard]] bool mariadb() const { return settings_.dialect == Dialect::MariaDb; }
    [[nodiscard]] bool generic() const { return settings_.dialect == Dialect::Generic; }
    [[nodiscard]] Token token(TokenKind kind, const char* begin) const;  // up to here
    [[nodiscard]] Token take(TokenKind kind, std::ptrdiff_t length);
    [[nodiscard]] Token broken(const char* begin);  // takes the rest of the text

    [[nodiscard]] Token* read_closely(Token* token);
    [[nodiscard]] Token* read_near_end(std::span<Token> tokens, WordWindow& window);
    [[nodiscard]] Token symbol();
    [[nodiscard]] Token word();
    [[nodiscard]] Token number();
    [[nodiscard]] Token end();

    // lexer_comments.cpp
    [[nodiscard]] bool at_comment() const;
    [[nodiscard]] bool at_line_comment() const;
    [[nodiscard]] Token line_comment(std::ptrdiff_t opener);
    [[nodiscard]] Token block_comment();
    [[nodiscard]] bool pass_executable_comment();  // its beginning or its end
    [[nodiscard]] bool enter_executable_comment();
    [[nodiscard]] bool leave_executable_comment();

    // lexer_literals.cpp
    [[nodiscard]] Token prefixed();
    [[nodiscard]] Token quoted(const char* begin, char quote, bool backslashes, TokenKind kind);
    [[nodiscard]] bool string_continues();
    [[nodiscard]] Token bracketed_identifier();
    [[nodiscard]] Token dollar();
    [[nodiscard]] Token variable();

    // lexer_operators.cpp
    [[nodiscard]] Token operator_run();
    [[nodiscard]] bool pass_operator_characters();

    const char* begin_;
    const char* at_;
    const char* end_;
    // Behind the operator characters that stand together, of which the last operator was taken; what is left
    // of them is looked at again only where it must.
    const char* run_end_;
    bool rest_is_signs_ = false;  // of that run: each one is an operator
    LexicalSettings settings_;
    bool broken_ = false;
    bool executable_comment_ = false;  // inside /*! ... */
    bool conditional_comment_ = false;
};

// Inline, since every token goes through them.
inline char Lexer::at(std::ptrdiff_t offset) const {
    return offset < end_ - at_ ? at_[offset] : '\0';
}

inline Token Lexer::token(TokenKind kind, const char* begin) const {
    return {kind, {}, {begin, static_cast<std::size_t>(at_ - begin)}};
}

inline Token Lexer::take(TokenKind kind, std::ptrdiff_t length) {
    const char* const begin = at_;
    at_ += length;
    return token(kind, begin);
}

}  // namespace freshread
