#include "state/generations.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/error_text.h"
#include "state/file_descriptor.h"
#include "state/file_lock.h"
#include "state/user_table.h"

namespace freshread {

namespace {

constexpr mode_t kModeOfNewFiles = S_IRUSR | S_IWUSR;
constexpr int kMostNewFiles = 8;

[[noreturn]] void unavailable(const std::string& path, const std::string& why) {
    throw StoreUnavailable("The generations of the user table, " + path + ", are not available: " + why +
                           ".");
}

// The application may change its directory.
std::string absolute(const std::string& path) {
    std::error_code error;
    const auto whole = std::filesystem::absolute(path, error);
    return error ? path : whole.string();
}

}  // namespace

Generations::Generations(const std::string& store)
    : path_(absolute(store) + "-generations"), lock_path_(absolute(store) + ".lock") {}

std::optional<Generation> Generations::load(std::size_t slot) {
    if (!file_ || !file_->at_path()) return std::nullopt;
    const auto number = file_->number(slot);
    if (!number) return std::nullopt;
    return Generation{opening_, *number};
}

std::optional<Generation> Generations::load_anew(std::size_t slot) {
    try {
        open_or_make(BootTime(0));
    } catch (const StoreUnavailable&) {
        return std::nullopt;
    }
    return load(slot);
}

void Generations::require(BootTime deadline) {
    if (!file_) open_or_make(deadline);
}

Generations::Words Generations::fresh_words() {
    std::array<std::uint64_t, kSlots> numbers{};
    std::size_t had = 0;
    while (had < sizeof numbers) {
        const ssize_t got =
            ::getrandom(reinterpret_cast<unsigned char*>(numbers.data()) + had, sizeof numbers - had, 0);
        if (got < 0 && errno != EINTR) throw StoreUnavailable("getrandom(2) failed");
        if (got > 0) had += static_cast<std::size_t>(got);
    }
    Words words{};
    for (std::size_t slot = 0; slot < kSlots; ++slot) {
        words.at(slot) = GenerationFile::word(slot, numbers.at(slot));
    }
    return words;
}

void Generations::bump(std::span<const std::size_t> slots, BootTime deadline) {
    Words words{};
    std::array<std::uint64_t, 8> numbers{};
    if (slots.empty()) return;
    if (slots.size() > numbers.size()) return bump_all(deadline);
    if (::getrandom(numbers.data(), sizeof numbers, 0) != static_cast<ssize_t>(sizeof numbers)) {
        throw StoreUnavailable("getrandom(2) failed");
    }
    for (std::size_t index = 0; index < slots.size(); ++index) {
        words.at(slots[index]) = GenerationFile::word(slots[index], numbers.at(index));
    }
    write(slots, words, deadline);
}

void Generations::bump_all(BootTime deadline) {
    write({}, fresh_words(), deadline);
}

void Generations::write(std::span<const std::size_t> slots, const Words& words, BootTime deadline) {
    try {
        for (int losses = 0; losses < kMostNewFiles; ++losses) {
            if (file_ && file_->write(slots, words) && file_->at_path()) return;
            open_or_make(deadline);
        }
        unavailable(path_, "it is lost again and again, or cannot be written");
    } catch (const StoreUnavailable&) {
        ::unlink(path_.c_str());
        throw;
    }
}

// What stands at the path, when it is whole and ours.
bool Generations::open() {
    file_ = GenerationFile::open(path_);
    if (file_) ++opening_;
    return file_ != nullptr;
}

// Built under another name and renamed: nobody sees a part of it.
void Generations::make() {
    const std::string draft = path_ + ".new";
    if (::unlink(draft.c_str()) != 0 && errno != ENOENT) unavailable(path_, reason_of(errno));
    const Words words = fresh_words();
    const FileDescriptor file(
        ::open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kModeOfNewFiles));
    const bool made =
        file.valid() && ::fchmod(file.get(), kModeOfNewFiles) == 0 &&
        ::pwrite(file.get(), words.data(), sizeof words, 0) == static_cast<ssize_t>(sizeof words) &&
        ::rename(draft.c_str(), path_.c_str()) == 0;
    if (!made) unavailable(path_, reason_of(errno));
}

void Generations::open_or_make(BootTime deadline) {
    if (open()) return;
    const FileLock lock(lock_path_, deadline);
    // Another process may have been faster.
    for (int losses = 0; losses < kMostNewFiles && !open(); ++losses) make();
    if (!file_) unavailable(path_, "it is lost again and again");
}

}  // namespace freshread
