// The classifier for a session whose lexical settings cannot be seen: whether backslashes escape inside
// strings, and in MariaDB whether "x" is a string, may have been set where this side does not look. A text
// without such a character reads the same either way; of a text with one every reading has to be a Read, or
// it is none.
//
// This is what the driver and `freshread classify` ask. Thread-safe: no state.
#pragma once

#include <string_view>

#include "routing/classifier.h"

namespace freshread {

// `text` must outlive the result. When the readings disagree, the names are those of all that were looked at.
[[nodiscard]] StatementClass classify_cautiously(std::string_view text, Dialect dialect);

}  // namespace freshread
