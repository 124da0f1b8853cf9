// What a PostgreSQL database is asked about its relations, types, functions and operators: the rows that
// routing/catalog_builder.h takes, and a stamp that differs when they may differ. Reading the answers, those
// of MariaDB (state/mariadb_catalog_query.h), too.
//
// Both are single SELECTs, sent as statements of their own outside any transaction, by the monitor through
// libpq or by the driver on a connection of its own; they leave nothing behind (search_path is set for the
// statement alone). Texts come in the server's 'escape' encoding of UTF-8, so no client encoding matters. The
// stamp is made of oid and xmin of the catalogs' rows that users made: every change writes a row anew. Asking
// it costs about a microsecond per object.
//
// Sources: PostgreSQL documentation, "System Catalogs", "System Information Functions", "Binary String
// Functions" (encode).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "routing/catalog_builder.h"
#include "routing/dialect.h"
#include "routing/mariadb_catalog_builder.h"

namespace freshread {

// Which database, and in which state.
struct CatalogStamp {
    std::string database{};
    std::string state{};
    friend bool operator==(const CatalogStamp&, const CatalogStamp&) = default;
};

// Whose catalog it is: of a database of PostgreSQL, or of what a login of MariaDB may see.
struct CatalogIdentity {
    std::string database{};
    Dialect dialect = Dialect::PostgreSql;
};

inline constexpr std::size_t kCatalogStampColumns = 2;
inline constexpr std::size_t kCatalogColumns = 6;

[[nodiscard]] const std::string& catalog_stamp_query();
// The first row, of kind S, has the stamp: - database state - -.
[[nodiscard]] const std::string& catalog_query();

// Nothing when the columns are not well-formed. `of`: the catalog's name where the server does not say it.
[[nodiscard]] std::optional<CatalogStamp> parse_catalog_stamp(std::span<const std::string_view> columns,
                                                              const CatalogIdentity& of);

// Takes the rows of catalog_query, or of MariaDB's, one after the other.
class CatalogReading {
 public:
    explicit CatalogReading(CatalogIdentity of) : of_(std::move(of)) {}

    void add(std::span<const std::string_view> columns);
    // Nothing when a row was not understood or the stamp is missing.
    struct Result {
        CatalogStamp stamp{};
        RelationCatalog catalog{};
    };
    [[nodiscard]] std::optional<Result> finish();

 private:
    CatalogIdentity of_;
    CatalogBuilder builder_{};
    MariaDbCatalogBuilder mariadb_builder_{};
    std::optional<CatalogStamp> stamp_{};
    bool failed_ = false;
};

}  // namespace freshread
