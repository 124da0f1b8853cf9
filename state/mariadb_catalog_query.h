// What a MariaDB (or MySQL) server is asked about its tables and views: which databases there are, then the
// rows that routing/mariadb_catalog_builder.h takes, and a stamp that differs when they may differ.
//
// All are single SELECTs on information_schema, which shows an account what it may see. Texts come as
// hexadecimal digits of UTF-8, so no character set of the connection matters. The stamp is made of the same
// rows, so asking it spares the network and this side, not the server. The server looks at its own databases,
// too, unless it is told one by one which to look at: those take it longer than a hundred tables.
//
// Sources: MariaDB documentation, "Information Schema TABLES Table", "Information Schema VIEWS Table",
// "Optimizations for Information Schema Queries".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freshread {

// One column, of which from_hexadecimal makes a name.
[[nodiscard]] const std::string& mariadb_databases_query();

// As catalog_stamp_query and catalog_query of state/catalog_query.h. The name of the database is not asked:
// the catalog is that of a login.
[[nodiscard]] std::string mariadb_catalog_stamp_query(const std::vector<std::string>& databases);
[[nodiscard]] std::string mariadb_catalog_query(const std::vector<std::string>& databases);

// Nothing when it is no even number of hexadecimal digits.
[[nodiscard]] std::optional<std::string> from_hexadecimal(std::string_view digits);

}  // namespace freshread
