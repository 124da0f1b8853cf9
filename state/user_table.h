// The values of the user table, the knowledge of who must see what: one table per cluster,
//
//     Table { id, born, base: Position or unset, entries: user -> { position, pinned_until, open marks } }
//
//     open(user, writer, sequence)              before anything that may commit a write is sent
//     close(user, writer, sequence, position)   position := max(position, given); the mark goes if its
//     sequence is unchanged look(user)                                LeaderOnly if base is unset or a mark
//     is open, else AtLeast(max(base, position))
//
// A user's requirement is the join of what everybody may rely on (base) and what they wrote (their entry); an
// open mark means the leader; losing knowledge only unsets base.
//
// Rules that every store keeps:
//   R2  a mark closes with a position taken after its writer's last write returned and none in flight, or by
//       anybody once it has been open for MarkAge, with a leader sample begun after that;
//   R3  a table is born with base unset; the first leader sample begun MarkAge after birth becomes base;
//   R4  an entry without marks, with position <= base and no pin left may be deleted; nothing else deletes;
//   R5  a table is one object, lost whole or not at all; lost, replaced, damaged, of another boot: a new
//   table; I6  positions only rise.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "routing/position.h"
#include "state/clock.h"
#include "state/generation_file.h"

namespace freshread {

// A hash of a user's name (state/user_key.h). Stores keep a keyed hash of it: names never reach them.
using UserKey = std::array<std::uint8_t, 16>;

// Who holds a mark: random (state/user_marks.h).
using WriterId = std::uint64_t;

struct UserLook {
    bool base_set = false;
    bool mark_open = false;
    Position required{};       // max(base, the user's position); meaningful when base_set
    BootTime pinned_until{0};  // until then a `window` policy keeps the user on the leader
    BootTime born{0};          // when the table was born: a window longer than its age cannot be trusted
    Witness witness{};         // as long as it holds, another look would give the same
};

// A store as a whole, for people.
struct StoreSummary {
    Position base{};                       // unknown: unset, or of some of its tables
    std::uint64_t marks = 0;               // open now
    std::optional<std::uint64_t> users{};  // with an entry, where that is known
    bool whole = true;                     // false: there was no time to count all
};

// The store could not be asked or told within its budget, or was lost during the call. The next call tries
// again.
struct StoreUnavailable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace freshread
