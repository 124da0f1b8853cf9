#include "state/state_directory.h"

#include <array>
#include <cerrno>
#include <cstdint>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "state/error_text.h"
#include "state/file_descriptor.h"
#include "state/user_table.h"

namespace freshread {

namespace {

// f_type of statfs(2). linux/magic.h lacks some of them; the rest are listed here too, so that there is one
// list.
constexpr std::array<std::uint32_t, 11> kNetworkFileSystems = {
    0x6969,      // NFS
    0x517B,      // SMB
    0xFF534D42,  // CIFS
    0xFE534D42,  // SMB2
    0x01021997,  // 9p
    0x65735546,  // FUSE
    0x00C36400,  // Ceph
    0x5346414F,  // AFS (OpenAFS)
    0x6B414653,  // AFS (kernel)
    0x73757245,  // Coda
    0x0BD00BD0,  // Lustre
};

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
    throw StoreUnavailable("The state directory " + path + " cannot be used: " + why + ".");
}

std::string what_stands_there(const std::string& path, int error) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0) {
        if (S_ISLNK(status.st_mode)) return "it is a symbolic link";
        if (!S_ISDIR(status.st_mode)) return "it is not a directory";
    }
    return reason_of(error);
}

}  // namespace

std::string default_state_directory(uid_t uid) {
    std::string packaged = "/run/freshread/" + std::to_string(uid);
    struct stat status {};
    if (::lstat(packaged.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == uid) {
        return packaged;
    }
    return "/var/tmp/freshread-" + std::to_string(uid);
}

void prepare_state_directory(const std::string& path) {
    const bool made = ::mkdir(path.c_str(), S_IRWXU) == 0;
    if (!made && errno != EEXIST) refuse(path, "it cannot be made: " + reason_of(errno));

    // Every check is made on one descriptor, so that what was checked is one and the same directory.
    const FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!directory.valid()) refuse(path, what_stands_there(path, errno));
    struct stat status {};
    if (::fstat(directory.get(), &status) != 0) refuse(path, reason_of(errno));
    if (status.st_uid != ::geteuid()) {
        refuse(path, "it belongs to uid " + std::to_string(status.st_uid) + ", not to uid " +
                         std::to_string(::geteuid()));
    }
    // An unusual umask may have taken the owner's own bits from a directory that was just made.
    if (made && (status.st_mode & S_IRWXU) != S_IRWXU && ::fchmod(directory.get(), S_IRWXU) != 0) {
        refuse(path, reason_of(errno));
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        refuse(path, "others have access to it (mode 0700 is needed)");

    struct statfs file_system {};
    if (::fstatfs(directory.get(), &file_system) != 0) refuse(path, reason_of(errno));
    const auto type = static_cast<std::uint32_t>(file_system.f_type);
    for (const std::uint32_t network : kNetworkFileSystems) {
        if (type == network) refuse(path, "it is on a network file system, where locks do not hold");
    }
}

}  // namespace freshread
