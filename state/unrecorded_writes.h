// Writes that have returned although the user table knows neither a mark nor a position of them (R7): it
// could not be used, and `OnStoreDown=leader`. On this host nobody's reads go to a replica until everybody's
// need what the leader had after the last of them.
//
//     none --note, before such a write returns--> when the last returned
//          <--settle: base is a position of the leader, from a sample begun later, and none has come since--
//
// Kept on the board, for each user table. Thread-safe, over processes. The object is only a way to the
// board's words.
#pragma once

#include <cstdint>
#include <optional>

#include "state/board_layout.h"
#include "state/clock.h"

namespace freshread {

class UnrecordedWrites {
 public:
    explicit UnrecordedWrites(board_layout::Unrecorded& places) : places_(&places) {}

    // `table`: a digest of which it is, not zero. False: there is no place for one more table.
    [[nodiscard]] bool note(std::uint64_t table, BootTime returned) const;
    // When the last of them returned; nothing when there is none that is not settled.
    [[nodiscard]] std::optional<BootTime> last(std::uint64_t table) const;
    // `last`: as it was found before.
    void settle(std::uint64_t table, BootTime last) const;

 private:
    [[nodiscard]] board_layout::Word* find(std::uint64_t table) const;

    board_layout::Unrecorded* places_;
};

}  // namespace freshread
