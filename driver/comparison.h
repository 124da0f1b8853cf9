// What became of a read that a replica would have served, with Shadow=compare.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace freshread {

enum class Comparison : std::uint8_t {
    // Compared.
    Equal,
    Older,     // the replica had not yet applied what made the leader's answer another
    Differed,  // the replica had applied it, and said something else all the same
    // Not compared, and why.
    Parameters,   // it has parameters
    Transaction,  // it ran inside a transaction
    Session,      // the session has settings, attributes or objects of its own
    Catalog,      // a catalog function: there is no text
    Statements,   // a text of several statements
    Varies,       // it asks for the time, or for something random
    Changing,     // the leader itself answered otherwise each time
    TooLarge,     // the text, or the answer
    Failed,       // a node did not answer
    Serialized,   // the underlying driver takes one call at a time: the application's would wait
    Busy,         // too many waited already
    Ended,        // the connection ended before its turn came
};
inline constexpr std::size_t kComparisons = static_cast<std::size_t>(Comparison::Ended) + 1;

[[nodiscard]] constexpr bool was_compared(Comparison comparison) {
    return comparison <= Comparison::Differed;
}
// As SHOW freshread.comparisons has it.
[[nodiscard]] std::string_view name_of(Comparison comparison);

}  // namespace freshread
