#include "routing/critical_reads.h"

#include <algorithm>
#include <unordered_set>

#include "routing/builtin_names.h"
#include "routing/catalog_finding.h"
#include "routing/cte_names.h"
#include "routing/relation_proof.h"
#include "routing/system_relations.h"

namespace freshread {

namespace {

using Kind = CatalogRead::Kind;
using Line = RelationCatalog::Line;

std::string key_of(const CatalogRead& read) {
    return static_cast<char>(read.kind) + quoted_name(read.name.schema, read.name.name);
}

// The functions that a type's or an operator's line names. False when they are not understood.
bool add_functions(const Line& line, std::vector<CatalogRead>& pending) {
    auto functions = parse_function_names(line.functions);
    if (!functions) return false;
    for (WrittenName& function : *functions) pending.push_back({Kind::Function, std::move(function)});
    return true;
}

}  // namespace

CriticalReads::CriticalReads(std::vector<WrittenName> critical, Dialect dialect,
                             std::shared_ptr<const RelationCatalog> catalog)
    : critical_(std::move(critical)), dialect_(dialect), catalog_(std::move(catalog)) {}

bool CriticalReads::touched_by(const StatementClass& is, std::string_view text) {
    for (const std::string_view written : is.tables) {
        auto name = parse_written_name(written, dialect_);
        if (!name) return true;
        const bool known = !catalog_->lines_of(RelationCatalog::Kind::Relation, *name).empty();
        if (!known && names_cte(is, *name, dialect_)) continue;
        if (leads_to_critical({Kind::Relation, std::move(*name)})) return true;
    }
    const bool calls = std::any_of(is.functions.begin(), is.functions.end(),
                                   [&](std::string_view written) { return calls_critical(written); });
    // An operator or column notation that calls a function of the user's, whatever the administrator says of
    // that.
    return calls || may_call_unnamed(is, text, *catalog_, FunctionRules{});
}

std::vector<WrittenName> CriticalReads::missing() const {
    std::vector<WrittenName> missing;
    std::copy_if(critical_.begin(), critical_.end(), std::back_inserter(missing),
                 [&](const WrittenName& name) {
                     return catalog_->lines_of(RelationCatalog::Kind::Relation, name).empty();
                 });
    return missing;
}

bool CriticalReads::is_critical(std::string_view schema, std::string_view name) const {
    return std::any_of(critical_.begin(), critical_.end(), [&](const WrittenName& entry) {
        return entry.name == name && (entry.schema.empty() || entry.schema == schema);
    });
}

bool CriticalReads::calls_critical(std::string_view written) {
    if (auto name = parse_written_name(written, dialect_)) {
        if (effect_of_function(written, dialect_) != FunctionEffect::Unknown &&
            catalog_->lines_of(RelationCatalog::Kind::Function, *name).empty())
            return false;
        return leads_to_critical({Kind::Function, std::move(*name)});
    }
    Pending functions;
    const auto lines =
        catalog_->lines_of(RelationCatalog::Kind::Operator, {{}, std::string(operator_symbol(written))});
    if (lines.empty()) return true;
    for (const Line& line : lines)
        if (!add_functions(line, functions)) return true;
    return std::any_of(functions.begin(), functions.end(),
                       [&](const CatalogRead& function) { return leads_to_critical(function); });
}

bool CriticalReads::leads_to_critical(CatalogRead first) {
    const std::string key = key_of(first);
    const auto known = known_.find(key);
    if (known != known_.end()) return known->second;
    bool critical = false;
    std::unordered_set<std::string> seen;
    Pending pending{std::move(first)};
    while (!critical && !pending.empty()) {
        const CatalogRead read = std::move(pending.back());
        pending.pop_back();
        if (seen.insert(key_of(read)).second) critical = follow(read, pending);
    }
    known_.emplace(key, critical);
    return critical;
}

bool CriticalReads::follow(const CatalogRead& read, Pending& pending) const {
    if (read.kind == Kind::Function) return follow_function(read.name, pending);
    return follow_relation(read, pending);
}

bool CriticalReads::follow_relation(const CatalogRead& read, Pending& pending) const {
    const bool mariadb = dialect_ == Dialect::MariaDb;
    const auto lines = catalog_->lines_of(RelationCatalog::Kind::Relation, read.name);
    if (lines.empty()) return true;  // a system database's, too
    for (const Line& line : lines) {
        const bool of_system = mariadb ? is_system_database(line.schema)
                                       : line.schema == "pg_catalog" || line.schema == "information_schema";
        if (of_system || is_critical(line.schema, read.name.name)) return true;
        auto reads = parse_catalog_reads(line.reads);
        if (!reads) return true;
        for (CatalogRead& next : *reads) {
            // Of what it is a part of only the name counts, not what else that reads.
            if (read.kind != Kind::Whole || next.kind == Kind::Whole) pending.push_back(std::move(next));
        }
    }
    return false;
}

bool CriticalReads::follow_function(const WrittenName& name, Pending& pending) const {
    const auto functions = catalog_->lines_of(RelationCatalog::Kind::Function, name);
    const auto types = catalog_->lines_of(RelationCatalog::Kind::Type, name);
    for (const Line& line : functions) {
        auto reads = parse_catalog_reads(line.reads);
        if (!reads) return true;
        std::move(reads->begin(), reads->end(), std::back_inserter(pending));
    }
    if (!std::all_of(types.begin(), types.end(),
                     [&](const Line& line) { return add_functions(line, pending); }))
        return true;
    return functions.empty() && types.empty();  // what is not in the catalog
}

}  // namespace freshread
