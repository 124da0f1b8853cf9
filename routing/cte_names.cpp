#include "routing/cte_names.h"

#include <algorithm>

namespace freshread {

bool names_cte(const StatementClass& is, const WrittenName& name, Dialect dialect) {
    return name.schema.empty() && std::any_of(is.ctes.begin(), is.ctes.end(), [&](std::string_view written) {
               const auto cte = parse_written_name(written, dialect);
               return cte && cte->name == name.name;
           });
}

}  // namespace freshread
