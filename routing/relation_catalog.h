// What is known of one PostgreSQL database beyond what every server brings: which relations are plain, so
// that reading them has no effect and the same answer on every node, and which types, functions and operators
// users made, as far as a statement may use them without naming them (routing/relation_proof.h).
//
// It is a text of sorted lines, searched where it lies: what one process has built
// (routing/catalog_builder.h) another maps or reads from a file and uses without parsing it. Fields are
// separated by tabs; a name with a tab or a line break in it does not appear, so it is unknown.
//
//   R name schema  p|n|u  functions reads   a relation: plain, dependent on the node, or not known to be
//                                           harmless. `functions`: plain if the administrator calls these
//                                           free
//   T name schema  p|u    functions         a type: a cast to it has no effect, or may have one
//   F name schema  flags  -         reads   a function not known to be harmless. a: of one row, so `t.f` may
//                                           call it; e: of an extension and not volatile, so it may have a
//                                           built-in one's name
//   O symbol schema p|u   function          an operator users made
//
// `reads`: routing/catalog_reads.h.
//
// Immutable, so thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routing/function_rules.h"

namespace freshread {

class RelationCatalog {
 public:
    enum class Verdict : std::uint8_t {
        Absent,  // not in the catalog: newer than it, or it does not exist
        Plain,
        NodeDependent,  // sequences, unlogged tables
        Unknown,        // reading it may have an effect
    };

    RelationCatalog() = default;
    // `lines` as described above, sorted by bytes.
    explicit RelationCatalog(std::string lines);

    // Without a schema: the strictest of all relations of that name, whichever search_path would choose.
    [[nodiscard]] Verdict relation(const WrittenName& name, const FunctionRules& rules) const;
    [[nodiscard]] Verdict type(const WrittenName& name, const FunctionRules& rules) const;
    // The strictest of all operators of that symbol that users made; Absent when there are none.
    [[nodiscard]] Verdict operators(std::string_view symbol, const FunctionRules& rules) const;
    // A function that users made and nobody called free bears the name; without a schema: in any schema.
    [[nodiscard]] bool has_function(const WrittenName& name, const FunctionRules& rules) const;
    // One that a call of the built-in function of that name may mean, and that is not an extension's
    // overload.
    [[nodiscard]] bool shadows(const WrittenName& name, const FunctionRules& rules) const;
    // One of them takes a row: `t.name` may call it.
    [[nodiscard]] bool has_attribute_function(std::string_view name, const FunctionRules& rules) const;
    [[nodiscard]] bool has_attribute_functions() const { return has_attribute_functions_; }
    [[nodiscard]] bool has_harmful_operators() const { return has_harmful_operators_; }

    enum class Kind : char { Relation = 'R', Type = 'T', Function = 'F', Operator = 'O' };
    struct Line {
        std::string_view schema{};
        std::string_view functions{};
        std::string_view reads{};
    };
    // Of the name, in that schema or, without one, in all.
    [[nodiscard]] std::vector<Line> lines_of(Kind kind, const WrittenName& name) const;

    [[nodiscard]] const std::string& lines() const { return lines_; }

 private:
    [[nodiscard]] Verdict strictest(char kind, const WrittenName& name, const FunctionRules& rules) const;
    // A function of that name that nobody called free, and for which `counts` holds.
    template <typename Counts>
    [[nodiscard]] bool has_function_that(std::string_view name, const FunctionRules& rules,
                                         Counts counts) const;
    template <typename Visit>
    void each(char kind, std::string_view name, Visit visit) const;

    std::string lines_{};
    bool has_attribute_functions_ = false;
    bool has_harmful_operators_ = false;
};

// The field `functions` of a line; nothing when it is not understood.
[[nodiscard]] std::optional<std::vector<WrittenName>> parse_function_names(std::string_view functions);

}  // namespace freshread
