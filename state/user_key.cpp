#include "state/user_key.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/error_text.h"
#include "state/file_descriptor.h"
#include "state/hmac.h"

namespace freshread {

namespace {

constexpr std::size_t kSecretSize = 32;

[[noreturn]] void refuse_key(const std::string& path, const std::string& why) {
    throw StoreUnavailable("The key of user names, " + path + ", cannot be used: " + why + ".");
}

std::string random_bytes(const std::string& path, std::size_t count) {
    std::string bytes(count, '\0');
    if (::getrandom(bytes.data(), count, 0) != static_cast<ssize_t>(count))
        refuse_key(path, reason_of(errno));
    return bytes;
}

std::string hexadecimal(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const char byte : bytes) {
        text += kDigits[(static_cast<unsigned char>(byte) >> 4) & 0xF];
        text += kDigits[static_cast<unsigned char>(byte) & 0xF];
    }
    return text;
}

// link(2) refuses to replace: of several processes one wins, and no one ever sees a half-written key.
void make_secret(const std::string& path) {
    const std::string draft = path + "." + hexadecimal(random_bytes(path, 8));
    {
        const FileDescriptor file(
            ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
        if (!file.valid()) refuse_key(path, "it cannot be made: " + reason_of(errno));
        const std::string secret = random_bytes(path, kSecretSize);
        const bool written =
            ::fchmod(file.get(), S_IRUSR | S_IWUSR) == 0 &&
            ::write(file.get(), secret.data(), secret.size()) == static_cast<ssize_t>(secret.size()) &&
            ::fsync(file.get()) == 0;
        if (!written) {
            const int error = errno;
            ::unlink(draft.c_str());
            refuse_key(path, "it cannot be written: " + reason_of(error));
        }
    }
    const int linked = ::link(draft.c_str(), path.c_str());
    const int error = errno;
    ::unlink(draft.c_str());
    if (linked != 0 && error != EEXIST) refuse_key(path, "it cannot be made: " + reason_of(error));
}

}  // namespace

std::string user_key_secret(const std::string& state_directory) {
    const std::string path = state_directory + "/key";
    const auto open_key = [&path] { return ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC); };
    FileDescriptor file(open_key());
    if (!file.valid() && errno == ENOENT) {
        make_secret(path);
        file = FileDescriptor(open_key());
    }
    if (!file.valid()) refuse_key(path, errno == ELOOP ? "it is a symbolic link" : reason_of(errno));

    struct stat status {};
    if (::fstat(file.get(), &status) != 0) refuse_key(path, reason_of(errno));
    if (!S_ISREG(status.st_mode)) refuse_key(path, "it is not a regular file");
    if (status.st_uid != ::geteuid()) refuse_key(path, "it belongs to another account");
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        refuse_key(path, "others have access to it (mode 0600 is needed)");

    // One byte more than the key has, so that a longer file is noticed.
    std::string secret(kSecretSize + 1, '\0');
    const ssize_t length = ::read(file.get(), secret.data(), secret.size());
    if (length != static_cast<ssize_t>(kSecretSize)) refuse_key(path, "it does not have 32 bytes");
    secret.resize(kSecretSize);
    return secret;
}

UserKey user_key(std::string_view secret, std::string_view user) {
    const auto digest = hmac_sha256(secret, user);
    UserKey key{};
    if (!digest) throw StoreUnavailable("HMAC-SHA-256 is not available.");
    static_assert(key.size() <= std::tuple_size_v<Hmac>);
    std::copy_n(digest->begin(), key.size(), key.begin());
    return key;
}

UserKey key_of_name(std::string_view user) {
    return user_key("", user);
}

}  // namespace freshread
