#include "state/board_memory.h"

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

#include "state/clock.h"
#include "state/file_descriptor.h"
#include "state/file_lock.h"
#include "state/image.h"
#include "state/user_table.h"

namespace freshread {

namespace {

using Layout = board_layout::Board;

constexpr mode_t kMode = S_IRUSR | S_IWUSR;
constexpr mode_t kPermissions = S_IRWXU | S_IRWXG | S_IRWXO;
constexpr int kMostLosses = 8;

using Constants = std::array<std::uint64_t, Layout::Constants>;

void seal_constants(Constants& constants) {
    constants[Layout::Digest] = digest_of(board_layout::kMagic, std::span(constants).first<Layout::Digest>());
}

Constants constants_of(std::uint64_t identity, std::uint64_t cluster) {
    Constants constants{board_layout::kMagic, board_layout::kVersion, sizeof(Layout), identity, cluster,
                        word_of(boot_id())};
    seal_constants(constants);
    return constants;
}

// What the file says: which segment, and which board is in it.
struct Pointer {
    enum At : std::size_t { Segment, Identity, Digest, Words };
    std::array<std::uint64_t, Words> words{};

    void seal() { words[Digest] = digest(); }
    [[nodiscard]] bool intact() const { return words[Digest] == digest(); }
    [[nodiscard]] std::uint64_t digest() const {
        return digest_of(board_layout::kMagic, std::span(words).first<Digest>());
    }
};

std::optional<std::uint64_t> random_word() {
    std::uint64_t word = 0;
    if (::getrandom(&word, sizeof word, 0) != static_cast<ssize_t>(sizeof word)) return std::nullopt;
    return word == 0 ? 1 : word;
}

// The segments' numbers mean something in one namespace only.
std::uint64_t ipc_namespace() {
    struct stat status {};
    return ::stat("/proc/self/ns/ipc", &status) == 0 ? status.st_ino : 0;
}

std::string path_in(const std::string& directory, std::uint64_t cluster) {
    std::array<char, 64> name{};
    const int length = std::snprintf(name.data(), name.size(), "/board-%016llx-%llx",
                                     static_cast<unsigned long long>(cluster),
                                     static_cast<unsigned long long>(ipc_namespace()));
    return directory + std::string(name.data(), static_cast<std::size_t>(length));
}

// Attached, when it is ours and large enough; else null.
Layout* attach(int segment) {
    struct shmid_ds status {};
    if (::shmctl(segment, IPC_STAT, &status) != 0 || status.shm_perm.uid != ::geteuid() ||
        status.shm_perm.cuid != ::geteuid() || (status.shm_perm.mode & kPermissions) != kMode ||
        status.shm_segsz < sizeof(Layout))
        return nullptr;
    void* const memory = ::shmat(segment, nullptr, 0);
    // The kernel's way to say -1.
    if (reinterpret_cast<std::intptr_t>(memory) == -1) return nullptr;
    return static_cast<Layout*>(memory);  // zeros, or what another process wrote: atomics of integers
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

void write_constants(Layout& layout, const Constants& constants) {
    for (std::size_t i = 0; i < constants.size(); ++i) layout.constants[i].store(constants[i]);
    // So that a number is never lower than one of an earlier board, whatever is made of them.
    layout.begun.store(word_of(boot_now()));
}

}  // namespace

std::shared_ptr<BoardMemory> BoardMemory::shared(const std::string& directory, std::uint64_t cluster) {
    const std::string path = path_in(directory, cluster);
    if (auto memory = open(path, cluster)) return memory;
    // Those that start at once make one board. Whoever was stopped meanwhile is not waited for.
    constexpr std::chrono::milliseconds kPatience{200};
    std::optional<FileLock> lock;
    try {
        lock.emplace(path + ".lock", boot_now() + kPatience);
    } catch (const StoreUnavailable&) {
        lock.reset();
    }
    std::shared_ptr<BoardMemory> made;  // kept until it is opened: the last one's end would be its own
    for (int losses = 0; losses < kMostLosses; ++losses) {
        const auto judged = file_at(path);
        if (auto memory = open(path, cluster)) return memory;
        if (!(made = make(path, judged, cluster))) break;
    }
    return nullptr;
}

std::shared_ptr<BoardMemory> BoardMemory::own(std::uint64_t cluster) {
    std::shared_ptr<BoardMemory> memory(new BoardMemory());
    memory->own_ = std::make_unique<Layout>();
    memory->layout_ = memory->own_.get();
    memory->identity_ = random_word().value_or(1);
    write_constants(*memory->layout_, constants_of(memory->identity_, cluster));
    return memory;
}

BoardMemory::~BoardMemory() {
    if (!own_ && layout_) ::shmdt(layout_);
}

bool BoardMemory::at_path() const {
    if (own_) return true;
    struct stat there;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled or not looked at
    return ::lstat(path_.c_str(), &there) == 0 && there.st_ino == inode_ && there.st_dev == device_ &&
           there.st_mtim.tv_sec == modified_.tv_sec && there.st_mtim.tv_nsec == modified_.tv_nsec;
}

std::shared_ptr<BoardMemory> BoardMemory::open(const std::string& path, std::uint64_t cluster) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file.valid()) return nullptr;
    struct stat status {};
    Pointer pointer;
    const bool read = ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) &&
                      status.st_uid == ::geteuid() && status.st_nlink == 1 &&
                      (status.st_mode & kPermissions) == kMode &&
                      status.st_size == static_cast<off_t>(sizeof pointer.words) &&
                      ::read(file.get(), pointer.words.data(), sizeof pointer.words) ==
                          static_cast<ssize_t>(sizeof pointer.words);
    if (!read || !pointer.intact()) return nullptr;

    std::shared_ptr<BoardMemory> memory(new BoardMemory());
    memory->layout_ = attach(static_cast<int>(pointer.words[Pointer::Segment]));
    if (!memory->layout_) return nullptr;
    memory->identity_ = pointer.words[Pointer::Identity];
    const Constants expected = constants_of(memory->identity_, cluster);
    for (std::size_t i = 0; i < expected.size(); ++i)
        if (memory->layout_->constants[i].load() != expected[i]) return nullptr;
    memory->path_ = path;
    memory->device_ = status.st_dev;
    memory->inode_ = status.st_ino;
    memory->modified_ = status.st_mtim;
    return memory;
}

