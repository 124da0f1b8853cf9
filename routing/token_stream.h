// Tokens without comments, with a look ahead of three. Comments go to the hints.
#pragma once

#include <array>
#include <cstddef>

#include "routing/identifier.h"
#include "routing/keyword.h"
#include "routing/lexer.h"
#include "routing/statement_class.h"

namespace freshread {

class TokenStream {
 public:
    static constexpr std::size_t kLookAhead = 3;
    static constexpr std::size_t kLongestStep = 3;

    TokenStream(std::string_view text, const LexicalSettings& settings, Hints& hints);
    TokenStream(const TokenStream&) = delete;
    TokenStream& operator=(const TokenStream&) = delete;

    // The token `distance` ahead; 0 is the next one. REQUIRES: distance < kLookAhead.
    [[nodiscard]] const Token& peek(std::size_t distance = 0) const { return next_[distance]; }
    // Valid until the next one is taken.
    const Token& take() {
        if (end_ - next_ <= std::ptrdiff_t{kLookAhead}) refill();
        return *next_++;
    }

    // A scanner goes in steps, each of which begins with a token and may take more. These are valid for as
    // long as they are the last two.
    void begin_steps() { step_ = step_before_ = &kNone; }
    const Token& take_step() {
        step_before_ = step_;
        // Refilling moves what the steps began with, so that comes first.
        if (end_ - next_ <= std::ptrdiff_t{kLookAhead}) refill();
        step_ = next_++;
        return *step_;
    }
    // The same for many steps at once, of three tokens at most, out of those from ahead() on: none of them
    // begins at behind_steps() or later.
    [[nodiscard]] const Token* ahead() const { return next_; }
    [[nodiscard]] const Token* behind_steps() const { return end_ - (kLookAhead + kLongestStep - 1); }
    // All before `next` are taken, and `last` is what the last step of them begins with. The one before it is
    // known again once another step is taken.
    void take_steps(const Token* last, const Token* next) {
        step_ = step_before_ = last;
        next_ = next;
    }
    [[nodiscard]] const Token& step() const { return *step_; }
    [[nodiscard]] const Token& step_before() const { return *step_before_; }

    [[nodiscard]] bool at(TokenKind kind) const { return peek().kind == kind; }
    [[nodiscard]] bool at_statement_end() const { return at(TokenKind::Semicolon) || at(TokenKind::End); }
    // The token `distance` ahead is this word, unquoted. `lower` is in lower case.
    [[nodiscard]] bool at_word(std::string_view lower, std::size_t distance = 0) const {
        const Token& token = peek(distance);
        return token.kind == TokenKind::Identifier && equals_folded(token.text, lower);
    }
    // Takes the next token if it is this word.
    bool take_word(std::string_view lower) {
        if (!at_word(lower)) return false;
        (void)take();
        return true;
    }
    // To the end of the statement.
    void take_rest() {
        while (!at_statement_end()) (void)take();
    }

    // What the token `distance` ahead means as a keyword; None for anything that is not an unquoted word.
    [[nodiscard]] Keyword keyword(std::size_t distance = 0) const { return peek(distance).keyword; }

    [[nodiscard]] Dialect dialect() const { return settings_.dialect; }
    [[nodiscard]] bool saw_conditional_comment() const { return lexer_.saw_conditional_comment(); }
    // True once a token was taken that no server understands.
    [[nodiscard]] bool broken() const;

 private:
    void refill();

    LexicalSettings settings_;
    Lexer lexer_;
    Hints& hints_;
    // Read in advance; those from next_ to end_ are ahead, and always kLookAhead at least.
    static constexpr std::size_t kMost = 192;
    static constexpr std::size_t kEnds = kLookAhead + kLongestStep - 2;  // for who looks behind the first
    union {  // so that nothing is written there in advance
        std::array<Token, kMost + kEnds> tokens_;
    };
    const Token* next_ = nullptr;
    Token* end_ = nullptr;
    static constexpr Token kNone{};
    const Token* step_ = &kNone;
    const Token* step_before_ = &kNone;
    std::array<Token, 2> kept_;  // those two, once their places are needed
};

}  // namespace freshread
