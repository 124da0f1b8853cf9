// The memory of a board: shared by all processes of the account that use one state directory and cluster
// (state/shared_segment.h). Whose file was deleted or replaced notices with at_path().
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "state/board_layout.h"
#include "state/shared_segment.h"

namespace freshread {

class BoardMemory {
 public:
    // REQUIRES: the directory is prepared (state/state_directory.h). Null when the kernel or the file system
    // refuses.
    [[nodiscard]] static std::shared_ptr<BoardMemory> shared(const std::string& directory,
                                                             std::uint64_t cluster);
    // Of this process alone.
    [[nodiscard]] static std::shared_ptr<BoardMemory> own(std::uint64_t cluster);
    BoardMemory(const BoardMemory&) = delete;
    BoardMemory& operator=(const BoardMemory&) = delete;

    [[nodiscard]] board_layout::Board& layout() { return *layout_; }
    [[nodiscard]] std::uint64_t identity() const { return identity_; }
    // Others that come now find this board: one system call. Always so for one of this process alone.
    [[nodiscard]] bool at_path() const { return !segment_ || segment_->at_path(); }

 private:
    BoardMemory() = default;

    board_layout::Board* layout_ = nullptr;
    std::shared_ptr<SharedSegment> segment_{};
    std::unique_ptr<board_layout::Board> own_{};
    std::uint64_t identity_ = 0;
};

}  // namespace freshread