// Whoever comes second finds the other's and leaves it: only what was judged is replaced.
std::shared_ptr<BoardMemory> BoardMemory::make(const std::string& path,
                                               const std::optional<std::pair<dev_t, ino_t>>& judged,
                                               std::uint64_t cluster) {
    const auto identity = random_word();
    if (!identity) return nullptr;
    const int segment = ::shmget(IPC_PRIVATE, sizeof(Layout), IPC_CREAT | IPC_EXCL | static_cast<int>(kMode));
    if (segment < 0) return nullptr;
    std::shared_ptr<BoardMemory> memory(new BoardMemory());
    memory->layout_ = attach(segment);
    ::shmctl(segment, IPC_RMID, nullptr);
    if (!memory->layout_) return nullptr;
    write_constants(*memory->layout_, constants_of(*identity, cluster));

    Pointer pointer{{static_cast<std::uint64_t>(segment), *identity, 0}};
    pointer.seal();
    const std::string draft = path + ".new-" + std::to_string(*identity);
    const FileDescriptor file(
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode));
    if (!file.valid()) return nullptr;
    const bool made = ::fchmod(file.get(), kMode) == 0 &&
                      ::write(file.get(), pointer.words.data(), sizeof pointer.words) ==
                          static_cast<ssize_t>(sizeof pointer.words) &&
                      put_in_place(draft, path, judged);
    ::unlink(draft.c_str());
    return made ? memory : nullptr;
}

}  // namespace freshread
