// ODBC connection strings: `KEYWORD=value;KEYWORD={value; with } doubled}};...`
//
// Source: ODBC Programmer's Reference, SQLDriverConnect, "Comments" (connection string grammar). One liberty:
// a value in braces that itself is a connection string may hold braces that are balanced and not doubled, as
// people write them: Leader={Driver={PostgreSQL Unicode};Servername=db1}.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace freshread {

// Keywords as written and values without their braces, in order.
using KeywordList = std::vector<std::pair<std::string, std::string>>;

// Throws DriverError (HY000) naming the keyword at which the text stops being a connection string.
[[nodiscard]] KeywordList parse_connection_string(std::string_view text);

// Braces are put around values that need them.
[[nodiscard]] std::string format_connection_string(const KeywordList& keywords);

// A value as a connection string or odbc.ini holds it: with its braces taken off, when it has them.
[[nodiscard]] std::string unbraced(std::string_view value);

// Splits at commas outside braces; every item trimmed, braces kept; no empty items.
[[nodiscard]] std::vector<std::string> split_list(std::string_view value);

// The first value of a keyword, case-insensitive (the first one counts, as ODBC says).
[[nodiscard]] const std::string* find_keyword(const KeywordList& keywords, std::string_view name);

[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);
[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace freshread
