// Whether a statement may read a critical table (CriticalTables=), in a database whose catalog says what
// views, row-level policies, partitions and functions read.
//
// What nobody can tell counts as critical: a relation that is not in the catalog, a function of the user's
// that is not written in SQL (FreeFunctions= says that it has no effect, not what it reads), an operator or
// column notation that may call one. So do the server's own relations, which tell of all tables. A partition
// and a table that inherits are critical with the relation that they belong to, and make it so.
//
// Remembers what it has found out of each relation. Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "routing/catalog_reads.h"
#include "routing/relation_catalog.h"
#include "routing/statement_class.h"

namespace freshread {

class CriticalReads {
 public:
    // `critical`: the list, not empty.
    CriticalReads(std::vector<WrittenName> critical, Dialect dialect,
                  std::shared_ptr<const RelationCatalog> catalog);

    // `text`: what `is` was classified from.
    [[nodiscard]] bool touched_by(const StatementClass& is, std::string_view text);
    // Entries of the list that the catalog does not have.
    [[nodiscard]] std::vector<WrittenName> missing() const;

 private:
    using Pending = std::vector<CatalogRead>;

    [[nodiscard]] bool is_critical(std::string_view schema, std::string_view name) const;
    [[nodiscard]] bool leads_to_critical(CatalogRead first);
    // One step: it is critical, or what it reads is added.
    [[nodiscard]] bool follow(const CatalogRead& read, Pending& pending) const;
    [[nodiscard]] bool follow_relation(const CatalogRead& read, Pending& pending) const;
    [[nodiscard]] bool follow_function(const WrittenName& name, Pending& pending) const;
    [[nodiscard]] bool calls_critical(std::string_view written);

    std::vector<WrittenName> critical_;
    Dialect dialect_;
    std::shared_ptr<const RelationCatalog> catalog_;
    std::unordered_map<std::string, bool> known_{};
};

}  // namespace freshread
