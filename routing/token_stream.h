// Tokens without comments, with a look ahead of three. Comments go to the hints.
#pragma once

#include <array>
#include <cstddef>

#include "routing/keyword.h"
#include "routing/lexer.h"
#include "routing/statement_class.h"

namespace freshread {

class TokenStream {
 public:
    static constexpr std::size_t kLookAhead = 3;

    TokenStream(std::string_view text, const LexicalSettings& settings, Hints& hints);

    // The token `distance` ahead; 0 is the next one. REQUIRES: distance < kLookAhead.
    [[nodiscard]] const Token& peek(std::size_t distance = 0) const { return tokens_[first_ + distance]; }
    // Valid until the next one is taken.
    const Token& take() {
        if (filled_ - first_ <= kLookAhead) refill();
        const Token& token = tokens_[first_++];
        broken_ = broken_ || token.kind == TokenKind::Broken;
        return token;
    }

    [[nodiscard]] bool at(TokenKind kind) const { return peek().kind == kind; }
    [[nodiscard]] bool at_statement_end() const { return at(TokenKind::Semicolon) || at(TokenKind::End); }
    // The token `distance` ahead is this word, unquoted. `lower` is in lower case.
    [[nodiscard]] bool at_word(std::string_view lower, std::size_t distance = 0) const;
    // Takes the next token if it is this word.
    bool take_word(std::string_view lower);

    // What the token `distance` ahead means as a keyword; None for anything that is not an unquoted word.
    [[nodiscard]] Keyword keyword(std::size_t distance = 0) const { return peek(distance).keyword; }

    [[nodiscard]] Dialect dialect() const { return settings_.dialect; }
    [[nodiscard]] bool saw_conditional_comment() const { return lexer_.saw_conditional_comment(); }
    // True once a token was taken that no server understands.
    [[nodiscard]] bool broken() const { return broken_; }

 private:
    void refill();

    LexicalSettings settings_;
    Lexer lexer_;
    Hints& hints_;
    // Read in advance; first_ to filled_ are ahead, and always kLookAhead at least.
    std::array<Token, 16> tokens_{};
    std::size_t first_ = 0;
    std::size_t filled_ = 0;
    bool broken_ = false;
};

}  // namespace freshread
