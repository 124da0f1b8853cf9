#include "routing/critical_tables.h"

#include "routing/identifier.h"

namespace freshread {

namespace {

std::string_view without_space(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const auto begin = text.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

// Takes what stands before the first comma outside quotes off the front, and the comma.
std::string_view take_entry(std::string_view& rest, bool& more) {
    char quote = '\0';
    std::size_t at = 0;
    for (; at < rest.size(); ++at) {
        const char c = rest[at];
        if (quote != '\0') {
            if (c == quote) quote = '\0';
        } else if (c == '"' || c == '`') {
            quote = c;
        } else if (c == ',') {
            break;
        }
    }
    more = at < rest.size();
    const auto entry = without_space(rest.substr(0, at));
    rest.remove_prefix(more ? at + 1 : at);
    return entry;
}

}  // namespace

std::optional<CriticalTables> CriticalTables::parse(std::string_view list) {
    CriticalTables tables;
    if (equals_folded(without_space(list), "all")) return tables;
    for (bool more = true; more;) {
        const auto entry = take_entry(list, more);
        if (!parse_written_name(entry) && !parse_written_name(entry, Dialect::MariaDb)) return std::nullopt;
        tables.entries_.emplace_back(entry);
    }
    return tables;
}

std::string CriticalTables::text() const {
    if (all()) return "all";
    std::string text;
    for (const std::string& entry : entries_) text.append(text.empty() ? "" : ", ").append(entry);
    return text;
}

std::optional<std::vector<WrittenName>> CriticalTables::names(Dialect dialect) const {
    std::vector<WrittenName> names;
    for (const std::string& entry : entries_) {
        auto name = parse_written_name(entry, dialect);
        if (!name) return std::nullopt;
        names.push_back(std::move(*name));
    }
    return names;
}

}  // namespace freshread
