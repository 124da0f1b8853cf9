#include "routing/catalog_builder.h"

#include <algorithm>
#include <charconv>

#include "routing/builtin_names.h"
#include "routing/classifier.h"
#include "routing/relation_proof.h"

namespace freshread {

namespace {

constexpr std::uint32_t kFirstUserOid = 16384;  // FirstNormalObjectId
constexpr std::size_t kMostFunctions = 32;      // that an administrator may have to call free for one view

std::string quoted(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) {
        if (c == '"') out.push_back(c);
        out.push_back(c);
    }
    out.push_back('"');
    return out;
}

bool has(std::string_view flags, char flag) {
    return flags.find(flag) != std::string_view::npos;
}

bool writable(std::string_view name) {
    return !name.empty() && name.find_first_of("\t\n") == std::string_view::npos;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
        text += line;
        text += '\n';
    }
    return text;
}

}  // namespace

void CatalogBuilder::Finding::add(const Finding& other) {
    verdict = std::max(verdict, other.verdict);
    for (const std::string& function : other.functions)
        if (std::find(functions.begin(), functions.end(), function) == functions.end())
            functions.push_back(function);
    if (functions.size() > kMostFunctions) verdict = Verdict::Unknown;
}

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
            return true;
        case 'F':
            functions_[oid] = {{row[2], row[3]}, row[4]};
            return true;
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
    find_user_objects();
    std::sort(lines_.begin(), lines_.end());
    made_ = RelationCatalog(joined(lines_));
    for (auto& [oid, relation] : relations_) emit('R', relation, finding_of(relation));
    std::sort(lines_.begin(), lines_.end());
    return RelationCatalog(joined(lines_));
}

void CatalogBuilder::find_user_objects() {
    for (const auto& [oid, function] : functions_)
        if (!has(function.flags, 'h')) emit('F', function, function.flags, "");
    for (const auto& [oid, type] : types_) emit('T', type, finding_of_type(type));
    for (const auto& [oid, made] : operators_) emit('O', made, finding_of_function(made.function));
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
        if (on.of == 'r') {
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
    return {Verdict::Plain, {quoted(found->second.schema) + '.' + quoted(found->second.name)}};
}

CatalogBuilder::Finding CatalogBuilder::finding_of_type(const Type& type) const {
    Finding finding{type.plain ? Verdict::Plain : Verdict::Unknown, {}};
    for (const Oid function : type.casts) finding.add(finding_of_function(function));
    return finding;
}

void CatalogBuilder::emit(char kind, const Named& named, const Finding& finding) {
    std::string functions;
    for (const std::string& function : finding.functions) {
        if (!functions.empty()) functions.push_back(' ');
        functions += function;
    }
    const bool fits = finding.functions.empty() || writable(functions);
    switch (fits ? finding.verdict : Verdict::Unknown) {
        case Verdict::Plain:
            return emit(kind, named, "p", functions);
        case Verdict::NodeDependent:
            // One that would have to be called free besides is not worth the words.
            return emit(kind, named, functions.empty() ? "n" : "u", "");
        default:
            return emit(kind, named, "u", "");
    }
}

void CatalogBuilder::emit(char kind, const Named& named, std::string_view verdict,
                          std::string_view functions) {
    if (!writable(named.name) || !writable(named.schema)) return;
    std::string line{kind, '\t'};
    for (const std::string_view field :
         {std::string_view(named.name), std::string_view(named.schema), verdict}) {
        line += field;
        line += '\t';
    }
    line += functions;
    lines_.push_back(std::move(line));
}

}  // namespace freshread
