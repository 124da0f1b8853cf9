#include "routing/token_stream.h"

#include "routing/hints.h"
#include "routing/identifier.h"

namespace freshread {

TokenStream::TokenStream(std::string_view text, const LexicalSettings& settings, Hints& hints)
    : settings_(settings), lexer_(text, settings), hints_(hints) {
    for (auto& token : ring_) token = next();
}

Token TokenStream::next() {
    for (;;) {
        const Token token = lexer_.next();
        if (token.kind != TokenKind::Comment) return token;
        read_hint(token.text, hints_);
    }
}

Token TokenStream::take() {
    const Token token = ring_[first_];
    ring_[first_] = next();
    first_ = (first_ + 1) % kLookAhead;
    if (token.kind == TokenKind::Broken) broken_ = true;
    return token;
}

bool TokenStream::at_word(std::string_view lower, std::size_t distance) const {
    const Token& token = peek(distance);
    return token.kind == TokenKind::Identifier && equals_folded(token.text, lower);
}

bool TokenStream::take_word(std::string_view lower) {
    if (!at_word(lower)) return false;
    (void)take();
    return true;
}

Keyword TokenStream::keyword(std::size_t distance) const {
    const Token& token = peek(distance);
    return token.kind == TokenKind::Identifier ? find_keyword(token.text, settings_.dialect) : Keyword{};
}

}  // namespace freshread
