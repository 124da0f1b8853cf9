// What reading a relation takes, or using a type or an operator, while a catalog of them is made, and the
// line of the catalog (routing/relation_catalog.h) that says so.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "routing/relation_catalog.h"

namespace freshread {

struct CatalogFinding {
    RelationCatalog::Verdict verdict = RelationCatalog::Verdict::Plain;
    std::vector<std::string> functions{};  // that have to be free, by quoted_name

    // Both have to hold.
    void add(const CatalogFinding& other);
};

// "schema"."name", or "name" without one, as parse_written_name reads it for PostgreSQL.
[[nodiscard]] std::string quoted_name(std::string_view schema, std::string_view name);

// Lines of a catalog that is being made.
class CatalogLines {
 public:
    // A name that cannot stand in a line is left out: it is unknown.
    // `reads`: routing/catalog_reads.h.
    void add(char kind, std::string_view schema, std::string_view name, const CatalogFinding& finding,
             std::string_view reads = {});
    void add(char kind, std::string_view schema, std::string_view name, std::string_view verdict,
             std::string_view functions, std::string_view reads = {});
    [[nodiscard]] RelationCatalog catalog();

 private:
    std::vector<std::string> lines_{};
};

}  // namespace freshread
