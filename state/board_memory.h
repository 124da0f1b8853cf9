// The memory of a board: shared by all processes of the account that use one state directory and cluster.
//
// It is a System V segment, and a small file in the state directory names it. Not a mapped file: who cuts a
// mapped file, or fills its disk, kills with SIGBUS whoever touches it next, in the middle of the
// application. A segment cannot be cut, costs nothing to read, and is marked for removal as soon as it is
// made: it lives exactly as long as a process has it, however that ends (Linux lets others attach to it
// meanwhile), so none is ever left behind. What a board holds is worth nothing once nobody uses it.
//
//     shared(): the file is whole and ours, the segment it names is there, ours, and the one it means
//                  --> that board
//               else, one process after the other --> a new segment, and a file put in the place of the other
//
// Whose file was deleted or replaced notices with at_path().
// Source: shmat(2), shmctl(2).
#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <sys/types.h>

#include "state/board_layout.h"

namespace freshread {

class BoardMemory {
 public:
    // REQUIRES: the directory is prepared (state/state_directory.h). Null when the kernel or the file system
    // refuses.
    [[nodiscard]] static std::shared_ptr<BoardMemory> shared(const std::string& directory,
                                                             std::uint64_t cluster);
    // Of this process alone.
    [[nodiscard]] static std::shared_ptr<BoardMemory> own(std::uint64_t cluster);
    ~BoardMemory();
    BoardMemory(const BoardMemory&) = delete;
    BoardMemory& operator=(const BoardMemory&) = delete;

    [[nodiscard]] board_layout::Board& layout() { return *layout_; }
    [[nodiscard]] std::uint64_t identity() const { return identity_; }
    // Others that come now find this board: one system call. Always so for one of this process alone.
    [[nodiscard]] bool at_path() const;

 private:
    BoardMemory() = default;
    static std::shared_ptr<BoardMemory> open(const std::string& path, std::uint64_t cluster);
    static std::shared_ptr<BoardMemory> make(const std::string& path,
                                             const std::optional<std::pair<dev_t, ino_t>>& judged,
                                             std::uint64_t cluster);

    board_layout::Board* layout_ = nullptr;
    std::unique_ptr<board_layout::Board> own_{};
    std::uint64_t identity_ = 0;
    std::string path_{};
    dev_t device_ = 0;
    ino_t inode_ = 0;
    timespec modified_{};
};

}  // namespace freshread
