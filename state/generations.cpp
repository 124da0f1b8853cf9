#include "state/generations.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/file_lock.h"
#include "state/user_table.h"

namespace freshread {

namespace {

constexpr mode_t kMode = S_IRUSR | S_IWUSR;
constexpr int kMostLosses = 8;

std::uint64_t check_of(std::uint64_t number, std::size_t slot) {
    constexpr std::uint64_t kSeal = 0x46727368'67656E31ULL;  // "Frshgen1"
    return ~number ^ (kSeal + slot);
}

off_t offset_of(std::size_t slot, std::size_t size) {
    return static_cast<off_t>(slot * size);
}

[[noreturn]] void unavailable(const std::string& path, const std::string& why) {
    throw StoreUnavailable("The generations of the user table, " + path + ", are not available: " + why +
                           ".");
}

std::string reason_of(int error) {
    return std::generic_category().message(error);
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

Generations::~Generations() {
    close();
}

void Generations::close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

// Not by the link count of what is open: a file that was moved, or has a second name, keeps it.
bool Generations::at_path() const {
    struct stat there {};
    return ::lstat(path_.c_str(), &there) == 0 && there.st_ino == inode_ && there.st_dev == device_;
}

std::optional<Generation> Generations::load(std::size_t slot) {
    if (descriptor_ < 0 || !at_path()) return std::nullopt;
    // A word may be read while another process is writing it.
    constexpr int kMostTries = 4;
    for (int tries = 0; tries < kMostTries; ++tries) {
        Word word;
        if (::pread(descriptor_, &word, sizeof word, offset_of(slot, sizeof word)) !=
            static_cast<ssize_t>(sizeof word)) {
            return std::nullopt;
        }
        if (word.check == check_of(word.number, slot)) return Generation{opening_, word.number};
    }
    return std::nullopt;
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
    if (descriptor_ < 0) open_or_make(deadline);
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
        words.at(slot) = {numbers.at(slot), check_of(numbers.at(slot), slot)};
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
        words.at(slots[index]) = {numbers.at(index), check_of(numbers.at(index), slots[index])};
    }
    write(slots, words, deadline);
}

void Generations::bump_all(BootTime deadline) {
    write({}, fresh_words(), deadline);
}

// All slots when none are named.
bool Generations::write_to_open_file(std::span<const std::size_t> slots, const Words& words) const {
    const auto written = [&](const Word* from, std::size_t size, off_t offset) {
        return ::pwrite(descriptor_, from, size, offset) == static_cast<ssize_t>(size);
    };
    if (slots.empty()) return written(words.data(), sizeof words, 0);
    return std::all_of(slots.begin(), slots.end(), [&](std::size_t slot) {
        return written(&words.at(slot), sizeof(Word), offset_of(slot, sizeof(Word)));
    });
}

void Generations::write(std::span<const std::size_t> slots, const Words& words, BootTime deadline) {
    try {
        for (int losses = 0; losses < kMostLosses; ++losses) {
            if (descriptor_ >= 0 && write_to_open_file(slots, words) && at_path()) return;
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
    close();
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode) ||
        status.st_uid != ::geteuid()) {
        return false;
    }
    if ((status.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO)) != kMode && ::fchmod(descriptor_, kMode) != 0) {
        return false;
    }
    Words words{};
    if (::pread(descriptor_, words.data(), sizeof words, 0) != static_cast<ssize_t>(sizeof words))
        return false;
    for (std::size_t slot = 0; slot < kSlots; ++slot) {
        if (words.at(slot).check != check_of(words.at(slot).number, slot)) return false;
    }
    device_ = status.st_dev;
    inode_ = status.st_ino;
    ++opening_;
    return true;
}

// Built under another name and renamed: nobody sees a part of it.
void Generations::make() {
    const std::string draft = path_ + ".new";
    if (::unlink(draft.c_str()) != 0 && errno != ENOENT) unavailable(path_, reason_of(errno));
    const Words words = fresh_words();
    descriptor_ = ::open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode);
    const bool made =
        descriptor_ >= 0 && ::fchmod(descriptor_, kMode) == 0 &&
        ::pwrite(descriptor_, words.data(), sizeof words, 0) == static_cast<ssize_t>(sizeof words) &&
        ::rename(draft.c_str(), path_.c_str()) == 0;
    const int error = errno;
    close();
    if (!made) unavailable(path_, reason_of(error));
}

void Generations::open_or_make(BootTime deadline) {
    if (open()) return;
    close();
    const FileLock lock(lock_path_, deadline);
    // Another process may have been faster.
    for (int losses = 0; losses < kMostLosses && !open(); ++losses) {
        close();
        make();
    }
    if (descriptor_ < 0) unavailable(path_, "it is lost again and again");
}

}  // namespace freshread
