// The administrator's word on functions (FreeFunctions=, WriteFunctions=): what has no effect although it is
// not built in, and what has one although it seems harmless.
//
// An entry is a name, `schema.name` or `name`; one without a schema stands for the name in every schema.
// Names are compared as the server looks them up (routing/written_name.h). A name in both lists writes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routing/written_name.h"

namespace freshread {

class FunctionRules {
 public:
    // An entry of one of the lists. False when it is not a name.
    [[nodiscard]] bool add_free(std::string_view entry);
    [[nodiscard]] bool add_write(std::string_view entry);

    // Said to be free, and not said to write. A name without a schema is free only by an entry without one:
    // search_path decides what it means.
    [[nodiscard]] bool frees(const WrittenName& function) const;
    // May be one that was said to write.
    [[nodiscard]] bool writes(const WrittenName& function) const;
    [[nodiscard]] bool has_writes() const { return !write_.empty(); }

 private:
    std::vector<WrittenName> free_{};
    std::vector<WrittenName> write_{};
};

}  // namespace freshread
