#include "state/catalog_file.h"

#include <array>
#include <charconv>
#include <cstring>
#include <ctime>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/file_descriptor.h"
#include "state/image.h"

namespace freshread {

namespace {

constexpr std::string_view kCatalogFormat = "freshread-catalog 2 " FRESHREAD_VERSION;
constexpr std::int64_t kMostBytes = 256LL << 20;

std::int64_t nanoseconds_of(const timespec& time) {
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

std::int64_t real_now() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return nanoseconds_of(now);
}

std::array<timespec, 2> times_of(BootTime verified) {
    const std::int64_t real = real_now() - (boot_now() - verified).count();
    timespec time{};
    time.tv_sec = static_cast<time_t>(real / 1'000'000'000);
    time.tv_nsec = static_cast<long>(real % 1'000'000'000);
    return {time, time};
}

std::uint64_t digest_of_text(std::string_view text) {
    std::vector<std::uint64_t> words(text.size() / sizeof(std::uint64_t) + 1);
    std::memcpy(words.data(), text.data(), text.size());
    return digest_of(seed_of({text.size()}), words);
}

bool write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(file, text.data(), text.size());
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

std::string hexadecimal(std::uint64_t value) {
    std::array<char, 17> text{};
    const auto end = std::to_chars(text.begin(), text.end(), value, 16).ptr;
    return {text.data(), end};
}

// Takes a line off the front.
std::string_view take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return line;
}

}  // namespace

CatalogFile::CatalogFile(const std::string& directory, std::uint64_t cluster, const std::string& database)
    : path_(directory + "/catalog-" + hexadecimal(cluster) + '-' + hexadecimal(digest_of_text(database))),
      database_(database) {}

std::optional<CatalogFile::Status> CatalogFile::status() const {
    struct stat file {};
    if (::lstat(path_.c_str(), &file) != 0) return std::nullopt;
    if (!S_ISREG(file.st_mode) || file.st_uid != ::geteuid() || (file.st_mode & 077U) != 0)
        return std::nullopt;
    return Status{{file.st_dev, file.st_ino, file.st_size}, nanoseconds_of(file.st_mtim)};
}

std::optional<BootTime> CatalogFile::verified() const {
    const auto file = status();
    if (!file) return std::nullopt;
    const std::int64_t age = real_now() - file->modified;
    if (age < 0) return std::nullopt;
    return boot_now() - BootTime(age);
}

bool CatalogFile::unchanged() const {
    const auto file = status();
    return file && file->identity == seen_;
}

std::optional<CatalogReading::Result> CatalogFile::read() {
    const auto before = status();
    if (!before || before->identity.size > kMostBytes) return std::nullopt;
    const FileDescriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file.valid()) return std::nullopt;
    std::string text(static_cast<std::size_t>(before->identity.size), '\0');
    std::size_t had = 0;
    while (had < text.size()) {
        const ssize_t got = ::read(file.get(), text.data() + had, text.size() - had);
        if (got <= 0) return std::nullopt;
        had += static_cast<std::size_t>(got);
    }
    std::string_view rest = text;
    const std::string_view format = take_line(rest);
    const std::string_view digest = take_line(rest);
    if (format != kCatalogFormat || digest != hexadecimal(digest_of_text(rest))) return std::nullopt;
    CatalogReading::Result result;
    result.stamp.database = take_line(rest);
    result.stamp.state = take_line(rest);
    if (result.stamp.database != database_) return std::nullopt;
    result.catalog = RelationCatalog(std::string(rest));
    seen_ = before->identity;
    return result;
}

void CatalogFile::write(const CatalogStamp& stamp, const RelationCatalog& catalog, BootTime verified) {
    if (stamp.database != database_ || database_.find('\n') != std::string::npos) return;
    const std::string content = stamp.database + '\n' + stamp.state + '\n' + catalog.lines();
    const std::string beside = path_ + '.' + std::to_string(::getpid());
    ::unlink(beside.c_str());  // of a process of that number that died
    {
        const FileDescriptor file(
            ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!file.valid()) return;
        const bool whole = write_all(file.get(), kCatalogFormat) && write_all(file.get(), "\n") &&
                           write_all(file.get(), hexadecimal(digest_of_text(content)) + '\n') &&
                           write_all(file.get(), content) &&
                           ::futimens(file.get(), times_of(verified).data()) == 0;
        if (!whole || ::rename(beside.c_str(), path_.c_str()) != 0) {
            ::unlink(beside.c_str());
            return;
        }
    }
    if (const auto now = status()) seen_ = now->identity;
}

void CatalogFile::verify(BootTime verified) const {
    const auto file = status();
    if (!file || file->identity != seen_) return;
    ::utimensat(AT_FDCWD, path_.c_str(), times_of(verified).data(), AT_SYMLINK_NOFOLLOW);
}

}  // namespace freshread
