// A descriptor of the kernel's, closed with its owner. Also of no file: what open(2) and its kin gave when
// they failed. The destructor keeps errno.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace freshread {

class FileDescriptor {
 public:
    FileDescriptor() = default;
    explicit FileDescriptor(int number) : number_(number) {}
    FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor() {
        if (number_ < 0) return;
        const int error = errno;
        ::close(number_);
        errno = error;
    }

    [[nodiscard]] int get() const { return number_; }
    [[nodiscard]] bool valid() const { return number_ >= 0; }

 private:
    int number_ = -1;
};

}  // namespace freshread
