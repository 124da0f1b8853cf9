// From what a PostgreSQL server's catalog says to a RelationCatalog: which relations, types and operators are
// harmless, worked out along what depends on what.
//
// pg_depend does not record what a view or policy uses of the server's own functions, so their texts are
// classified like any statement's; what users made is found through the recorded dependencies, implicit casts
// included. The same way goes what they read (routing/catalog_reads.h), and what functions do that are
// written in SQL.
//
// Sources: PostgreSQL documentation, "System Catalogs" (pg_depend, pg_rewrite, pg_policy, pg_cast,
// pg_operator), "Rules on Views", "Row Security Policies".
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "routing/catalog_finding.h"
#include "routing/catalog_reads.h"
#include "routing/relation_catalog.h"

namespace freshread {

// A row of state/catalog_query.h: a kind and five fields.
//
//   R oid  schema name flags definition   a relation. flags: relkind, relpersistence, then m: of another
//                                         table access method than the server's
//   P oid  -      -    -     condition    a policy for reading the relation
//   D oid  class  oid  -     -            the relation depends on; class: r relation, i one that is a part
//                                         of it (a partition, or a table that inherits), f function, t type,
//                                         o operator
//   F oid  schema name flags text         a function. flags: h has no effect (the server's own language, or C
//                                         and of an extension, and not volatile), a takes a single row, e of
//                                         an extension and not volatile, s is written in SQL: `text`, or,
//                                         where that is empty, what it depends on
//   B oid  class  oid  -     -            the function depends on, as D
//   T oid  schema name flags -            a type. flags: p: a cast to it runs no code of a user
//   K oid  -      oid  -     -            a cast from or to the type calls the function
//   O oid  schema name oid   -            an operator and its function
using CatalogRow = std::array<std::string, 6>;

class CatalogBuilder {
 public:
    // False when the row is none of these; the catalog is then not to be believed.
    [[nodiscard]] bool add(const CatalogRow& row);
    [[nodiscard]] RelationCatalog build();

 private:
    using Oid = std::uint32_t;
    using Verdict = RelationCatalog::Verdict;
    static constexpr Oid kFirstUserOid = 16384;  // FirstNormalObjectId

    struct Named {
        std::string schema{};
        std::string name{};
    };
    struct Dependency {
        char of = 'r';
        Oid oid = 0;
    };
    using Finding = CatalogFinding;
    struct Relation : Named {
        std::string flags{};
        std::string definition{};
        std::vector<std::string> policies{};
        std::vector<Dependency> dependencies{};
        std::vector<Oid> wholes{};  // that it is a part of
        bool finding_begun = false;
        Finding finding{};
    };
    struct Function : Named {
        std::string flags{};
        std::string text{};
        std::vector<Dependency> dependencies{};
    };
    struct Type : Named {
        bool plain = false;
        std::vector<Oid> casts{};
    };
    struct Operator : Named {
        Oid function = 0;
    };

    const Finding& finding_of(Relation& relation);
    [[nodiscard]] Finding finding_of_kind(const Relation& relation) const;
    [[nodiscard]] Finding finding_of_text(const std::string& text) const;
    [[nodiscard]] Finding finding_of_function(Oid oid) const;
    [[nodiscard]] Finding finding_of_type(const Type& type) const;
    // Lines of types, functions and operators.
    void add_user_objects(CatalogLines& lines, bool with_reads) const;

    // What each names itself, as routing/catalog_reads.h has it.
    [[nodiscard]] std::string reads_of(const Relation& relation) const;
    [[nodiscard]] std::string reads_of(const Function& function) const;
    void add_reads_of(const std::vector<Dependency>& dependencies, CatalogReads& reads) const;
    void add_reads_of_body(const std::string& text, CatalogReads& reads) const;

    std::unordered_map<Oid, Relation> relations_{};
    std::unordered_map<Oid, Function> functions_{};
    std::unordered_map<Oid, Type> types_{};
    std::unordered_map<Oid, Operator> operators_{};
    RelationCatalog made_{};         // of types, functions and operators: what texts of views are proven with
    std::set<std::string> names_{};  // of relations
    std::set<std::pair<std::string, std::string>> closed_{};  // functions, by schema and name, without a text
};

}  // namespace freshread
