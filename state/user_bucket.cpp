#include "state/user_bucket.h"

#include <algorithm>
#include <array>
#include <bit>
#include <tuple>
#include <utility>

namespace freshread {

namespace {

constexpr std::uint64_t kBucketDigest = 0x74656B63;  // tells a bucket's digest from a head's
constexpr std::size_t kHeaderWords = 3;              // digest, revision, number of entries
constexpr std::size_t kEntryWords = 5;               // key (2), timeline and number of marks, LSN, pin
constexpr std::size_t kMarkWords = 3;
constexpr std::size_t kGrowth =
    32;  // images grow by this, so that most writes keep the size and rewrite the page in place

void raise(UserBucket::Entry& entry, const Position& position) {
    if (!position.known()) return;
    const auto have = std::pair(entry.timeline, entry.lsn);
    std::tie(entry.timeline, entry.lsn) = std::max(have, std::pair(position.timeline, position.lsn));
}

}  // namespace

const UserBucket::Entry* UserBucket::find(const UserKey& user) const {
    const auto found = std::ranges::find(entries_, user, &Entry::user);
    return found == entries_.end() ? nullptr : &*found;
}

UserBucket::Entry& UserBucket::entry_of(const UserKey& user) {
    const auto found = std::ranges::find(entries_, user, &Entry::user);
    if (found != entries_.end()) return *found;
    return entries_.emplace_back(Entry{.user = user});
}

std::optional<BootTime> UserBucket::oldest_mark() const {
    std::optional<BootTime> oldest;
    for (const Entry& entry : entries_) {
        for (const Mark& mark : entry.marks) {
            if (!oldest || mark.opened < *oldest) oldest = mark.opened;
        }
    }
    return oldest;
}

void UserBucket::open(const UserKey& user, const Mark& mark) {
    Entry& entry = entry_of(user);
    const auto found = std::ranges::find(entry.marks, mark.writer, &Mark::writer);
    if (found == entry.marks.end()) {
        entry.marks.push_back(mark);
    } else {
        found->sequence = std::max(found->sequence, mark.sequence);
        found->opened = std::max(found->opened, mark.opened);
    }
}

void UserBucket::close(const UserKey& user, WriterId writer, std::uint64_t sequence, const Position& position,
                       BootTime pinned_until) {
    Entry& entry = entry_of(user);
    raise(entry, position);
    entry.pinned_until = std::max(entry.pinned_until, pinned_until);
    std::erase_if(entry.marks,
                  [&](const Mark& mark) { return mark.writer == writer && mark.sequence == sequence; });
}

bool UserBucket::close_opened_by(BootTime latest, const Position& leader) {
    bool closed = false;
    for (Entry& entry : entries_) {
        if (std::erase_if(entry.marks, [&](const Mark& mark) { return mark.opened <= latest; }) == 0)
            continue;
        raise(entry, leader);
        closed = true;
    }
    return closed;
}

bool UserBucket::expire(const Position& base, BootTime now) {
    const auto covered = [&](const Entry& entry) {
        return entry.marks.empty() && entry.pinned_until < now &&
               (entry.timeline == 0 ||
                (base.known() && std::pair(entry.timeline, entry.lsn) <= std::pair(base.timeline, base.lsn)));
    };
    return std::erase_if(entries_, covered) > 0;
}

std::uint64_t UserBucket::seed(std::uint64_t table, std::uint64_t cluster, std::size_t bucket) {
    return seed_of({kBucketDigest, table, cluster, bucket});
}

Image UserBucket::encode(std::uint64_t seed, std::size_t words) {
    ++revision_;
    Image image = {0, revision_, entries_.size()};
    for (const Entry& entry : entries_) {
        const auto key = std::bit_cast<std::array<std::uint64_t, 2>>(entry.user);
        image.insert(image.end(), {key[0], key[1], (std::uint64_t{entry.timeline} << 32) | entry.marks.size(),
                                   entry.lsn, word_of(entry.pinned_until)});
        for (const Mark& mark : entry.marks) {
            image.insert(image.end(), {mark.writer, mark.sequence, word_of(mark.opened)});
        }
    }
    image.resize(std::max(words, (image.size() + kGrowth - 1) / kGrowth * kGrowth));
    seal(image, seed);
    return image;
}

std::optional<UserBucket> UserBucket::decode(std::span<const std::uint64_t> image, std::uint64_t seed) {
    if (image.size() < kHeaderWords || !intact(image, seed)) return std::nullopt;
    UserBucket bucket;
    bucket.revision_ = image[1];
    const std::uint64_t entries = image[2];
    auto rest = image.subspan(kHeaderWords);
    for (std::uint64_t index = 0; index < entries; ++index) {
        if (rest.size() < kEntryWords) return std::nullopt;
        Entry& entry = bucket.entries_.emplace_back();
        entry.user = std::bit_cast<UserKey>(std::array{rest[0], rest[1]});
        entry.timeline = static_cast<std::uint32_t>(rest[2] >> 32);
        const auto marks = static_cast<std::uint32_t>(rest[2]);
        entry.lsn = rest[3];
        entry.pinned_until = boot_time_of(rest[4]);
        rest = rest.subspan(kEntryWords);
        if (rest.size() / kMarkWords < marks) return std::nullopt;
        for (std::uint32_t mark = 0; mark < marks; ++mark) {
            entry.marks.push_back({rest[0], rest[1], boot_time_of(rest[2])});
            rest = rest.subspan(kMarkWords);
        }
    }
    return bucket;
}

UserLook look_of(const TableHead& head, const UserBucket::Entry* entry, std::uint64_t cluster) {
    UserLook look;
    look.base_set = head.base_set();
    look.born = head.born;
    look.required = head.base;
    if (!entry) return look;
    look.mark_open = !entry->marks.empty();
    look.pinned_until = entry->pinned_until;
    look.required =
        higher(look.required, Position{entry->timeline != 0 ? cluster : 0, entry->timeline, entry->lsn});
    return look;
}

}  // namespace freshread
