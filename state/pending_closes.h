// What is to be closed as soon as the leader has been sampled: marks of writes that have returned, listed on
// the board for whoever has a sample first. So a mark is closed while its writer is busy, idle, stopped or
// dead.
//
//     +------+ list   +---------+ written      +--------+ take    +---------+ close
//     | free | -----> | filling | -----------> | listed | ------> | closing | -----> free
//     +------+        +---------+              +--------+ <------ +---------+ (the store could not be told)
//                                                  | withdraw: the writer uses the mark again
//                                                  '-----> free
//
// Each edge is one compare-and-swap of the place's state, which counts the lists of the place: so of
// withdrawing and taking only one succeeds, and one that was stopped and resumed later changes nothing (R2: a
// mark that is used again is not closed by what was sampled before). What a place says is covered by a digest
// over that count.
//
// Being listed is never needed for what a user may see, only for how soon: a listing that is lost, by a
// process that died on an edge, or by a place that was taken away after kForgotten, leaves a mark that
// anybody closes once it is MarkAge old.
//
// Thread-safe, over processes. The object is only a way to the board's places.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "state/board_layout.h"
#include "state/clock.h"
#include "state/sample.h"
#include "state/user_table.h"

namespace freshread {

struct PendingClose {
    std::uint64_t store = 0;  // which store of users (state/lease.h)
    UserKey user{};
    WriterId writer = 0;
    std::uint64_t sequence = 0;
    // Who closes it has a sample of this run of the server, with a higher number.
    std::int64_t instance = 0;
    std::uint64_t after = 0;
    BootTime pinned_until{0};
    BootTime listed{0};
};

class PendingCloses {
 public:
    struct Place {
        std::size_t number = 0;
        std::uint64_t state = 0;
    };
    // When a place may be taken away, if there is none that is free.
    static constexpr BootTime kForgotten = std::chrono::seconds(10);

    explicit PendingCloses(board_layout::Pending& pending) : pending_(&pending) {}

    // Nothing when all places are taken. `hint`: where to look first.
    [[nodiscard]] std::optional<Place> list(const PendingClose& close, std::size_t hint) const;
    // True: nobody has closed it, nor will.
    [[nodiscard]] bool withdraw(const Place& place) const;
    // Calls `close` with each that this sample of the leader closes in the store. When it says no, that one
    // stays listed, and the rest with it.
    using Close = std::function<bool(const PendingClose&)>;
    void take(std::uint64_t store, const Sample& leader, const Close& close) const;

 private:
    [[nodiscard]] std::optional<Place> fill(std::size_t number, std::uint64_t found,
                                            const PendingClose& close) const;
    [[nodiscard]] std::optional<PendingClose> read(const Place& place) const;

    board_layout::Pending* pending_;
};

}  // namespace freshread
