// Comments, and MariaDB's comments that are executed.
#include "routing/character.h"
#include "routing/lexer.h"

namespace freshread {

bool Lexer::at_line_comment() const {
    const char c = at(0);
    if (c == '#') return mariadb();
    if (c != '-' || at(1) != '-') return false;
    // MariaDB reads `5--1` as 5 - -1. A generic server may do either.
    if (postgresql()) return true;
    return end_ - at_ <= 2 || static_cast<unsigned char>(at(2)) <= ' ';
}

bool Lexer::at_comment() const {
    return at_line_comment() || (at(0) == '/' && at(1) == '*');
}

Token Lexer::line_comment(std::ptrdiff_t opener) {
    const char* const begin = at_;
    const bool executable = executable_comment_;
    at_ += opener;
    const char* const body = at_;
    for (;; ++at_) {
        at_ = find_any(at_, end_, '\n', '\r', '\0', '*');
        if (done() || *at_ == '\n') break;
        if (*at_ == '\0') return broken(begin);
        if (*at_ == '\r' && !mariadb()) {
            if (generic() && at(1) != '\n') return broken(begin);
            break;
        }
        // Whether the line or the comment around it ends here depends on the server.
        if (executable && *at_ == '*' && at(1) == '/') return broken(begin);
    }
    return token(TokenKind::Comment, body);
}

Token Lexer::block_comment() {
    const char* const begin = at_;
    // An executable comment inside one, or one whose server is not known.
    const bool executable = at(2) == '!' || (at(2) == 'M' && at(3) == '!');
    if (executable && !postgresql()) return broken(begin);
    at_ += 2;
    const char* const body = at_;
    std::size_t depth = 1;
    for (;;) {
        at_ = find_any(at_, end_, '*', '/', '\0');
        if (done() || *at_ == '\0') return broken(begin);
        if (*at_ == '*' && at(1) == '/') {
            if (--depth == 0) {
                const Token comment = token(TokenKind::Comment, body);
                at_ += 2;
                return comment;
            }
            at_ += 2;
        } else if (*at_ == '/' && at(1) == '*' && postgresql()) {
            ++depth;
            at_ += 2;
        } else if (*at_ == '/' && at(1) == '*' && generic()) {
            return broken(begin);
        } else {
            ++at_;
        }
    }
}

bool Lexer::pass_executable_comment() {
    return enter_executable_comment() || leave_executable_comment();
}

bool Lexer::enter_executable_comment() {
    if (executable_comment_ || at(0) != '/' || at(1) != '*') return false;
    const bool for_mariadb = at(2) == 'M' && at(3) == '!';
    if (!for_mariadb && at(2) != '!') return false;
    executable_comment_ = true;
    at_ += for_mariadb ? 4 : 3;
    if (for_mariadb || is_character(kDigit, at(0))) conditional_comment_ = true;
    at_ = behind_all(kDigit, at_, end_);
    return true;
}

bool Lexer::leave_executable_comment() {
    if (!executable_comment_ || at(0) != '*' || at(1) != '/') return false;
    at_ += 2;
    executable_comment_ = false;
    return true;
}

}  // namespace freshread
