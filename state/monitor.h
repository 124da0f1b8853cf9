// The monitor: one thread that samples every node through libpq without blocking and publishes what it learns
// on a board.
//
// Fast (PollInterval's first value, 10 ms) while somebody said they wait for progress in the last second,
// else its second value (1 s). A node that cannot be reached is tried again with back-off (1 s doubling to 30
// s, full jitter) and forgotten on the board meanwhile. The thread blocks all signals and stops at once when
// the monitor is destroyed, whatever a server does: connecting and asking are polled. The one exception is a
// name look-up, which libpq cannot do without blocking; the destructor waits two seconds for it, then leaves
// the thread to end on its own, and it touches neither board nor callback any more. Numeric addresses and
// sockets are never looked up.
//
// One query per sample (state/node_query.h), in its own statement.
// Sources: PostgreSQL documentation, "System Administration Functions", "libpq - Asynchronous Command
// Processing".
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "state/board.h"
#include "state/catalog.h"

namespace freshread {

// libpq parameters of one node: keyword and value ("host", "port", "dbname", "user", "password", "sslmode"
// ...).
using ConnectionParameters = std::vector<std::pair<std::string, std::string>>;

class Monitor {
 public:
    struct Options {
        std::vector<ConnectionParameters> nodes;  // index: NodeId; node 0 is the leader
        std::chrono::milliseconds fast{10};
        std::chrono::milliseconds slow{1000};
    };
    // Called on the monitor's thread after every round in which at least one sample arrived. Must not throw,
    // nor wait for whoever destroys the monitor.
    using AfterRound = std::function<void(const Board&)>;

    // Starts the thread. `board` outlives the monitor and has as many nodes as `options`; so does `catalog`,
    // when there is one.
    Monitor(Options options, Board& board, AfterRound after_round, Catalog* catalog = nullptr);
    ~Monitor();  // stops; not on the monitor's own thread
    Monitor(const Monitor&) = delete;
    Monitor& operator=(const Monitor&) = delete;

    // Somebody waits for a replica to come further: sample fast for the next second. Any thread; costs an
    // atomic store unless the monitor sleeps.
    void want_progress();
    // The catalog of relations is to be asked about, at most once every Catalog::kEvery. False when the
    // leader was found to be connected to another database. Any thread.
    bool want_catalog();

 private:
    struct Loop;
    std::shared_ptr<Loop> loop_;  // the thread has the other share
};

}  // namespace freshread
