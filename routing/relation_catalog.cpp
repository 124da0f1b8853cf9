#include "routing/relation_catalog.h"

#include <algorithm>
#include <array>

namespace freshread {

namespace {

// The fields of a line: kind, name, schema, verdict, functions, reads.
using Fields = std::array<std::string_view, 6>;

Fields split(std::string_view line) {
    Fields fields;
    for (std::string_view& field : fields) {
        const auto tab = line.find('\t');
        field = line.substr(0, tab);
        if (tab == std::string_view::npos) break;
        line.remove_prefix(tab + 1);
    }
    return fields;
}

// Of a function: its flags stand where the others have a verdict.
bool takes_row(const Fields& fields) {
    return fields[3].find('a') != std::string_view::npos;
}

bool of_extension(const Fields& fields) {
    return fields[3].find('e') != std::string_view::npos;
}

bool is_free(const Fields& fields, const FunctionRules& rules) {
    return rules.frees({std::string(fields[2]), std::string(fields[1])});
}

bool is_meant(const Fields& fields, const WrittenName& name) {
    return name.schema.empty() || name.schema == fields[2];
}

bool all_free(std::string_view functions, const FunctionRules& rules) {
    const auto names = parse_function_names(functions);
    return names && std::all_of(names->begin(), names->end(),
                                [&](const WrittenName& name) { return rules.frees(name); });
}

RelationCatalog::Verdict verdict_of(const Fields& fields, const FunctionRules& rules) {
    using Verdict = RelationCatalog::Verdict;
    if (fields[3] == "p") return all_free(fields[4], rules) ? Verdict::Plain : Verdict::Unknown;
    return fields[3] == "n" ? Verdict::NodeDependent : Verdict::Unknown;
}

}  // namespace

RelationCatalog::RelationCatalog(std::string lines) : lines_(std::move(lines)) {
    each('F', "", [&](const Fields& fields) {
        has_attribute_functions_ = has_attribute_functions_ || takes_row(fields);
    });
    each('O', "", [&](const Fields& fields) {
        has_harmful_operators_ = has_harmful_operators_ || fields[3] != "p" || !fields[4].empty();
    });
}

// Calls `visit` with each line of the kind and name; with each of the kind when `name` is empty.
template <typename Visit>
void RelationCatalog::each(char kind, std::string_view name, Visit visit) const {
    std::string prefix{kind, '\t'};
    if (!name.empty()) prefix.append(name).push_back('\t');
    // The beginning of the first line that is not before the prefix.
    std::size_t low = 0;
    std::size_t high = lines_.size();
    const auto line_at = [&](std::size_t begin) {
        return std::string_view(lines_).substr(begin, lines_.find('\n', begin) - begin);
    };
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        const std::size_t before = middle == 0 ? std::string::npos : lines_.rfind('\n', middle - 1);
        const std::size_t begin = before == std::string::npos ? 0 : before + 1;
        const std::string_view line = line_at(begin);
        if (line.substr(0, prefix.size()) < prefix) {
            low = begin + line.size() + 1;
        } else {
            high = begin;
        }
    }
    while (low < lines_.size()) {
        const std::string_view line = line_at(low);
        if (!line.starts_with(prefix)) return;
        visit(split(line));
        low += line.size() + 1;
    }
}

RelationCatalog::Verdict RelationCatalog::strictest(char kind, const WrittenName& name,
                                                    const FunctionRules& rules) const {
    Verdict result = Verdict::Absent;
    if (name.name.empty()) return result;
    each(kind, name.name, [&](const Fields& fields) {
        if (is_meant(fields, name)) result = std::max(result, verdict_of(fields, rules));
    });
    return result;
}

RelationCatalog::Verdict RelationCatalog::relation(const WrittenName& name,
                                                   const FunctionRules& rules) const {
    return strictest('R', name, rules);
}

RelationCatalog::Verdict RelationCatalog::type(const WrittenName& name, const FunctionRules& rules) const {
    return strictest('T', name, rules);
}

RelationCatalog::Verdict RelationCatalog::operators(std::string_view symbol,
                                                    const FunctionRules& rules) const {
    return strictest('O', {{}, std::string(symbol)}, rules);
}

template <typename Counts>
bool RelationCatalog::has_function_that(std::string_view name, const FunctionRules& rules,
                                        Counts counts) const {
    bool found = false;
    if (name.empty()) return found;
    each('F', name,
         [&](const Fields& fields) { found = found || (counts(fields) && !is_free(fields, rules)); });
    return found;
}

bool RelationCatalog::has_function(const WrittenName& name, const FunctionRules& rules) const {
    return has_function_that(name.name, rules, [&](const Fields& fields) { return is_meant(fields, name); });
}

bool RelationCatalog::shadows(const WrittenName& name, const FunctionRules& rules) const {
    return has_function_that(name.name, rules, [&](const Fields& fields) {
        return is_meant(fields, name) && !of_extension(fields);
    });
}

bool RelationCatalog::has_attribute_function(std::string_view name, const FunctionRules& rules) const {
    return has_function_that(name, rules, takes_row);
}

std::vector<RelationCatalog::Line> RelationCatalog::lines_of(Kind kind, const WrittenName& name) const {
    std::vector<Line> lines;
    if (name.name.empty()) return lines;
    each(static_cast<char>(kind), name.name, [&](const Fields& fields) {
        if (is_meant(fields, name)) lines.push_back({fields[2], fields[4], fields[5]});
    });
    return lines;
}

std::optional<std::vector<WrittenName>> parse_function_names(std::string_view functions) {
    std::vector<WrittenName> names;
    while (!functions.empty()) {
        const auto space = functions.find(' ');
        auto name = parse_written_name(functions.substr(0, space));
        if (!name) return std::nullopt;
        names.push_back(std::move(*name));
        if (space == std::string_view::npos) break;
        functions.remove_prefix(space + 1);
    }
    return names;
}

}  // namespace freshread
