#include "routing/token_stream.h"

#include <algorithm>

#include "routing/hints.h"
#include "routing/identifier.h"

namespace freshread {

TokenStream::TokenStream(std::string_view text, const LexicalSettings& settings, Hints& hints)
    : settings_(settings), lexer_(text, settings), hints_(hints) {
    refill();
}

void TokenStream::refill() {
    const auto ahead = std::copy(tokens_.begin() + static_cast<std::ptrdiff_t>(first_),
                                 tokens_.begin() + static_cast<std::ptrdiff_t>(filled_), tokens_.begin());
    filled_ = static_cast<std::size_t>(ahead - tokens_.begin());
    first_ = 0;
    while (filled_ < kLookAhead + 1) {
        const std::size_t old = filled_;
        lexer_.read(std::span(tokens_).subspan(filled_));
        for (std::size_t i = old; i < tokens_.size(); ++i) {
            if (tokens_[i].kind == TokenKind::Comment) {
                read_hint(tokens_[i].text, hints_);
                continue;
            }
            if (i != filled_) tokens_[filled_] = tokens_[i];
            ++filled_;
        }
    }
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

}  // namespace freshread
