#include "state/refused_texts.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/file_descriptor.h"

namespace freshread {

namespace {

constexpr RefusedTexts::Time kCounts = std::chrono::hours(24);
constexpr std::uint64_t kBuckets = 512;
constexpr std::uint64_t kSeal = 0x46727368'72656631ULL;  // "Frshref1"

struct Entry {
    std::uint64_t fingerprint = 0;
    std::int64_t noted = 0;
    std::uint64_t check = 0;
};
using Bucket = std::array<Entry, 4>;

std::uint64_t check_of(const Entry& entry) {
    return (entry.fingerprint ^ kSeal) * 0x9E3779B97F4A7C15ULL + static_cast<std::uint64_t>(entry.noted);
}

// A time to come is a clock that was set back, or damage.
bool counts(const Entry& entry, RefusedTexts::Time now) {
    const RefusedTexts::Time noted(entry.noted);
    return entry.check == check_of(entry) && noted <= now && now - noted < kCounts;
}

off_t offset_of_bucket(std::uint64_t fingerprint) {
    return static_cast<off_t>((fingerprint % kBuckets) * sizeof(Bucket));
}

class File {
 public:
    File(const std::string& path, int flags)
        : descriptor_(path.empty() ? -1
                                   : ::open(path.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                                            S_IRUSR | S_IWUSR)) {}

    // What lies behind its end, or in a file that is not ours, reads as never written.
    [[nodiscard]] std::optional<Bucket> bucket(std::uint64_t fingerprint) const {
        struct stat status {};
        if (!descriptor_.valid() || ::fstat(descriptor_.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
            status.st_uid != ::geteuid())
            return std::nullopt;
        Bucket bucket{};
        if (::pread(descriptor_.get(), bucket.data(), sizeof bucket, offset_of_bucket(fingerprint)) < 0)
            return std::nullopt;
        return bucket;
    }
    void write(std::uint64_t fingerprint, std::size_t at, const Entry& entry) const {
        const auto offset = offset_of_bucket(fingerprint) + static_cast<off_t>(at * sizeof entry);
        [[maybe_unused]] const auto written = ::pwrite(descriptor_.get(), &entry, sizeof entry, offset);
    }

 private:
    FileDescriptor descriptor_;
};

}  // namespace

// FNV-1a. Whoever makes texts that collide sends reads of their own to the leader.
std::uint64_t RefusedTexts::fingerprint(std::string_view text) const {
    std::uint64_t hash = 0xCBF29CE484222325ULL ^ cluster_;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    return hash ^ (hash >> 32);
}

bool RefusedTexts::contains(std::string_view text, Time now) const noexcept {
    const std::uint64_t wanted = fingerprint(text);
    const auto bucket = File(path_, O_RDONLY).bucket(wanted);
    return bucket && std::any_of(bucket->begin(), bucket->end(), [&](const Entry& entry) {
               return entry.fingerprint == wanted && counts(entry, now);
           });
}

void RefusedTexts::add(std::string_view text, Time now) const noexcept {
    Entry entry{fingerprint(text), now.count(), 0};
    entry.check = check_of(entry);
    const File file(path_, O_RDWR | O_CREAT);
    const auto bucket = file.bucket(entry.fingerprint);
    if (!bucket) return;
    // Its own place if it has one, else one that does not count, else the oldest one's.
    const auto rank = [&](const Entry& other) {
        if (other.fingerprint == entry.fingerprint) return std::int64_t{-2};
        return counts(other, now) ? other.noted : std::int64_t{-1};
    };
    const auto* place = std::min_element(bucket->begin(), bucket->end(),
                                         [&](const Entry& a, const Entry& b) { return rank(a) < rank(b); });
    file.write(entry.fingerprint, static_cast<std::size_t>(place - bucket->begin()), entry);
}

}  // namespace freshread
