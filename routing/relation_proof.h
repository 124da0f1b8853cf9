// The second half of classification: whether what a statement names is harmless in this database. The
// classifier (routing/classifier.h) reads the text alone; here the catalog of the database
// (routing/relation_catalog.h) and the administrator's word (routing/function_rules.h) are asked about the
// relations, functions, types and operators it found.
//
// Default-deny: a Read that names something unknown becomes Unknown, which runs on the leader, tracked. The
// other way round, a text that was no Read only for functions, types or operators that prove harmless becomes
// one. Whether a Read touches a critical table (routing/critical_reads.h) is said beside.
//
// Known limit: what a name means that is newer than the catalog (state/catalog.h says how old it may be).
#pragma once

#include <functional>
#include <string_view>

#include "routing/dialect.h"
#include "routing/function_rules.h"
#include "routing/relation_catalog.h"
#include "routing/statement_class.h"

namespace freshread {

class CriticalReads;

struct RelationProof {
    StatementKind kind = StatementKind::Unknown;
    Reason reason = Reason::UnknownStatement;
    // A name was not in the catalog: it may be newer.
    bool missed = false;
    // A Read may touch one of ProofSources::critical.
    bool critical = true;
};

struct ProofSources {
    // Null: relations are taken as plain, and nothing is known of what users made.
    const RelationCatalog* catalog = nullptr;
    const FunctionRules* rules = nullptr;  // not null
    Dialect dialect = Dialect::PostgreSql;
    // Names a temporary object of the session, which the session machine sees to; where the catalog has
    // another relation of the name, that has to be plain besides. May be empty.
    std::function<bool(std::string_view)> is_temporary{};
    CriticalReads* critical = nullptr;  // null: all are
};

// `text` is what `is` was classified from, or another text of its shape (routing/text_shape.h).
[[nodiscard]] RelationProof prove(const StatementClass& is, std::string_view text,
                                  const ProofSources& sources);

// A function that users made and nobody called free, which an operator in the text, one that its grammar
// implies, or `t.f` may call.
[[nodiscard]] bool may_call_unnamed(const StatementClass& is, std::string_view text,
                                    const RelationCatalog& catalog, const FunctionRules& rules);
// Of an entry of StatementClass::functions, `schema.+` or `+`, the operator; empty when it is none.
[[nodiscard]] std::string_view operator_symbol(std::string_view written);

// Whether a SessionState is one of StatementClass::only_sets.
[[nodiscard]] bool proves_only_sets(const StatementClass& is, const ProofSources& sources);

// Whether `prove` can say anything but what `is` says already.
[[nodiscard]] bool needs_proof(const StatementClass& is);

}  // namespace freshread
