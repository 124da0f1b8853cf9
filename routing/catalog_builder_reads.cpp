// What relations and functions read, while a catalog is built.
#include "routing/builtin_names.h"
#include "routing/catalog_builder.h"
#include "routing/classifier.h"
#include "routing/cte_names.h"
#include "routing/relation_proof.h"

namespace freshread {

namespace {

using Kind = CatalogRead::Kind;

bool is_query(const StatementClass& is) {
    return is.kind == StatementKind::Read || is.read_but_for_functions;
}

// In the text of a view or policy the user's relations have their schema, the server's own have none. Those
// tell of all tables.
bool names_systems_relation(const std::string& text) {
    const StatementClass is = classify(text, {});
    if (!is_query(is)) return true;
    for (const std::string_view written : is.tables) {
        const auto name = parse_written_name(written);
        if (!name || name->schema == "information_schema") return true;
        if (name->schema.empty() && !names_cte(is, *name, Dialect::PostgreSql)) return true;
    }
    return false;
}

}  // namespace

std::string CatalogBuilder::reads_of(const Relation& relation) const {
    CatalogReads reads;
    if (relation.flags.starts_with('v') && names_systems_relation(relation.definition)) reads.add_unknown();
    for (const std::string& policy : relation.policies)
        if (names_systems_relation("SELECT " + policy)) reads.add_unknown();
    add_reads_of(relation.dependencies, reads);
    for (const Oid oid : relation.wholes) {
        const auto whole = relations_.find(oid);
        if (whole != relations_.end()) reads.add(Kind::Whole, whole->second.schema, whole->second.name);
    }
    return reads.text();
}

std::string CatalogBuilder::reads_of(const Function& function) const {
    CatalogReads reads;
    if (closed_.contains({function.schema, function.name})) reads.add_unknown();
    if (!function.text.empty()) add_reads_of_body(function.text, reads);
    add_reads_of(function.dependencies, reads);
    return reads.text();
}

void CatalogBuilder::add_reads_of(const std::vector<Dependency>& dependencies, CatalogReads& reads) const {
    const auto add_function = [&](Oid oid) {
        const auto found = functions_.find(oid);
        if (found == functions_.end()) return reads.add_unknown();
        reads.add(Kind::Function, found->second.schema, found->second.name);
    };
    // Of casts and operators those that have no effect read nothing either.
    const auto add_hidden_function = [&](Oid oid) {
        if (!finding_of_function(oid).functions.empty()) add_function(oid);
    };
    for (const Dependency& on : dependencies) {
        if (on.oid < kFirstUserOid) continue;  // the server's own
        const auto relation = relations_.find(on.oid);
        const auto type = types_.find(on.oid);
        const auto made = operators_.find(on.oid);
        switch (on.of) {
            case 'r':
            case 'i':
                if (relation == relations_.end()) return reads.add_unknown();
                reads.add(Kind::Relation, relation->second.schema, relation->second.name);
                break;
            case 'f':
                add_function(on.oid);
                break;
            case 't':
                if (type == types_.end()) break;
                for (const Oid function : type->second.casts) add_hidden_function(function);
                break;
            default:
                if (made == operators_.end()) return reads.add_unknown();
                add_hidden_function(made->second.function);
                break;
        }
    }
}

// The text of a function in SQL: which relations and functions its names mean is decided where it is called.
void CatalogBuilder::add_reads_of_body(const std::string& text, CatalogReads& reads) const {
    const StatementClass is = classify(text, {});
    if (!is_query(is) || may_call_unnamed(is, text, made_, FunctionRules{})) return reads.add_unknown();
    for (const std::string_view written : is.tables) {
        const auto name = parse_written_name(written);
        if (!name) return reads.add_unknown();
        if (!names_.contains(name->name) && names_cte(is, *name, Dialect::PostgreSql)) continue;
        reads.add(Kind::Relation, name->schema, name->name);
    }
    for (const std::string_view written : is.functions) {
        const auto name = parse_written_name(written);
        if (!name) return reads.add_unknown();
        const bool made = !made_.lines_of(RelationCatalog::Kind::Function, *name).empty();
        if (made || effect_of_function(written, Dialect::PostgreSql) == FunctionEffect::Unknown)
            reads.add(Kind::Function, name->schema, name->name);
    }
}

}  // namespace freshread
