#include "state/shared_segment.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <span>
#include <utility>

#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/random.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/file_descriptor.h"
#include "state/file_lock.h"
#include "state/image.h"
#include "state/user_table.h"

namespace freshread {

namespace {

constexpr mode_t kOfTheAccount = S_IRUSR | S_IWUSR;
constexpr mode_t kPermissions = S_IRWXU | S_IRWXG | S_IRWXO;
constexpr int kMostLosses = 8;

// What the file says: which segment, and which of those that had its number is meant.
struct Pointer {
    enum At : std::size_t { Segment, Identity, Digest, Words };
    std::array<std::uint64_t, Words> words{};

    void seal(std::uint64_t magic) { words[Digest] = digest(magic); }
    [[nodiscard]] bool intact(std::uint64_t magic) const { return words[Digest] == digest(magic); }
    [[nodiscard]] std::uint64_t digest(std::uint64_t magic) const {
        return digest_of(magic, std::span(words).first<Digest>());
    }
};

// The segments' numbers mean something in one namespace only.
std::uint64_t ipc_namespace() {
    struct stat status {};
    return ::stat("/proc/self/ns/ipc", &status) == 0 ? status.st_ino : 0;
}

std::string path_in_namespace(const std::string& stem) {
    std::array<char, 32> name{};
    const int length =
        std::snprintf(name.data(), name.size(), "-%llx", static_cast<unsigned long long>(ipc_namespace()));
    return stem + std::string(name.data(), static_cast<std::size_t>(length));
}

// Attached, when it is ours and large enough; else null.
void* attach(int segment, std::size_t size) {
    struct shmid_ds status {};
    if (::shmctl(segment, IPC_STAT, &status) != 0 || status.shm_perm.uid != ::geteuid() ||
        status.shm_perm.cuid != ::geteuid() || (status.shm_perm.mode & kPermissions) != kOfTheAccount ||
        status.shm_segsz < size)
        return nullptr;
    void* const memory = ::shmat(segment, nullptr, 0);
    // The kernel's way to say -1.
    return reinterpret_cast<std::intptr_t>(memory) == -1 ? nullptr : memory;
}

// What stands at the path, by whatever name.
std::optional<std::pair<dev_t, ino_t>> file_at(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
    return std::pair(status.st_dev, status.st_ino);
}

// At the path, in place of what was judged, which is then at the draft's name. Another that was put there
// meanwhile stays. False when nothing can be put there.
bool put_in_place(const std::string& draft, const std::string& path,
                  const std::optional<std::pair<dev_t, ino_t>>& judged) {
    const auto rename = [&](unsigned how) {
        return ::renameat2(AT_FDCWD, draft.c_str(), AT_FDCWD, path.c_str(), how) == 0;
    };
    struct stat status {};
    if (!judged) {
        if (rename(RENAME_NOREPLACE) || errno == EEXIST) return true;
    } else if (::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
        return false;
    } else if (rename(RENAME_EXCHANGE)) {
        if (file_at(draft) != judged) rename(RENAME_EXCHANGE);
        return true;
    } else if (errno == ENOENT) {
        return true;  // it is gone: the next turn finds that
    }
    // A file system that knows only the plain way.
    return ::rename(draft.c_str(), path.c_str()) == 0;
}

}  // namespace

std::optional<std::uint64_t> SharedSegment::random_identity() {
    std::uint64_t word = 0;
    if (::getrandom(&word, sizeof word, 0) != static_cast<ssize_t>(sizeof word)) return std::nullopt;
    return word == 0 ? 1 : word;
}

std::shared_ptr<SharedSegment> SharedSegment::shared(const Place& place, const Content& content) {
    const std::string path = path_in_namespace(place.stem);
    if (auto segment = open(path, content)) return segment;
    // Those that start at once make one. Whoever was stopped meanwhile is not waited for.
    std::optional<FileLock> lock;
    try {
        lock.emplace(place.lock.empty() ? path + ".lock" : place.lock, boot_now() + place.patience);
    } catch (const StoreUnavailable&) {
        lock.reset();
    }
    std::shared_ptr<SharedSegment> made;  // kept until it is opened: the last one's end would be its own
    for (int losses = 0; losses < kMostLosses; ++losses) {
        const auto judged = file_at(path);
        if (auto segment = open(path, content)) return segment;
        if (!(made = make(path, judged, content))) break;
    }
    return nullptr;
}

SharedSegment::~SharedSegment() {
    if (memory_ != nullptr) ::shmdt(memory_);
}

bool SharedSegment::at_path() const {
    struct stat there;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled or not looked at
    return ::lstat(path_.c_str(), &there) == 0 && there.st_ino == inode_ && there.st_dev == device_ &&
           there.st_mtim.tv_sec == modified_.tv_sec && there.st_mtim.tv_nsec == modified_.tv_nsec;
}

std::shared_ptr<SharedSegment> SharedSegment::open(const std::string& path, const Content& content) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file.valid()) return nullptr;
    struct stat status {};
    Pointer pointer;
    const bool read = ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) &&
                      status.st_uid == ::geteuid() && status.st_nlink == 1 &&
                      (status.st_mode & kPermissions) == kOfTheAccount &&
                      status.st_size == static_cast<off_t>(sizeof pointer.words) &&
                      ::read(file.get(), pointer.words.data(), sizeof pointer.words) ==
                          static_cast<ssize_t>(sizeof pointer.words);
    if (!read || !pointer.intact(content.magic)) return nullptr;

    std::shared_ptr<SharedSegment> segment(new SharedSegment());
    segment->memory_ = attach(static_cast<int>(pointer.words[Pointer::Segment]), content.size);
    if (segment->memory_ == nullptr) return nullptr;
    segment->identity_ = pointer.words[Pointer::Identity];
    if (!content.is_whole(segment->memory_, segment->identity_)) return nullptr;
    segment->path_ = path;
    segment->device_ = status.st_dev;
    segment->inode_ = status.st_ino;
    segment->modified_ = status.st_mtim;
    return segment;
}

// Whoever comes second finds the other's and leaves it: only what was judged is replaced.
std::shared_ptr<SharedSegment> SharedSegment::make(const std::string& path,
                                                   const std::optional<std::pair<dev_t, ino_t>>& judged,
                                                   const Content& content) {
    const auto identity = random_identity();
    if (!identity) return nullptr;
    const int number =
        ::shmget(IPC_PRIVATE, content.size, IPC_CREAT | IPC_EXCL | static_cast<int>(kOfTheAccount));
    if (number < 0) return nullptr;
    std::shared_ptr<SharedSegment> segment(new SharedSegment());
    segment->memory_ = attach(number, content.size);
    ::shmctl(number, IPC_RMID, nullptr);
    if (segment->memory_ == nullptr) return nullptr;
    content.fill(segment->memory_, *identity);

    Pointer pointer{{static_cast<std::uint64_t>(number), *identity, 0}};
    pointer.seal(content.magic);
    const std::string draft = path + ".new-" + std::to_string(*identity);
    const FileDescriptor file(
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kOfTheAccount));
    if (!file.valid()) return nullptr;
    const bool made = ::fchmod(file.get(), kOfTheAccount) == 0 &&
                      ::write(file.get(), pointer.words.data(), sizeof pointer.words) ==
                          static_cast<ssize_t>(sizeof pointer.words) &&
                      put_in_place(draft, path, judged);
    ::unlink(draft.c_str());
    return made ? segment : nullptr;
}

}  // namespace freshread
