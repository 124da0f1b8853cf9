// The administrator's list of tables whose reads must be fresh (CriticalTables=): what the policy demands is
// demanded of reads that touch one of these, and any replica will do for the others. A value; what a read
// touches is for routing/critical_reads.h.
//
// An entry is a name, `schema.name` or `name`; one without a schema stands for the name in every schema.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routing/written_name.h"

namespace freshread {

class CriticalTables {
 public:
    // All tables there are.
    CriticalTables() = default;
    // `all`, or names separated by commas, each as some dialect writes it. Nothing when it is neither.
    [[nodiscard]] static std::optional<CriticalTables> parse(std::string_view list);

    [[nodiscard]] bool all() const { return entries_.empty(); }
    // As `parse` takes it.
    [[nodiscard]] std::string text() const;
    // As the dialect looks them up; nothing when one of them is no name there.
    [[nodiscard]] std::optional<std::vector<WrittenName>> names(Dialect dialect) const;

    friend bool operator==(const CriticalTables&, const CriticalTables&) = default;

 private:
    std::vector<std::string> entries_{};  // as written
};

}  // namespace freshread
