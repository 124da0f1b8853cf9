// A bucket of the user table: the entries of the users whose places fall into its range. A store reads and
// writes it as one piece, so a user's entry, or its absence, is verified with it; it says itself from where
// to where it goes, so a bucket that is missing is noticed by its neighbour. One that grows too large is
// parted in two, neighbours that have become small are joined: a table has as many as it has users for, and
// each is as small as that of a table of a few. The rules R2, R4 and I6 (state/user_table.h) are here,
// without any I/O: a store only has to apply them one after another.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "state/image.h"
#include "state/table_head.h"
#include "state/user_table.h"

namespace freshread {

class UserBucket {
 public:
    struct Mark {
        WriterId writer = 0;
        std::uint64_t sequence = 0;
        BootTime opened{0};

        friend bool operator==(const Mark&, const Mark&) = default;
    };
    struct Entry {
        UserKey user{};
        std::uint32_t timeline = 0;  // of the user's position; 0: has none
        std::uint64_t lsn = 0;
        BootTime pinned_until{0};
        std::vector<Mark> marks{};

        friend bool operator==(const Entry&, const Entry&) = default;
    };

    // Part of the user's key, which is a hash: users are spread evenly.
    using Place = std::uint64_t;
    static constexpr unsigned kPlaceBits = 48;
    static constexpr Place kLastPlace = (Place{1} << kPlaceBits) - 1;
    [[nodiscard]] static Place place_of(const UserKey& user);
    // An image has this many words, or a multiple of them where users cannot be parted: one with many marks.
    static constexpr std::size_t kImageWords = 240;

    // A new one has everybody's place.
    [[nodiscard]] Place first() const { return first_; }
    [[nodiscard]] Place last() const { return last_; }
    [[nodiscard]] bool covers(Place place) const { return first_ <= place && place <= last_; }

    // Nothing when the user has no entry.
    [[nodiscard]] const Entry* find(const UserKey& user) const;
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] std::size_t marks() const;
    [[nodiscard]] std::optional<BootTime> oldest_mark() const;
    // How often this bucket was written: of two states of one bucket, the one with the lower number is out of
    // date.
    [[nodiscard]] std::uint64_t revision() const { return revision_; }

    // A writer has one mark per user; it takes the higher sequence.
    void open(const UserKey& user, const Mark& mark);
    void close(const UserKey& user, WriterId writer, std::uint64_t sequence, const Position& position,
               BootTime pinned_until);
    // R2: closes all marks opened at `latest` or before. True if there were any.
    bool close_opened_by(BootTime latest, const Position& leader);
    // R4: deletes what base covers. True if there was anything to delete.
    bool expire(const Position& base, BootTime now);

    // The upper part of one that has become too large for an image; this keeps the lower. Nothing when it
    // need not or cannot be parted.
    [[nodiscard]] std::optional<UserBucket> split();
    // Takes over the bucket behind it, when both are so small that they will not be parted again soon.
    [[nodiscard]] bool absorb(const UserBucket& next);

    // `seed` names the place; `words` is the least size of the image, which never shrinks.
    [[nodiscard]] Image encode(std::uint64_t seed, std::size_t words);
    [[nodiscard]] static std::optional<UserBucket> decode(std::span<const std::uint64_t> image,
                                                          std::uint64_t seed);
    [[nodiscard]] static std::uint64_t seed(std::uint64_t table, std::uint64_t cluster, Place first);

 private:
    Entry& entry_of(const UserKey& user);
    [[nodiscard]] std::size_t words() const;

    Place first_ = 0;
    Place last_ = kLastPlace;
    std::uint64_t revision_ = 0;
    std::vector<Entry> entries_;
};

// What a look finds: `entry` is null for a user without one.
[[nodiscard]] UserLook look_of(const TableHead& head, const UserBucket::Entry* entry, std::uint64_t cluster);

}  // namespace freshread
