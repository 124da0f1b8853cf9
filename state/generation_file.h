// One opened file of generations (state/generations.h), which never becomes another: whoever holds it may ask
// at any time, from any thread, whether a number still stands, without the lock of the store.
//
// Read and written with pread(2) and pwrite(2), not mapped: who cuts a mapped file kills with SIGBUS whoever
// touches it just then.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <sys/types.h>

#include "state/file_descriptor.h"

namespace freshread {

class GenerationFile {
 public:
    static constexpr std::size_t kSlots = 256;

    struct Word {
        std::uint64_t number = 0;
        std::uint64_t check = 0;

        friend bool operator==(const Word&, const Word&) = default;
    };
    using Words = std::array<Word, kSlots>;

    // The file at the path, when it is whole and ours; null when it is not.
    [[nodiscard]] static std::shared_ptr<const GenerationFile> open(const std::string& path);
    GenerationFile(const GenerationFile&) = delete;
    GenerationFile& operator=(const GenerationFile&) = delete;

    // It is what stands at its path.
    [[nodiscard]] bool at_path() const;
    // The number of a slot; nothing when the file is cut or damaged there.
    [[nodiscard]] std::optional<std::uint64_t> number(std::size_t slot) const;
    // at_path(), and the slot has this word. Asked before every read: at the cost of its two system calls.
    [[nodiscard]] bool has(std::size_t slot, const Word& word) const;
    // All slots when none are named.
    [[nodiscard]] bool write(std::span<const std::size_t> slots, const Words& words) const;

    // A word as it is written.
    [[nodiscard]] static Word word(std::size_t slot, std::uint64_t number);

 private:
    GenerationFile(std::string path, FileDescriptor descriptor)
        : path_(std::move(path)), descriptor_(std::move(descriptor)) {}

    std::string path_;
    FileDescriptor descriptor_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

// That nothing was changed in a slot since a number was loaded: a look that was made after the loading still
// holds (state/user_table.h). Thread-safe.
class Witness {
 public:
    Witness() = default;
    Witness(std::shared_ptr<const GenerationFile> file, std::size_t slot, std::uint64_t number)
        : file_(std::move(file)), slot_(slot), word_(GenerationFile::word(slot, number)) {}
    // False when it cannot be told, or is being written just then.
    [[nodiscard]] bool holds() const { return file_ && file_->has(slot_, word_); }

 private:
    std::shared_ptr<const GenerationFile> file_{};
    std::size_t slot_ = 0;
    GenerationFile::Word word_{};
};

}  // namespace freshread
