#include "routing/catalog_finding.h"

#include <algorithm>

namespace freshread {

namespace {

constexpr std::size_t kMostFunctions = 32;  // that an administrator may have to call free for one view

std::string quoted(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) {
        if (c == '"') out.push_back(c);
        out.push_back(c);
    }
    out.push_back('"');
    return out;
}

bool writable(std::string_view name) {
    return name.find_first_of("\t\n") == std::string_view::npos;
}

}  // namespace

void CatalogFinding::add(const CatalogFinding& other) {
    verdict = std::max(verdict, other.verdict);
    for (const std::string& function : other.functions)
        if (std::find(functions.begin(), functions.end(), function) == functions.end())
            functions.push_back(function);
    if (functions.size() > kMostFunctions) verdict = RelationCatalog::Verdict::Unknown;
}

std::string quoted_name(std::string_view schema, std::string_view name) {
    return schema.empty() ? quoted(name) : quoted(schema) + '.' + quoted(name);
}

void CatalogLines::add(char kind, std::string_view schema, std::string_view name,
                       const CatalogFinding& finding, std::string_view reads) {
    using Verdict = RelationCatalog::Verdict;
    std::string functions;
    for (const std::string& function : finding.functions) {
        if (!functions.empty()) functions.push_back(' ');
        functions += function;
    }
    switch (writable(functions) ? finding.verdict : Verdict::Unknown) {
        case Verdict::Plain:
            return add(kind, schema, name, "p", functions, reads);
        case Verdict::NodeDependent:
            // One that would have to be called free besides is not worth the words.
            return add(kind, schema, name, functions.empty() ? "n" : "u", "", reads);
        default:
            return add(kind, schema, name, "u", "", reads);
    }
}

void CatalogLines::add(char kind, std::string_view schema, std::string_view name, std::string_view verdict,
                       std::string_view functions, std::string_view reads) {
    if (name.empty() || !writable(name) || !writable(schema)) return;
    std::string line{kind, '\t'};
    for (const std::string_view field : {name, schema, verdict}) {
        line += field;
        line += '\t';
    }
    line += functions;
    if (!reads.empty()) line.append("\t").append(reads);
    lines_.push_back(std::move(line));
}

RelationCatalog CatalogLines::catalog() {
    std::sort(lines_.begin(), lines_.end());
    std::string text;
    for (const std::string& line : lines_) {
        text += line;
        text += '\n';
    }
    return RelationCatalog(std::move(text));
}

}  // namespace freshread
