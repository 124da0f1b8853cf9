#include "driver/comparison.h"

#include <array>

namespace freshread {

std::string_view name_of(Comparison comparison) {
    constexpr std::array<std::string_view, kComparisons> kNames{
        "Equal",  "Older",    "Differed", "Parameters", "Transaction", "Session", "Catalog", "Statements",
        "Varies", "Changing", "TooLarge", "Failed",     "Serialized",  "Busy",    "Ended"};
    return kNames.at(static_cast<std::size_t>(comparison));
}

}  // namespace freshread
