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

namespace freshread {

enum class TokenKind : std::uint8_t {
    End,
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
    Semicolon,
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

struct Token {
    TokenKind kind = TokenKind::End;
    std::string_view text{};
    Keyword keyword{};  // of an Identifier
};

class Lexer {
 public:
    Lexer(std::string_view text, const LexicalSettings& settings);

    // End for ever once the text is used up. Comments are returned too: they may be hints.
    [[nodiscard]] Token next();
    // The same, for as many tokens: what a call costs is shared by them.
    void read(std::span<Token> tokens);

    // True once a MariaDB comment was entered whose content some servers execute and others skip: /*!50000
    // ... */,
    // /*M! ... */. The content of /*! ... */ and of these is returned as tokens.
    [[nodiscard]] bool saw_conditional_comment() const { return conditional_comment_; }

 private:
    [[nodiscard]] char at(std::size_t offset) const;  // NUL behind the end
    [[nodiscard]] bool done() const { return position_ >= text_.size(); }
    [[nodiscard]] Token token(TokenKind kind, std::size_t begin) const;
    [[nodiscard]] Token take(TokenKind kind, std::size_t length);
    [[nodiscard]] Token broken(std::size_t begin);  // takes the rest of the text

    void skip_space();
    void skip_word();
    [[nodiscard]] bool at_comment() const;
    [[nodiscard]] bool at_line_comment() const;
    [[nodiscard]] Token line_comment(std::size_t opener);
    [[nodiscard]] bool enter_executable_comment();
    [[nodiscard]] bool leave_executable_comment();
    [[nodiscard]] Token block_comment();
    [[nodiscard]] Token end();
    void pass_executable_comments();
    [[nodiscard]] Token symbol();
    [[nodiscard]] bool begins_literal() const;
    [[nodiscard]] Token prefixed();
    void read_word(Token& token);
    [[nodiscard]] Token word();
    [[nodiscard]] Token number();
    [[nodiscard]] Token quoted(std::size_t begin, char quote, bool backslashes, TokenKind kind);
    [[nodiscard]] Token bracketed_identifier();
    [[nodiscard]] Token dollar();
    [[nodiscard]] Token variable();
    [[nodiscard]] Token operator_run();
    [[nodiscard]] bool string_continues();

    std::string_view text_;
    std::size_t position_ = 0;
    LexicalSettings settings_;
    bool executable_comment_ = false;  // inside /*! ... */
    bool conditional_comment_ = false;
};

}  // namespace freshread
