#include "routing/token_stream.h"

#include <algorithm>

#include "routing/hints.h"

namespace freshread {

TokenStream::TokenStream(std::string_view text, const LexicalSettings& settings, Hints& hints)
    : settings_(settings), lexer_(text, settings), hints_(hints) {
    next_ = end_ = tokens_.data();
    refill();
}

void TokenStream::refill() {
    kept_ = {*step_, *step_before_};
    step_ = &kept_[0];
    step_before_ = &kept_[1];
    end_ = std::copy(next_, static_cast<const Token*>(end_), tokens_.data());
    next_ = tokens_.data();
    do {
        end_ += lexer_.read({end_, tokens_.data() + kMost});
        if (end_[-1].kind == TokenKind::Comment) {
            read_hint((--end_)->text, hints_);
        } else if (end_[-1].kind == TokenKind::End) {
            end_ = std::fill_n(end_, kEnds, end_[-1]);
        }
    } while (end_ - next_ <= std::ptrdiff_t{kEnds});
}

bool TokenStream::broken() const {
    return lexer_.saw_broken() &&
           std::none_of(next_, static_cast<const Token*>(end_),
                        [](const Token& token) { return token.kind == TokenKind::Broken; });
}

}  // namespace freshread
