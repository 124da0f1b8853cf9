#include "state/file_lock.h"

#include <cerrno>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/user_table.h"

namespace freshread {

namespace {

// Somebody may have deleted the file between open and flock: then others lock another one.
bool still_at(const std::string& path, int descriptor) {
    struct stat mine {};
    struct stat there {};
    return ::fstat(descriptor, &mine) == 0 && ::lstat(path.c_str(), &there) == 0 &&
           mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

}  // namespace

FileLock::FileLock(const std::string& path, BootTime deadline) {
    for (;;) {
        FileDescriptor file(
            ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
        if (!file.valid()) {
            throw StoreUnavailable("The lock file " + path +
                                   " cannot be opened: " + std::generic_category().message(errno) + ".");
        }
        // Whatever the umask is, the next process of this account must be able to open it.
        ::fchmod(file.get(), S_IRUSR | S_IWUSR);
        bool locked = false;
        while (!(locked = ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) && boot_now() < deadline) {
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
        if (locked && still_at(path, file.get())) {
            descriptor_ = std::move(file);
            return;
        }
        if (boot_now() >= deadline)
            throw StoreUnavailable("The lock " + path + " is held by another process.");
    }
}

// Closing is not enough: a child that was forked meanwhile has the file open, too, and with it the lock
// (flock(2)).
FileLock::~FileLock() {
    if (descriptor_.valid()) ::flock(descriptor_.get(), LOCK_UN);
}

}  // namespace freshread
