// Users' names reach stores only as keyed hashes (I8): HMAC-SHA-256 under a key that belongs to the state
// directory, truncated to 128 bits.
#pragma once

#include <string>
#include <string_view>

#include "state/user_table.h"

namespace freshread {

// The key of a state directory: 32 random bytes in the file `key`, 0600, made once (atomically, by whichever
// process comes first). Throws StoreUnavailable when it cannot be read, has the wrong size, owner or mode.
[[nodiscard]] std::string user_key_secret(const std::string& state_directory);

[[nodiscard]] UserKey user_key(std::string_view secret, std::string_view user);

// How the rest of the program calls a user: without a secret, since the store names the user under its own
// key, which may be lost and made anew while connections live.
[[nodiscard]] UserKey key_of_name(std::string_view user);

}  // namespace freshread
