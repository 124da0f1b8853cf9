// An exclusive lock between processes: flock(2) on a file of its own. Waiting ends at a deadline. A process
// that is forked meanwhile has no part in it.
#pragma once

#include <string>

#include "state/clock.h"
#include "state/file_descriptor.h"

namespace freshread {

class FileLock {
 public:
    // Makes the file (0600) if it is missing. Throws StoreUnavailable when the lock is not had by `deadline`.
    FileLock(const std::string& path, BootTime deadline);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

 private:
    FileDescriptor descriptor_{};
};

}  // namespace freshread
