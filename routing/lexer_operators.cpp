// Operators: runs of operator characters, and where one of them ends.
#include "routing/character.h"
#include "routing/lexer.h"

namespace freshread {

namespace {

// PostgreSQL accepts none that is longer.
constexpr std::ptrdiff_t kLongestOperator = 63;

// Operators that people write without a space before or behind a parameter marker.
constexpr std::size_t kLongestCommon = 3;

bool is_common_operator(std::string_view run) {
    constexpr std::string_view kCommon[] = {"",  "=", "<", ">",  "<=", ">=",  "<>", "!=",  "+",  "-",  "*",
                                            "/", "%", "^", "||", "->", "->>", "#>", "#>>", "@>", "<@", "&&"};
    if (run.size() > kLongestCommon) return false;
    for (const auto common : kCommon) {
        if (run == common) return true;
    }
    return false;
}

std::string_view between(const char* begin, const char* end) {
    return {begin, static_cast<std::size_t>(end - begin)};
}

// What stands between the question mark and the next, as far as a common operator could go.
std::string_view behind_question(const char* question, const char* end) {
    std::string_view rest = between(question + 1, end).substr(0, kLongestCommon + 1);
    return rest.substr(0, rest.find('?'));
}

}  // namespace

// Goes behind the operator characters that begin here; false when they are too many.
bool Lexer::pass_operator_characters() {
    const char* const begin = at_;
    for (++at_; is_character(kOperator, at(0)) && (at(0) != '`' || postgresql()); ++at_) {
        if (at_ - begin >= kLongestOperator) return false;
        if (at_comment() || (at(0) == '-' && at(1) == '-')) break;
        if (mariadb() && (at(0) == '@' || at(0) == '#')) break;
        if (executable_comment_ && at(0) == '*' && at(1) == '/') break;
    }
    return true;
}

Token Lexer::operator_run() {
    const char* const begin = at_;
    if (generic() && *begin == '#') return broken(begin);
    // Most stand alone.
    if (!is_character(kOperator, at(1)) || (at(1) == '-' && at(2) == '-'))
        return take(*begin == '?' ? TokenKind::Parameter : TokenKind::Operator, 1);
    if (run_end_ <= begin) {
        if (!pass_operator_characters()) return broken(begin);
        run_end_ = at_;
        rest_is_signs_ = false;
    }
    if (rest_is_signs_) return take(TokenKind::Operator, 1);

    // A lone ? is a parameter wherever an operand may stand; `=?`, `?+?` and their like are the plain
    // operators around one. Anything else with a question mark in it is an operator of its own.
    bool sign_may_end = false;
    for (const char* c = begin; c != run_end_; ++c) {
        sign_may_end = sign_may_end || is_character(kLetsSignEnd, *c);
        if (*c != '?') continue;
        if (is_common_operator(between(begin, c)) &&
            (!postgresql() || is_common_operator(behind_question(c, run_end_)))) {
            at_ = c == begin ? c + 1 : c;
            return token(c == begin ? TokenKind::Parameter : TokenKind::Operator, begin);
        }
        break;
    }
    at_ = run_end_;
    if (postgresql() && !sign_may_end) {
        while (at_ - begin > 1 && (at_[-1] == '+' || at_[-1] == '-')) --at_;
        rest_is_signs_ = true;
    }
    return token(TokenKind::Operator, begin);
}

}  // namespace freshread
