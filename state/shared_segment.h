// Memory that the processes of an account share, found by a small file that names it.
//
// It is a System V segment, not a mapped file: who cuts a mapped file, or fills its disk, kills with SIGBUS
// whoever touches it next, in the middle of the application. A segment cannot be cut, costs nothing to read,
// and is marked for removal as soon as it is made: it lives exactly as long as a process has it, however that
// ends (Linux lets others attach to it meanwhile), so none is ever left behind. What is in it must be worth
// nothing once nobody uses it.
//
//     shared(): the file is whole and ours, the segment it names is there, ours, and the one it means
//                  --> that segment
//               else, one process after the other --> a new one, and a file put in the place of the other
//
// Whose file was deleted or replaced notices with at_path().
// Source: shmat(2), shmctl(2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <sys/types.h>

#include "state/clock.h"

namespace freshread {

class SharedSegment {
 public:
    struct Place {
        std::string stem{};  // of the file: what it means is added, for segments are those of a namespace
        std::string lock{};  // for making it; empty: a file beside it
        BootTime patience{0};
    };
    struct Content {
        std::uint64_t magic = 0;
        std::size_t size = 0;
        // Writes into zeros what is_whole() wants, before anybody else has the segment. The identity is
        // random, not zero, and stands in the file.
        std::function<void(void* memory, std::uint64_t identity)> fill{};
        std::function<bool(const void* memory, std::uint64_t identity)> is_whole{};
    };

    // REQUIRES: the directory is there and private. Null when the kernel or the file system refuses.
    [[nodiscard]] static std::shared_ptr<SharedSegment> shared(const Place& place, const Content& content);
    ~SharedSegment();
    SharedSegment(const SharedSegment&) = delete;
    SharedSegment& operator=(const SharedSegment&) = delete;

    // Zeros, or what another process wrote: atomics of integers.
    [[nodiscard]] void* memory() { return memory_; }
    [[nodiscard]] std::uint64_t identity() const { return identity_; }
    // Others that come now find this segment: one system call.
    [[nodiscard]] bool at_path() const;

    [[nodiscard]] static std::optional<std::uint64_t> random_identity();

 private:
    SharedSegment() = default;
    static std::shared_ptr<SharedSegment> open(const std::string& path, const Content& content);
    static std::shared_ptr<SharedSegment> make(const std::string& path,
                                               const std::optional<std::pair<dev_t, ino_t>>& judged,
                                               const Content& content);

    void* memory_ = nullptr;
    std::uint64_t identity_ = 0;
    std::string path_{};
    dev_t device_ = 0;
    ino_t inode_ = 0;
    timespec modified_{};
};

}  // namespace freshread
