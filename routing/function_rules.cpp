#include "routing/function_rules.h"

#include <algorithm>

namespace freshread {

namespace {

bool add(std::vector<WrittenName>& list, std::string_view entry) {
    auto name = parse_written_name(entry);
    if (!name) return false;
    list.push_back(std::move(*name));
    return true;
}

}  // namespace

bool FunctionRules::add_free(std::string_view entry) {
    return add(free_, entry);
}

bool FunctionRules::add_write(std::string_view entry) {
    return add(write_, entry);
}

bool FunctionRules::frees(const WrittenName& function) const {
    if (writes(function)) return false;
    return std::any_of(free_.begin(), free_.end(), [&](const WrittenName& entry) {
        return entry.name == function.name && (entry.schema.empty() || entry.schema == function.schema);
    });
}

bool FunctionRules::writes(const WrittenName& function) const {
    return std::any_of(write_.begin(), write_.end(), [&](const WrittenName& entry) {
        return entry.name == function.name &&
               (entry.schema.empty() || function.schema.empty() || entry.schema == function.schema);
    });
}

}  // namespace freshread
