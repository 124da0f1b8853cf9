#include "driver/connection_string.h"

#include <algorithm>
#include <cctype>

#include "driver/diagnostics.h"

namespace freshread {

namespace {

constexpr std::string_view kSpace = " \t\r\n";

bool balanced(std::string_view text) {
    int depth = 0;
    for (const char c : text) {
        if (c == '{') ++depth;
        if (c == '}' && --depth < 0) return false;
    }
    return depth == 0;
}

struct Braced {
    std::string value;
    std::size_t end = 0;  // behind the closing brace
};

// Behind a closing brace only space and a separator may follow.
bool ends_value(std::string_view text, std::size_t at, char separator) {
    while (at < text.size() && kSpace.find(text[at]) != std::string_view::npos) ++at;
    return at == text.size() || text[at] == separator;
}

// ODBC's rule: the value ends at the first brace that is not doubled.
std::optional<Braced> strict_braces(std::string_view text, std::size_t open) {
    Braced braced;
    for (std::size_t i = open + 1; i < text.size(); ++i) {
        if (text[i] != '}') {
            braced.value.push_back(text[i]);
        } else if (i + 1 < text.size() && text[i + 1] == '}') {
            braced.value.push_back('}');
            ++i;
        } else {
            braced.end = i + 1;
            return braced;
        }
    }
    return std::nullopt;
}

std::optional<Braced> balanced_braces(std::string_view text, std::size_t open) {
    int depth = 0;
    for (std::size_t i = open; i < text.size(); ++i) {
        if (text[i] == '{') ++depth;
        if (text[i] == '}' && --depth == 0)
            return Braced{std::string(text.substr(open + 1, i - open - 1)), i + 1};
    }
    return std::nullopt;
}

std::optional<Braced> parse_braces(std::string_view text, std::size_t open, char separator) {
    auto strict = strict_braces(text, open);
    if (strict && balanced(strict->value) && ends_value(text, strict->end, separator)) return strict;
    auto nested = balanced_braces(text, open);
    if (nested && ends_value(text, nested->end, separator)) return nested;
    if (strict && ends_value(text, strict->end, separator)) return strict;
    return std::nullopt;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
    });
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

KeywordList parse_connection_string(std::string_view text) {
    KeywordList keywords;
    std::size_t at = 0;
    while (true) {
        at = text.find_first_not_of(" \t\r\n;", at);
        if (at == std::string_view::npos || text[at] == '\0') return keywords;
        const auto equals = text.find('=', at);
        const auto separator = text.find(';', at);
        if (equals == std::string_view::npos || (separator != std::string_view::npos && separator < equals))
            throw DriverError("HY000", "The connection string has '" +
                                           std::string(trimmed(text.substr(at, separator - at))) +
                                           "' where KEYWORD=value is expected");
        std::string keyword(trimmed(text.substr(at, equals - at)));
        at = text.find_first_not_of(kSpace, equals + 1);
        if (at == std::string_view::npos) at = text.size();
        if (at < text.size() && text[at] == '{') {
            auto braced = parse_braces(text, at, ';');
            if (!braced)
                throw DriverError(
                    "HY000", "The value of the keyword '" + keyword +
                                 "' in the connection string has an opening brace without its closing brace");
            keywords.emplace_back(std::move(keyword), std::move(braced->value));
            at = braced->end;
        } else {
            const auto end = std::min(text.find(';', at), text.size());
            keywords.emplace_back(std::move(keyword), std::string(trimmed(text.substr(at, end - at))));
            at = end;
        }
    }
}

std::string format_connection_string(const KeywordList& keywords) {
    std::string text;
    for (const auto& [keyword, value] : keywords) {
        text += keyword + "=";
        const bool needs_braces = value.find_first_of("[]{}(),;?*=!@") != std::string::npos ||
                                  trimmed(value).size() != value.size();
        if (!needs_braces) {
            text += value;
        } else {
            text.push_back('{');
            for (const char c : value) text.append(c == '}' ? 2 : 1, c);
            text.push_back('}');
        }
        text.push_back(';');
    }
    return text;
}

std::string unbraced(std::string_view value) {
    value = trimmed(value);
    if (value.empty() || value.front() != '{') return std::string(value);
    const auto braced = parse_braces(value, 0, '\0');
    return braced ? braced->value : std::string(value);
}

std::vector<std::string> split_list(std::string_view value) {
    std::vector<std::string> items;
    int depth = 0;
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= value.size(); ++i) {
        if (i < value.size() && value[i] == '{') ++depth;
        if (i < value.size() && value[i] == '}') --depth;
        if (i == value.size() || (value[i] == ',' && depth <= 0)) {
            const auto item = trimmed(value.substr(begin, i - begin));
            if (!item.empty()) items.emplace_back(item);
            begin = i + 1;
        }
    }
    return items;
}

const std::string* find_keyword(const KeywordList& keywords, std::string_view name) {
    for (const auto& [keyword, value] : keywords)
        if (equal_ignoring_case(keyword, name)) return &value;
    return nullptr;
}

}  // namespace freshread
