// HMAC-SHA-256 (RFC 2104), by OpenSSL.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace freshread {

using Hmac = std::array<std::uint8_t, 32>;

// Nothing where OpenSSL refuses it.
[[nodiscard]] std::optional<Hmac> hmac_sha256(std::string_view key, std::string_view text);

}  // namespace freshread
