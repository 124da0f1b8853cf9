#include "state/user_bucket.h"

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>
#include <tuple>
#include <utility>

namespace freshread {

namespace {

constexpr std::uint64_t kBucketDigest = 0x74656B63;  // tells a bucket's digest from a head's
constexpr std::size_t kHeaderWords = 5;  // digest, revision, first and last place, number of entries
constexpr std::size_t kEntryWords = 5;   // key (2), timeline and number of marks, LSN, pin
constexpr std::size_t kMarkWords = 3;

void raise(UserBucket::Entry& entry, const Position& position) {
    if (!position.known()) return;
    const auto have = std::pair(entry.timeline, entry.lsn);
    std::tie(entry.timeline, entry.lsn) = std::max(have, std::pair(position.timeline, position.lsn));
}

}  // namespace

UserBucket::Place UserBucket::place_of(const UserKey& user) {
    constexpr unsigned kByteBits = 8;
    Place place = 0;
    for (std::size_t byte = 0; byte < kPlaceBits / kByteBits; ++byte)
        place = (place << kByteBits) | user.at(byte);
    return place;
}

const UserBucket::Entry* UserBucket::find(const UserKey& user) const {
    const auto found = std::ranges::find(entries_, user, &Entry::user);
    return found == entries_.end() ? nullptr : &*found;
}

UserBucket::Entry& UserBucket::entry_of(const UserKey& user) {
    const auto found = std::ranges::find(entries_, user, &Entry::user);
    if (found != entries_.end()) return *found;
    return entries_.emplace_back(Entry{.user = user});
}

std::size_t UserBucket::marks() const {
    std::size_t marks = 0;
    for (const Entry& entry : entries_) marks += entry.marks.size();
    return marks;
}

std::size_t UserBucket::words() const {
    return kHeaderWords + entries_.size() * kEntryWords + marks() * kMarkWords;
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

std::optional<UserBucket> UserBucket::split() {
    if (words() <= kImageWords) return std::nullopt;
    const auto place = [](const Entry& entry) { return place_of(entry.user); };
    std::ranges::sort(entries_, {}, place);
    // The first above all that share the lowest place, if that is behind the middle.
    auto middle = entries_.begin() + static_cast<std::ptrdiff_t>(entries_.size() / 2);
    middle = std::ranges::lower_bound(entries_, place(*middle), {}, place);
    if (middle == entries_.begin()) middle = std::ranges::upper_bound(entries_, place(*middle), {}, place);
    if (middle == entries_.end()) return std::nullopt;
    UserBucket upper;
    upper.first_ = place(*middle);
    upper.last_ = last_;
    upper.revision_ = revision_;
    upper.entries_.assign(std::make_move_iterator(middle), std::make_move_iterator(entries_.end()));
    entries_.erase(middle, entries_.end());
    last_ = upper.first_ - 1;
    return upper;
}

bool UserBucket::absorb(const UserBucket& next) {
    if (next.first_ != last_ + 1 || words() + next.words() > kImageWords / 2) return false;
    last_ = next.last_;
    revision_ = std::max(revision_, next.revision_);
    entries_.insert(entries_.end(), next.entries_.begin(), next.entries_.end());
    return true;
}

std::uint64_t UserBucket::seed(std::uint64_t table, std::uint64_t cluster, Place first) {
    return seed_of({kBucketDigest, table, cluster, first});
}

Image UserBucket::encode(std::uint64_t seed, std::size_t words) {
    ++revision_;
    Image image = {0, revision_, first_, last_, entries_.size()};
    for (const Entry& entry : entries_) {
        const auto key = std::bit_cast<std::array<std::uint64_t, 2>>(entry.user);
        image.insert(image.end(), {key[0], key[1], (std::uint64_t{entry.timeline} << 32) | entry.marks.size(),
                                   entry.lsn, word_of(entry.pinned_until)});
        for (const Mark& mark : entry.marks) {
            image.insert(image.end(), {mark.writer, mark.sequence, word_of(mark.opened)});
        }
    }
    image.resize(std::max(words, (image.size() + kImageWords - 1) / kImageWords * kImageWords));
    seal(image, seed);
    return image;
}

std::optional<UserBucket> UserBucket::decode(std::span<const std::uint64_t> image, std::uint64_t seed) {
    if (image.size() < kHeaderWords || !intact(image, seed)) return std::nullopt;
    UserBucket bucket;
    bucket.revision_ = image[1];
    bucket.first_ = image[2];
    bucket.last_ = image[3];
    const std::uint64_t entries = image[4];
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
