// What a script of MariaDB's test suite does to the server under it and not to the data: two servers that
// follow each other do not stand it, and the oracle learns nothing from it.
#pragma once

#include <string>
#include <string_view>

namespace freshread::test {

// The reason, or nothing for a statement that can be played.
[[nodiscard]] std::string_view why_skipped(std::string_view statement);

// A statement of the server's administrator that says how all of them are to be: on the replica too.
[[nodiscard]] bool sets_globally(std::string_view statement);

}  // namespace freshread::test
