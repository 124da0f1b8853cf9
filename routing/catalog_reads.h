// What a relation reads, or a function of a user's, as its line in the catalog (routing/relation_catalog.h)
// says it: what it names itself. What those read is for whoever follows them (routing/critical_reads.h).
//
// Entries are separated by the byte 0x1F:
//
//   r"schema"."name"  it reads the relation, or one of that name when no schema is given
//   ^"schema"."name"  its rows are the relation's, too: it is a partition of it, or inherits from it
//   f"schema"."name"  it calls a function of that name, or uses a type of that name
//   *                 nobody can tell
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "routing/written_name.h"

namespace freshread {

struct CatalogRead {
    enum class Kind : char { Relation = 'r', Whole = '^', Function = 'f' };
    Kind kind = Kind::Relation;
    WrittenName name{};
};

class CatalogReads {
 public:
    void add(CatalogRead::Kind kind, std::string_view schema, std::string_view name);
    void add_unknown() { unknown_ = true; }
    [[nodiscard]] std::string text() const;

 private:
    std::set<std::string> entries_{};
    bool unknown_ = false;
};

// Nothing when nobody can tell, or it is not understood.
[[nodiscard]] std::optional<std::vector<CatalogRead>> parse_catalog_reads(std::string_view text);

}  // namespace freshread
