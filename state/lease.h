// Who samples a node: a lease on its place of the board, taken by one process at a time.
//
//     free --take--> held by incarnation n --release--> free
//                         |  no heartbeat for kLife, or its process has ended
//                         '--take by another--> held by incarnation n+1
//
// A word says which incarnation counts. Each writes into an area of its own, its heartbeat too: one that was
// stopped (SIGSTOP), overtaken and resumed writes where nobody looks any more, and steps down when it asks
// the next time. No lock of the kernel could do that: a stopped process keeps it, and so does a forked child.
//
// Without I/O and clock: both are handed in. Thread-safe, over processes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "state/board_layout.h"
#include "state/clock.h"
#include "state/process_identity.h"

namespace freshread {

struct Holder {
    ProcessIdentity process{};
    std::uint64_t store = 0;     // which store of users it feeds
    std::uint64_t database = 0;  // whose catalog of relations it asks about; 0: none
};

// The object is only a way to the place: copies are the same lease.
class Lease {
 public:
    using Incarnation = std::uint64_t;
    // Whether a process may still live.
    using Lives = std::function<bool(const ProcessIdentity&)>;

    // For a busy machine to schedule the monitor's thread in. Only a monitor that was stopped is waited for.
    static constexpr BootTime kLife = std::chrono::seconds(3);
    // A monitor's heart beats at least this often.
    static constexpr BootTime kBeat = std::chrono::milliseconds(500);

    explicit Lease(board_layout::Node& node) : node_(&node) {}

    [[nodiscard]] bool live(BootTime now, const Lives& lives) const;
    // Nothing when another holds it, or was faster.
    [[nodiscard]] std::optional<Incarnation> take(BootTime now, const Holder& holder,
                                                  const Lives& lives) const;
    // False when another has taken it: step down.
    [[nodiscard]] bool beat(Incarnation mine, BootTime now) const;
    void release(Incarnation mine) const;

    // The incarnation that counts, whether it lives or not.
    [[nodiscard]] Incarnation current() const;
    // Of the incarnation that counts; nothing while it has not said so.
    [[nodiscard]] std::optional<Holder> holder() const;
    // What it writes into.
    [[nodiscard]] board_layout::Area& area(Incarnation incarnation) const {
        return node_->areas[incarnation % board_layout::kAreas];
    }

 private:
    board_layout::Node* node_;
};

}  // namespace freshread
