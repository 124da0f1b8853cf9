// From what a MariaDB (or MySQL) server says of its tables and views to a RelationCatalog: which of them are
// plain, worked out along what views name.
//
// The server writes a view's definition out with the database of every relation it names, and the name of a
// stored function in quotes, unlike those of its own, so the definitions are classified like any statement's.
// What the account may not see is not known to be harmless.
//
// Names are folded whatever the server does with their case: of two that differ in nothing else the stricter
// one counts. The server's own databases are not in the catalog (routing/system_relations.h knows them).
//
// Sources: MariaDB documentation, "Information Schema TABLES Table", "Information Schema VIEWS Table".
#pragma once

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "routing/catalog_builder.h"
#include "routing/catalog_finding.h"
#include "routing/catalog_reads.h"

namespace freshread {

class MariaDbCatalogBuilder {
 public:
    // A row of state/mariadb_catalog_query.h:
    //
    //   R - schema name type engine    a relation: TABLE_TYPE and ENGINE as the server has them
    //   V - schema name -    text      a view's definition
    //
    // False when the row is none of these; the catalog is then not to be believed.
    [[nodiscard]] bool add(const CatalogRow& row);
    [[nodiscard]] RelationCatalog build();

 private:
    struct Relation {
        CatalogFinding of_kind{};
        std::vector<std::string> definitions{};
        bool is_view = false;
        CatalogReads reads{};
        bool finding_begun = false;
        CatalogFinding finding{RelationCatalog::Verdict::Unknown,
                               {}};  // while it is being made, and of a view over itself
    };
    using Name = std::pair<std::string, std::string>;  // schema and name, folded

    const CatalogFinding& finding_of(Relation& relation);
    [[nodiscard]] CatalogFinding finding_of_text(const std::string& text, CatalogReads& reads);

    std::map<Name, Relation> relations_{};
};

}  // namespace freshread
