#include "state/generation_file.h"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace freshread {

namespace {

constexpr mode_t kOwnersOnly = S_IRUSR | S_IWUSR;

std::uint64_t check_of(std::uint64_t number, std::size_t slot) {
    constexpr std::uint64_t kSeal = 0x46727368'67656E31ULL;  // "Frshgen1"
    return ~number ^ (kSeal + slot);
}

off_t offset_of(std::size_t slot) {
    return static_cast<off_t>(slot * sizeof(GenerationFile::Word));
}

}  // namespace

std::shared_ptr<const GenerationFile> GenerationFile::open(const std::string& path) {
    FileDescriptor opened(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!opened.valid()) return nullptr;
    const int descriptor = opened.get();
    std::shared_ptr<GenerationFile> file(new GenerationFile(path, std::move(opened)));
    struct stat status {};
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != ::geteuid())
        return nullptr;
    if ((status.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO)) != kOwnersOnly &&
        ::fchmod(descriptor, kOwnersOnly) != 0)
        return nullptr;
    file->device_ = status.st_dev;
    file->inode_ = status.st_ino;
    Words words{};
    if (::pread(descriptor, words.data(), sizeof words, 0) != static_cast<ssize_t>(sizeof words))
        return nullptr;
    for (std::size_t slot = 0; slot < kSlots; ++slot) {
        if (words.at(slot).check != check_of(words.at(slot).number, slot)) return nullptr;
    }
    return file;
}

// Not by the link count of what is open: a file that was moved, or has a second name, keeps it.
bool GenerationFile::at_path() const {
    struct stat there;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled or not looked at
    return ::lstat(path_.c_str(), &there) == 0 && there.st_ino == inode_ && there.st_dev == device_;
}

std::optional<std::uint64_t> GenerationFile::number(std::size_t slot) const {
    // A word may be read while another process is writing it.
    constexpr int kMostTries = 4;
    for (int tries = 0; tries < kMostTries; ++tries) {
        Word word;
        if (::pread(descriptor_.get(), &word, sizeof word, offset_of(slot)) !=
            static_cast<ssize_t>(sizeof word))
            return std::nullopt;
        if (word.check == check_of(word.number, slot)) return word.number;
    }
    return std::nullopt;
}

bool GenerationFile::has(std::size_t slot, const Word& word) const {
    Word found;
    return at_path() &&
           ::pread(descriptor_.get(), &found, sizeof found, offset_of(slot)) ==
               static_cast<ssize_t>(sizeof found) &&
           found == word;
}

bool GenerationFile::write(std::span<const std::size_t> slots, const Words& words) const {
    const auto written = [&](const Word* from, std::size_t size, off_t offset) {
        return ::pwrite(descriptor_.get(), from, size, offset) == static_cast<ssize_t>(size);
    };
    if (slots.empty()) return written(words.data(), sizeof words, 0);
    return std::all_of(slots.begin(), slots.end(), [&](std::size_t slot) {
        return written(&words.at(slot), sizeof(Word), offset_of(slot));
    });
}

GenerationFile::Word GenerationFile::word(std::size_t slot, std::uint64_t number) {
    return {number, check_of(number, slot)};
}

}  // namespace freshread
