// What a server itself brings that a statement may name: functions, types and operators, and what using a
// function means for routing. Whatever is not in these tables is unknown, and a statement that uses it is not
// a Read.
//
// An unqualified name is taken as the built-in one, although search_path may put a user's function of that
// name first.
//
// Sources: for PostgreSQL the catalog of a server (generate_builtin_postgresql.py) and a review; for MariaDB
// its documentation, "Built-in Functions"; for ODBC the Programmer's Reference, appendix E, "Scalar
// Functions".
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "routing/dialect.h"

namespace freshread {

enum class FunctionEffect : std::uint8_t {
    Unknown,
    Harmless,
    NodeDependent,  // its answer belongs to the node
    Locking,        // advisory locks
    LeaderSession,  // bound to the leader's session: currval, large objects ...
    SetsSession,    // set_config
    Write,          // at once, whatever becomes of the transaction: nextval ...
};

struct BuiltinFunction {
    std::string_view name;  // lower case
    FunctionEffect effect;
};

// A name as written: the quotes stay, parts are views into the text.
struct QualifiedName {
    std::string_view text{};       // all of it
    std::string_view qualifier{};  // the part before the last; empty when there is none
    std::string_view last{};
    unsigned parts = 0;
};

// `x` is `lower`, as an identifier: unquoted in any case, or quoted in lower case. `lower` is in lower case.
[[nodiscard]] bool names_same(std::string_view x, std::string_view lower);

[[nodiscard]] FunctionEffect effect_of_function(const QualifiedName& name, Dialect dialect);
// Same, for a name out of StatementClass::functions.
[[nodiscard]] FunctionEffect effect_of_function(std::string_view written, Dialect dialect);

// Something that looks like a call but is the language's own and cannot be redefined: COALESCE(, CAST( ...
[[nodiscard]] bool is_language_construct(std::string_view word, Dialect dialect);

// MariaDB: a built-in function only when its parenthesis follows at once. Apart from it the word names a
// stored function, unless sql_mode has IGNORE_SPACE.
[[nodiscard]] bool is_builtin_only_when_adjacent(std::string_view word);

// A function of ODBC's {fn ...} escape that the underlying driver translates.
[[nodiscard]] bool is_odbc_scalar_function(std::string_view word);

[[nodiscard]] bool is_builtin_type(const QualifiedName& name, Dialect dialect);

// What a name is that stands before a parenthesis: the above in one step.
struct BuiltinCall {
    bool construct = false;  // unless it is quoted
    bool type = false;
    FunctionEffect effect = FunctionEffect::Unknown;
};
[[nodiscard]] BuiltinCall builtin_call(const QualifiedName& name, Dialect dialect);

[[nodiscard]] bool is_builtin_operator(std::string_view text, Dialect dialect);
// One of those that every dialect has.
[[nodiscard, gnu::always_inline]] inline bool is_everywhere_operator(std::string_view text) {
    constexpr std::uint64_t kThem = [] {
        std::uint64_t them = 0;
        for (const char c : std::string_view("=<>+-*/%"))
            them |= std::uint64_t{1} << static_cast<unsigned>(c);
        return them;
    }();
    const auto c = static_cast<unsigned char>(text.front());
    if (text.size() == 1) return c < 64 && (kThem >> c & 1U) != 0;
    if (text.size() != 2) return false;
    return text[1] == '=' ? c == '<' || c == '>' : c == '<' && text[1] == '>';
}

// Behind a dot what makes the name before it a sequence that is moved or asked: Oracle's spelling, MariaDB's
// too when told so.
[[nodiscard]] bool names_sequence_function(std::string_view name);

// The tables behind them, each sorted by bytes.
[[nodiscard]] std::span<const BuiltinFunction> postgresql_functions();
[[nodiscard]] std::span<const std::string_view> postgresql_types();
[[nodiscard]] std::span<const std::string_view> postgresql_operators();
[[nodiscard]] std::span<const BuiltinFunction> mariadb_functions();
[[nodiscard]] std::span<const BuiltinFunction> generic_functions();
[[nodiscard]] std::span<const std::string_view> sql_types();  // MariaDB and generic

}  // namespace freshread
