// The head of one cluster's user table: which table it is, when it was born, and its base. Rules R3 and R5
// (state/user_table.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "routing/position.h"
#include "state/clock.h"
#include "state/image.h"

namespace freshread {

struct TableHead {
    std::uint64_t id = 0;     // random: which table this is
    std::uint64_t boot = 0;   // of which boot: its times mean nothing in another
    std::uint64_t inode = 0;  // of which file: an older copy put in the file's place is another
    std::uint64_t key = 0;    // under which key its users are named: with another, nobody finds their entry
    BootTime born{0};
    Position base{};  // unknown: unset

    [[nodiscard]] bool base_set() const { return base.known(); }

    // R3, and the change of timeline: a leader sample sets an unset base once the table is `mark_age` old,
    // and raises base when the leader is on a higher timeline (nothing on the lower one is ever satisfied
    // again). True if changed.
    bool learn_leader(const Position& leader, BootTime begun, BootTime mark_age);
    // Raises a set base along its own timeline. True if changed.
    bool raise(const Position& lowest_replica);

    [[nodiscard]] Image encode(std::uint64_t cluster) const;
    // Nothing when the image is damaged or of another cluster.
    [[nodiscard]] static std::optional<TableHead> decode(std::span<const std::uint64_t> image,
                                                         std::uint64_t cluster);

    friend bool operator==(const TableHead&, const TableHead&) = default;
};

}  // namespace freshread
