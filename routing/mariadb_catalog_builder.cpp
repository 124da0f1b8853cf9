#include "routing/mariadb_catalog_builder.h"

#include <algorithm>
#include <string_view>

#include "routing/builtin_names.h"
#include "routing/cautious_classifier.h"
#include "routing/cte_names.h"
#include "routing/identifier.h"
#include "routing/system_relations.h"
#include "routing/written_name.h"

namespace freshread {

namespace {

using Verdict = RelationCatalog::Verdict;

// Those whose tables are the same on every node. A table of MEMORY is empty after a restart of its node; one
// of BLACKHOLE, CONNECT, FEDERATED or SPIDER is whatever stands behind it there.
CatalogFinding finding_of_engine(std::string_view engine) {
    constexpr std::string_view kReplicated[] = {"innodb", "myisam",  "aria",        "archive",
                                                "csv",    "rocksdb", "columnstore", "mrg_myisam"};
    const bool replicated = std::any_of(std::begin(kReplicated), std::end(kReplicated),
                                        [&](std::string_view one) { return equals_folded(engine, one); });
    if (replicated) return {};
    return {equals_folded(engine, "memory") ? Verdict::NodeDependent : Verdict::Unknown, {}};
}

CatalogFinding finding_of_kind(std::string_view type, std::string_view engine) {
    if (type == "BASE TABLE" || type == "SYSTEM VERSIONED") return finding_of_engine(engine);
    if (type == "VIEW" || type == "SYSTEM VIEW") return {};
    if (type == "SEQUENCE") return {Verdict::NodeDependent, {}};
    return {Verdict::Unknown, {}};
}

}  // namespace

bool MariaDbCatalogBuilder::add(const CatalogRow& row) {
    Relation& relation = relations_[{folded(row[2]), folded(row[3])}];
    if (row[0] == "R") {
        relation.of_kind.add(finding_of_kind(row[4], row[5]));
        relation.is_view = relation.is_view || row[4] == "VIEW";
        if (equals_folded(row[5], "mrg_myisam")) relation.reads.add_unknown();  // it reads other tables
        return true;
    }
    relation.definitions.push_back(row[5]);
    return row[0] == "V";
}

RelationCatalog MariaDbCatalogBuilder::build() {
    CatalogLines lines;
    lines.add('R', "", "dual", CatalogFinding{});
    for (auto& [name, relation] : relations_) {
        const CatalogFinding& finding = finding_of(relation);
        lines.add('R', name.first, name.second, finding, relation.reads.text());
    }
    return lines.catalog();
}

const CatalogFinding& MariaDbCatalogBuilder::finding_of(Relation& relation) {
    if (relation.finding_begun) return relation.finding;
    relation.finding_begun = true;
    CatalogFinding finding = relation.of_kind;
    if (relation.is_view && relation.definitions.empty()) finding.verdict = Verdict::Unknown;
    for (const std::string& definition : relation.definitions)
        finding.add(finding_of_text(definition, relation.reads));
    relation.finding = std::move(finding);
    return relation.finding;
}

CatalogFinding MariaDbCatalogBuilder::finding_of_text(const std::string& text, CatalogReads& reads) {
    using Kind = CatalogRead::Kind;
    CatalogFinding unknown{Verdict::Unknown, {}};
    const StatementClass is = classify_cautiously(text, Dialect::MariaDb);
    if (is.kind != StatementKind::Read && !is.read_but_for_functions) return unknown;
    CatalogFinding finding;
    if (is.node_dependent || is.reason == Reason::NodeDependent) finding.verdict = Verdict::NodeDependent;
    for (const std::string_view written : is.functions) {
        if (effect_of_function(written, Dialect::MariaDb) != FunctionEffect::Unknown) continue;
        const auto name = parse_written_name(written, Dialect::MariaDb);
        finding.add(name ? CatalogFinding{Verdict::Plain, {quoted_name(name->schema, name->name)}} : unknown);
        if (name) reads.add(Kind::Function, name->schema, name->name);
    }
    for (const std::string_view written : is.tables) {
        const auto name = parse_written_name(written, Dialect::MariaDb);
        if (equals_folded(written, "dual")) continue;
        if (name && names_cte(is, *name, Dialect::MariaDb)) continue;
        if (name) reads.add(Kind::Relation, name->schema, name->name);
        if (name && is_system_database(name->schema)) continue;
        const auto found = name ? relations_.find({name->schema, name->name}) : relations_.end();
        finding.add(found == relations_.end() ? unknown : finding_of(found->second));
    }
    return finding;
}

}  // namespace freshread
