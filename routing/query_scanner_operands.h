// What the scanner passes in an expression with a look at nothing but the next tokens: columns, literals,
// labels, commas, operators that every dialect has, and reserved words from which nothing follows there. That
// is most of most statements, so it goes from one to the next in a loop of its own. What the rest of walk()
// would do with each comes to the same.
#pragma once

#include <cstddef>
#include <cstdint>

#include "routing/query_scanner.h"

namespace freshread {

namespace operands {

// A set of enumerators, one bit for each.
template <typename... Values>
[[nodiscard]] constexpr std::uint64_t set_of(Values... values) {
    return ((std::uint64_t{1} << static_cast<unsigned>(values)) | ...);
}
template <typename Value>
[[nodiscard]] constexpr bool has(std::uint64_t set, Value value) {
    return (set >> static_cast<unsigned>(value) & 1U) != 0;
}

// Before one of these a name may be more than a column.
inline constexpr auto kBehindMore = set_of(TokenKind::Dot, TokenKind::OpenParen, TokenKind::String);

// Reserved, these say nothing ...
inline constexpr auto kPlainWords =
    set_of(Word::Distinct, Word::Exists, Word::Lateral, Word::Only, Word::Partition, Word::Syntax);
// ... and these that an expression follows.
inline constexpr auto kClauseWords = set_of(Word::Fetch, Word::Having, Word::Limit, Word::Order,
                                            Word::Returning, Word::Set, Word::Where, Word::Window);

}  // namespace operands

// How many tokens the step at `at` has that is one of those; 0 when it is none, or may be more than that.
// `before`: what the step before begins with. `after_operand`: whether an operand came last; when the step is
// passed, whether it was one.
[[gnu::always_inline]] inline std::ptrdiff_t QueryScanner::length_of_operand(const Token* at,
                                                                             const Token& before,
                                                                             bool& after_operand) {
    const auto is = [&](bool operand, std::ptrdiff_t length) {
        after_operand = operand;
        return length;
    };
    switch (at->kind) {
        case TokenKind::Identifier:
            // A column may be called VERSION: that introduces a literal only behind an operand.
            if (at->keyword.word != Word::None &&
                (at->keyword.word != Word::Escape || after_operand || here().callee == Callee::Construct))
                return length_of_plain_word(at, before, after_operand);
            [[fallthrough]];
        case TokenKind::QuotedIdentifier:
            if (!operands::has(operands::kBehindMore, at[1].kind)) return is(true, 1);
            if (at[1].kind != TokenKind::Dot || !is_name(at[2].kind) ||
                operands::has(operands::kBehindMore, at[3].kind))
                return 0;
            if (!postgresql() && names_sequence_function(at[2].text)) return 0;
            return is(true, 3);
        case TokenKind::String:
            return at->text.front() == '"' ? 0 : is(true, 1);
        case TokenKind::Number:
            return is(true, 1);
        case TokenKind::Parameter:
            return at[1].kind == TokenKind::Dot ? 0 : is(true, 1);
        case TokenKind::Operator:
            if (!is_everywhere_operator(at->text)) return 0;
            return is(at->text.front() == '*' && !after_operand, 1);
        case TokenKind::Comma:
            return here().clause == Clause::JoinOn ? 0 : is(false, 1);
        default:
            return 0;
    }
}

[[gnu::always_inline]] inline std::ptrdiff_t QueryScanner::length_of_plain_word(const Token* at,
                                                                                const Token& before,
                                                                                bool& after_operand) {
    const auto is = [&](bool operand, std::ptrdiff_t length) {
        after_operand = operand;
        return length;
    };
    const auto [word, reserved] = at->keyword;
    if (word == Word::As) {  // a label
        const bool label = !definition_ && here().kind != FrameKind::Call && is_name(at[1].kind) &&
                           at[2].kind != TokenKind::OpenParen;
        return label ? is(true, 2) : 0;
    }
    if (word == Word::Infix) return reserved || after_operand ? is(false, 1) : 0;
    if (word == Word::By) {
        const bool plain =
            reserved || before.keyword.word == Word::Order || before.keyword.word == Word::Group;
        return plain ? is(false, 1) : 0;
    }
    if (!reserved) return 0;
    if (operands::has(operands::kPlainWords, word)) return is(false, 1);
    if (operands::has(operands::kClauseWords, word)) {
        frame().clause = Clause::Expression;
        return is(false, 1);
    }
    if (word == Word::Operand) return is(true, 1);
    if (word == Word::Not) {
        operand_before_not_ = after_operand;
        return is(false, 1);
    }
    return 0;
}

// Inline, since it is in the way of every token.
[[gnu::always_inline]] inline void QueryScanner::pass_operands() {
    Frame& here = frame();
    if (here.clause < Clause::Head || here.clause > Clause::JoinOn) return;
    if (here.kind == FrameKind::Columns || here.callee == Callee::Table || here.callee == Callee::SetConfig)
        return;
    const Token* const begin = stream_.ahead();
    if (here.clause == Clause::Head) {
        if (begin->keyword.word != Word::None) return;
        here.clause = Clause::Expression;  // what begins no query ends the head
    }
    const Token* const behind = stream_.behind_steps();
    const Token* step = &stream_.step();
    const Token* at = begin;
    bool after_operand = after_operand_;
    while (at < behind) {
        const std::ptrdiff_t length = length_of_operand(at, *step, after_operand);
        if (length == 0) break;
        step = at;
        at += length;
    }
    if (at == begin) return;
    after_operand_ = after_operand;
    stream_.take_steps(step, at);
}

}  // namespace freshread
