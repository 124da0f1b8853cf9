// The words of SQL that a statement's structure hangs on.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "routing/dialect.h"

namespace freshread {

enum class Word : std::uint8_t {
    None,     // an ordinary identifier
    Syntax,   // part of the grammar, nothing follows from it here
    Operand,  // stands for a value: NULL, TRUE, END ...
    As,
    By,
    Delete,
    Distinct,
    Escape,  // introduces a literal behind an operand: ESCAPE, UESCAPE, TIME ZONE ...
    Execute,
    Exists,  // EXISTS(, ARRAY(
    Fetch,
    Filter,
    For,
    From,
    Group,
    Grouping,  // ROLLUP, CUBE, SETS
    Having,
    Infix,  // an operator behind an operand: ILIKE, IS ...
    Insert,
    Into,
    Join,
    JoinModifier,  // LEFT, NATURAL ...
    Lateral,
    Like,  // an operator, or in a definition the name of a relation follows
    Limit,
    Lock,
    Merge,
    Next,  // NEXT VALUE FOR, PREVIOUS VALUE FOR
    Not,
    On,
    Only,
    OperatorCall,  // OPERATOR(schema.+)
    Order,
    Over,
    Partition,
    Reference,  // in a definition, names a relation: REFERENCES, INHERITS ...
    Replace,
    Returning,
    Rows,
    Select,
    Set,
    SetOperation,  // UNION, EXCEPT, INTERSECT
    SqlCalcFoundRows,
    StraightJoin,
    Table,
    TableSample,
    Update,
    Using,
    Values,
    Varying,
    Where,
    Window,
    With,
};

struct Keyword {
    Word word = Word::None;
    bool reserved = false;  // in this dialect it can name neither a function nor a type nor a column
};

// By first letter: bit n says that a keyword of n letters begins with it.
extern const std::array<std::uint32_t, 32> kKeywordLengths;

// False for most words that are none. REQUIRES: not empty.
[[nodiscard]] inline bool may_be_keyword(std::string_view word) {
    return word.size() < 32 &&
           (kKeywordLengths[static_cast<unsigned char>(word.front()) % 32U] >> word.size() & 1U) != 0;
}

// What an unquoted word means.
[[nodiscard]] Keyword find_keyword(std::string_view word, Dialect dialect);

}  // namespace freshread
