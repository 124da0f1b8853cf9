// Commit tokens: how far a session has come, as a text that a client hands to another one, on any host.
//
//   token     = base64url without padding (RFC 4648, section 5) of
//               version (1 byte: 1), cluster (8), timeline (4), lsn (8), and the signature, if there is a key
//   signature = HMAC-SHA-256 under the key of what stands before it (32)
//
// Numbers are big-endian. So a token has 28 characters, or 71 when it is signed.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "routing/position.h"

namespace freshread {

// The message says why, without the token.
struct TokenRefused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The key in a file: all its bytes but the blanks and line ends behind them, 16 at least. Throws TokenRefused
// when the file cannot be read, or others than its owner can.
[[nodiscard]] std::string read_token_key(const std::string& path);

// An empty key: not signed.
[[nodiscard]] std::string make_token(const Position& position, std::string_view key);
// What make_token was given. Throws TokenRefused for what it did not make with this key, or for another
// cluster. Takes as long for a signature that is nearly right as for any other.
[[nodiscard]] Position read_token(std::string_view token, std::string_view key, std::uint64_t cluster);

}  // namespace freshread
