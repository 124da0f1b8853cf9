#include "state/commit_token.h"

#include <cerrno>
#include <cstdint>

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/error_text.h"
#include "state/file_descriptor.h"
#include "state/hmac.h"

namespace freshread {

namespace {

constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr char kVersion = 1;
constexpr std::size_t kBody = 1 + 8 + 4 + 8;
constexpr std::size_t kSignature = std::tuple_size_v<Hmac>;

void append_number(std::string& out, std::uint64_t number, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        out.push_back(static_cast<char>((number >> shift) & 0xFF));
}

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t count) {
    std::uint64_t number = 0;
    for (const char byte : bytes.substr(at, count)) number = number << 8 | static_cast<unsigned char>(byte);
    return number;
}

std::string encoded(std::string_view bytes) {
    std::string out;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char byte : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(byte);
        for (held += 8; held >= 6; held -= 6) out.push_back(kBase64Digits[bits >> (held - 6) & 0x3F]);
    }
    if (held > 0) out.push_back(kBase64Digits[bits << (6 - held) & 0x3F]);
    return out;
}

std::string decoded_base64(std::string_view text) {
    std::string out;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char digit : text) {
        const auto value = kBase64Digits.find(digit);
        if (value == std::string_view::npos) throw TokenRefused("it has a character that no token has");
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        out.push_back(static_cast<char>(bits >> held & 0xFF));
    }
    return out;
}

std::string signature_of(std::string_view body, std::string_view key) {
    const auto signature = hmac_sha256(key, body);
    if (!signature) throw TokenRefused("HMAC-SHA-256 is not available");
    return {signature->begin(), signature->end()};
}

}  // namespace

std::string read_token_key(const std::string& path) {
    constexpr std::size_t kLeast = 16;
    constexpr std::size_t kMost = 4096;
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!file.valid() || ::fstat(file.get(), &status) != 0)
        throw TokenRefused("the file cannot be read: " + reason_of(errno));
    if (!S_ISREG(status.st_mode)) throw TokenRefused("it is not a regular file");
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        throw TokenRefused("others than its owner have access to the file (mode 0600 is needed)");
    std::string key(kMost + 1, '\0');
    const ssize_t length = ::read(file.get(), key.data(), key.size());
    key.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    if (key.size() > kMost) throw TokenRefused("the file has more than 4096 bytes");
    key.erase(key.find_last_not_of(" \t\r\n") + 1);
    if (key.size() < kLeast) throw TokenRefused("the file has less than 16 bytes");
    return key;
}

std::string make_token(const Position& position, std::string_view key) {
    std::string bytes(1, kVersion);
    append_number(bytes, position.cluster, 8);
    append_number(bytes, position.timeline, 4);
    append_number(bytes, position.lsn, 8);
    if (!key.empty()) bytes += signature_of(bytes, key);
    return encoded(bytes);
}

Position read_token(std::string_view token, std::string_view key, std::uint64_t cluster) {
    const std::string bytes = decoded_base64(token);
    // The bits behind the last byte are none of it: one token has one spelling.
    if (encoded(bytes) != token || bytes.empty()) throw TokenRefused("it is not whole");
    if (bytes.front() != kVersion) throw TokenRefused("it is of a version that is not known");
    const bool has_signature = bytes.size() == kBody + kSignature;
    if (!has_signature && bytes.size() != kBody) throw TokenRefused("it is not whole");
    if (has_signature && key.empty()) throw TokenRefused("it is signed, and there is no TokenKeyFile");
    if (!has_signature && !key.empty()) throw TokenRefused("it is not signed");
    const std::string_view body = std::string_view(bytes).substr(0, kBody);
    if (has_signature) {
        const std::string expected = signature_of(body, key);
        if (CRYPTO_memcmp(expected.data(), bytes.data() + kBody, kSignature) != 0)
            throw TokenRefused("its signature is wrong");
    }
    Position position;
    position.cluster = number_at(body, 1, 8);
    position.timeline = static_cast<std::uint32_t>(number_at(body, 9, 4));
    position.lsn = number_at(body, 13, 8);
    if (!position.known()) throw TokenRefused("it names no position");
    if (position.cluster != cluster) throw TokenRefused("it is of another cluster");
    return position;
}

}  // namespace freshread
