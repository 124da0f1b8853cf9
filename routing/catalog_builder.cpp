#include "routing/catalog_builder.h"

#include <charconv>

#include "routing/builtin_names.h"
#include "routing/classifier.h"
#include "routing/relation_proof.h"

namespace freshread {

namespace {

bool has(std::string_view flags, char flag) {
    return flags.find(flag) != std::string_view::npos;
}

}  // namespace

bool CatalogBuilder::add(const CatalogRow& row) {
    const auto number = [](const std::string& text, Oid& oid) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), oid);
        return error == std::errc{} && end == text.data() + text.size() && !text.empty();
    };
    Oid oid = 0;
    Oid other = 0;
    if (row[0].size() != 1 || !number(row[1], oid)) return false;
    switch (row[0].front()) {
        case 'R': {
            if (row[4].size() < 2) return false;
            Relation& relation = relations_[oid];
            relation.schema = row[2];
            relation.name = row[3];
            relation.flags = row[4];
            relation.definition = row[5];
            return true;
        }
        case 'P':
            relations_[oid].policies.push_back(row[5]);
            return true;
        case 'D':
            if (row[2].size() != 1 || !number(row[3], other)) return false;
            relations_[oid].dependencies.push_back({row[2].front(), other});
            if (row[2] == "i") relations_[other].wholes.push_back(oid);
            return true;
        case 'B':
            if (row[2].size() != 1 || !number(row[3], other)) return false;
            functions_[oid].dependencies.push_back({row[2].front(), other});
            return true;
        case 'F': {
            Function& function = functions_[oid];
            function.schema = row[2];
            function.name = row[3];
            function.flags = row[4];
            function.text = row[5];
            return true;
        }
        case 'T': {
            Type& type = types_[oid];
            type.schema = row[2];
            type.name = row[3];
            type.plain = row[4] == "p";
            return true;
        }
        case 'K':
            if (!number(row[3], other)) return false;
            types_[oid].casts.push_back(other);
            return true;
        case 'O':
            if (!number(row[4], other)) return false;
            operators_[oid] = {{row[2], row[3]}, other};
            return true;
        default:
            return false;
    }
}

RelationCatalog CatalogBuilder::build() {
    CatalogLines made;
    add_user_objects(made, false);
    made_ = made.catalog();
    for (const auto& [oid, relation] : relations_) names_.insert(relation.name);
    for (const auto& [oid, function] : functions_)
        if (!has(function.flags, 's')) closed_.insert({function.schema, function.name});

    CatalogLines lines;
    add_user_objects(lines, true);
    for (auto& [oid, relation] : relations_)
        lines.add('R', relation.schema, relation.name, finding_of(relation), reads_of(relation));
    return lines.catalog();
}

void CatalogBuilder::add_user_objects(CatalogLines& lines, bool with_reads) const {
    for (const auto& [oid, function] : functions_)
        if (!has(function.flags, 'h'))
            lines.add('F', function.schema, function.name, function.flags, "",
                      with_reads ? reads_of(function) : std::string());
    for (const auto& [oid, type] : types_) lines.add('T', type.schema, type.name, finding_of_type(type));
    for (const auto& [oid, made] : operators_)
        lines.add('O', made.schema, made.name, finding_of_function(made.function));
}

const CatalogBuilder::Finding& CatalogBuilder::finding_of(Relation& relation) {
    if (relation.finding_begun) return relation.finding;
    relation.finding_begun = true;
    Finding finding = finding_of_kind(relation);
    if (relation.flags.starts_with('v')) finding.add(finding_of_text(relation.definition));
    for (const std::string& policy : relation.policies) finding.add(finding_of_text("SELECT " + policy));
    for (const Dependency& on : relation.dependencies) {
        if (on.oid < kFirstUserOid) continue;  // the server's own: seen in the text
        if (on.of == 'f') finding.add(finding_of_function(on.oid));
        if (on.of == 't' && types_.contains(on.oid)) finding.add(finding_of_type(types_[on.oid]));
        if (on.of == 'o') {
            const auto found = operators_.find(on.oid);
            finding.add(found == operators_.end() ? Finding{Verdict::Unknown, {}}
                                                  : finding_of_function(found->second.function));
        }
        if (on.of == 'r' || on.of == 'i') {
            const auto found = relations_.find(on.oid);
            finding.add(found == relations_.end() ? Finding{Verdict::Unknown, {}}
                                                  : finding_of(found->second));
        }
    }
    relation.finding = std::move(finding);
    return relation.finding;
}

CatalogBuilder::Finding CatalogBuilder::finding_of_kind(const Relation& relation) const {
    if (relation.flags.size() < 2 || has(relation.flags.substr(2), 'm')) return {Verdict::Unknown, {}};
    switch (relation.flags.front()) {
        case 'r':
        case 'p':
        case 'v':
        case 'm':
            return {relation.flags[1] == 'p' ? Verdict::Plain : Verdict::NodeDependent, {}};
        case 'S':
            return {Verdict::NodeDependent, {}};
        default:  // foreign tables: nobody here knows what reading them does
            return {Verdict::Unknown, {}};
    }
}

// The text of a view or policy, all names in it with their schema but the server's own.
CatalogBuilder::Finding CatalogBuilder::finding_of_text(const std::string& text) const {
    const StatementClass is = classify(text, {});
    if (is.kind != StatementKind::Read && !is.read_but_for_functions) return {Verdict::Unknown, {}};
    Finding finding;
    if (is.node_dependent || is.reason == Reason::NodeDependent) finding.verdict = Verdict::NodeDependent;
    const FunctionRules none;
    for (const std::string_view written : is.functions) {
        if (effect_of_function(written, Dialect::PostgreSql) != FunctionEffect::Unknown) continue;
        StatementClass one;
        one.read_but_for_functions = true;
        one.functions = {written};
        const ProofSources sources{&made_, &none, Dialect::PostgreSql, {}};
        if (prove(one, {}, sources).kind != StatementKind::Read)
            finding.add({Verdict::Plain, {std::string(written)}});
    }
    return finding;
}

CatalogBuilder::Finding CatalogBuilder::finding_of_function(Oid oid) const {
    if (oid < kFirstUserOid) return {};
    const auto found = functions_.find(oid);
    if (found == functions_.end()) return {Verdict::Unknown, {}};
    if (has(found->second.flags, 'h')) return {};
    return {Verdict::Plain, {quoted_name(found->second.schema, found->second.name)}};
}

CatalogBuilder::Finding CatalogBuilder::finding_of_type(const Type& type) const {
    Finding finding{type.plain ? Verdict::Plain : Verdict::Unknown, {}};
    for (const Oid function : type.casts) finding.add(finding_of_function(function));
    return finding;
}

}  // namespace freshread
