#include "routing/catalog_reads.h"

#include "routing/catalog_finding.h"

namespace freshread {

namespace {

constexpr char kSeparator = '\x1f';
constexpr std::string_view kUnknown = "*";
// In a name they would end it, or the line.
constexpr std::string_view kUnwritable = "\t\n\x1f";

}  // namespace

void CatalogReads::add(CatalogRead::Kind kind, std::string_view schema, std::string_view name) {
    if (schema.find_first_of(kUnwritable) != std::string_view::npos ||
        name.find_first_of(kUnwritable) != std::string_view::npos)
        return add_unknown();
    entries_.insert(static_cast<char>(kind) + quoted_name(schema, name));
}

std::string CatalogReads::text() const {
    if (unknown_) return std::string(kUnknown);
    std::string text;
    for (const std::string& entry : entries_) {
        if (!text.empty()) text += kSeparator;
        text += entry;
    }
    return text;
}

std::optional<std::vector<CatalogRead>> parse_catalog_reads(std::string_view text) {
    std::vector<CatalogRead> reads;
    while (!text.empty()) {
        const auto end = text.find(kSeparator);
        const auto entry = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (entry.empty() || std::string_view("r^f").find(entry.front()) == std::string_view::npos)
            return std::nullopt;
        auto name = parse_written_name(entry.substr(1));
        if (!name) return std::nullopt;
        reads.push_back({static_cast<CatalogRead::Kind>(entry.front()), std::move(*name)});
    }
    return reads;
}

}  // namespace freshread
