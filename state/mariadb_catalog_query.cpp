#include "state/mariadb_catalog_query.h"

namespace freshread {

namespace {

constexpr std::string_view kOthers = " NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')";

// More of them are asked about all at once, whatever else the server looks at.
constexpr std::size_t kMostDatabases = 64;

// Columns of a table of information_schema about the databases.
std::string about(const std::vector<std::string>& databases, std::string_view table,
                  std::string_view columns) {
    const std::string select = "SELECT " + std::string(columns) + " FROM information_schema." +
                               std::string(table) + " WHERE TABLE_SCHEMA";
    std::string text;
    for (const std::string& database : databases) {
        // Its relations are in no catalog, and so not known to be harmless.
        if (database.find_first_of("'\\") != std::string::npos) continue;
        if (!text.empty()) text += " UNION ALL ";
        text.append(select).append(" = '").append(database).append("'");
    }
    return databases.size() > kMostDatabases || text.empty() ? select + std::string(kOthers) : text;
}

std::string tables(const std::vector<std::string>& databases) {
    return " FROM (" + about(databases, "TABLES", "TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE") + ") AS t";
}

std::string views(const std::vector<std::string>& databases) {
    return " FROM (" + about(databases, "VIEWS", "TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION") + ") AS v";
}

std::string as_hexadecimal(std::string_view text) {
    return "HEX(CONVERT(" + std::string(text) + " USING utf8mb4))";
}

// 60 bits of a digest of each row, added up in a decimal number.
std::string digest(std::string_view of) {
    return "SELECT CONCAT(COUNT(*), '.', COALESCE(SUM(CAST(CONV(LEFT(MD5(CONCAT_WS(0x1F, " + std::string(of) +
           ")), 15), 16, 10) AS UNSIGNED)), 0))";
}

std::string stamp(const std::vector<std::string>& databases) {
    return "CONCAT((" + digest("TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE") + tables(databases) +
           "), ' ', (" + digest("TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION") + views(databases) + "))";
}

}  // namespace

const std::string& mariadb_databases_query() {
    static const std::string query = "SELECT " + as_hexadecimal("SCHEMA_NAME") +
                                     " FROM information_schema.SCHEMATA WHERE SCHEMA_NAME" +
                                     std::string(kOthers);
    return query;
}

std::string mariadb_catalog_stamp_query(const std::vector<std::string>& databases) {
    return "SELECT '', " + stamp(databases);
}

std::string mariadb_catalog_query(const std::vector<std::string>& databases) {
    return "SELECT 'S', '', '', " + stamp(databases) + ", '', '' UNION ALL SELECT 'R', '', " +
           as_hexadecimal("TABLE_SCHEMA") + ", " + as_hexadecimal("TABLE_NAME") +
           ", TABLE_TYPE, COALESCE(ENGINE, '')" + tables(databases) + " UNION ALL SELECT 'V', '', " +
           as_hexadecimal("TABLE_SCHEMA") + ", " + as_hexadecimal("TABLE_NAME") + ", '', " +
           as_hexadecimal("VIEW_DEFINITION") + views(databases);
}

std::optional<std::string> from_hexadecimal(std::string_view digits) {
    const auto value = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    };
    if (digits.size() % 2 != 0) return std::nullopt;
    std::string text;
    text.reserve(digits.size() / 2);
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const int high = value(digits[i]);
        const int low = value(digits[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        text.push_back(static_cast<char>(high * 16 + low));
    }
    return text;
}

}  // namespace freshread
