#include "state/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace freshread {

std::optional<Hmac> hmac_sha256(std::string_view key, std::string_view text) {
    Hmac digest{};
    unsigned int length = 0;
    const void* done =
        HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &length);
    if (!done || length != digest.size()) return std::nullopt;
    return digest;
}

}  // namespace freshread
