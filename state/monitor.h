// The monitor: one thread that samples nodes through libpq without blocking and publishes what it learns on
// the board (state/board.h). It samples the nodes whose leases it holds, and takes those that become free.
//
// Fast (PollInterval's first value, 10 ms) while somebody said they wait for progress in the last second,
// else its second value (1 s), and it ends when nobody wanted samples for ten. A mark that waits to be closed
// has the leader sampled at once, but no more often than every 80 ms: a stream of writes costs little. A node
// that cannot be reached is tried again with back-off (1 s doubling to 30 s, full jitter) and forgotten on
// the board meanwhile. The thread blocks all signals and stops at once when the monitor is destroyed,
// whatever a server does: connecting and asking are polled. The one exception is a name look-up, which libpq
// cannot do without blocking; the destructor waits two seconds for it, then leaves the thread to end on its
// own, and it touches no callback any more. Numeric addresses and sockets are never looked up.
//
//          +----------+ nobody wants samples, no lease is left, the board was replaced    +-------+
//     -->  | sampling | ----------------------------------------------------------------> | ended |
//          +----------+                                                                   +-------+
//
// One query per sample (state/node_query.h), in its own statement.
// Sources: PostgreSQL documentation, "System Administration Functions", "libpq - Asynchronous Command
// Processing".
#pragma once

#include <functional>
#include <memory>

#include "state/board.h"
#include "state/catalog.h"
#include "state/held_leases.h"
#include "state/monitored_nodes.h"

namespace freshread {

class Monitor {
 public:
    using Options = MonitoredNodes;
    // Called on the monitor's thread after every round in which at least one sample arrived. Must not throw,
    // nor wait for whoever destroys the monitor.
    using AfterRound = std::function<void(const Board&)>;

    // Starts the thread. `leases`: of the same nodes, of which some are held. `catalog` outlives the monitor,
    // when there is one.
    Monitor(Options options, HeldLeases leases, AfterRound after_round, Catalog* catalog = nullptr);
    ~Monitor();  // stops; not on the monitor's own thread
    Monitor(const Monitor&) = delete;
    Monitor& operator=(const Monitor&) = delete;

    // It samples no more, and holds no lease. Any thread.
    [[nodiscard]] bool ended() const;

 private:
    struct Loop;
    std::shared_ptr<Loop> loop_;  // the thread has the other share
};

}  // namespace freshread
