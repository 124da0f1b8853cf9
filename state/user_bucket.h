// A bucket of the user table: the entries of the users whose keys fall into it. A store reads and writes it
// as one piece, so a user's entry, or its absence, is verified with it. The rules R2, R4 and I6
// (state/user_table.h) are here, without any I/O: a store only has to apply them one after another.
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

    static constexpr std::size_t kCount = 256;  // buckets of a table
    [[nodiscard]] static std::size_t of(const UserKey& user) { return user[0]; }

    // Nothing when the user has no entry.
    [[nodiscard]] const Entry* find(const UserKey& user) const;
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
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

    // `seed` names the place; `words` is the least size of the image, which never shrinks.
    [[nodiscard]] Image encode(std::uint64_t seed, std::size_t words);
    [[nodiscard]] static std::optional<UserBucket> decode(std::span<const std::uint64_t> image,
                                                          std::uint64_t seed);
    [[nodiscard]] static std::uint64_t seed(std::uint64_t table, std::uint64_t cluster, std::size_t bucket);

 private:
    Entry& entry_of(const UserKey& user);

    std::uint64_t revision_ = 0;
    std::vector<Entry> entries_;
};

// What a look finds: `entry` is null for a user without one.
[[nodiscard]] UserLook look_of(const TableHead& head, const UserBucket::Entry* entry, std::uint64_t cluster);

}  // namespace freshread
