// One node as the monitor sees it: a libpq connection driven without blocking, one query at a time.
//
//     Down --retry time--> Connecting --connected--> Idle --interval--> Asking --row--> Idle
//       ^------- refused, 5 s passed -----'  closed by the server | failed, 2 s passed, no proper row
//       '-----------------------------------------------------------------------'
//
// Not thread-safe: belongs to the monitor's thread.
#pragma once

#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>

#include "state/board.h"
#include "state/clock.h"
#include "state/monitor.h"

struct pg_conn;

namespace freshread {

class NodeProbe {
 public:
    enum class Outcome { Nothing, Sampled, Lost };

    NodeProbe(ConnectionParameters parameters, std::uint32_t random_seed);
    ~NodeProbe();
    NodeProbe(NodeProbe&&) = delete;

    // Goes on as far as it can without waiting; `events` is what poll said of poll_entry(). The time between
    // two samples is `interval`.
    [[nodiscard]] Outcome advance(short events, std::chrono::nanoseconds interval);
    [[nodiscard]] const Sample& sample() const { return sample_; }  // after Sampled

    // What to wait for: a descriptor (-1: none) and a time.
    [[nodiscard]] pollfd poll_entry() const;
    [[nodiscard]] BootTime wake_at(std::chrono::nanoseconds interval) const;

 private:
    enum class State { Down, Connecting, Idle, Asking };

    void start_connecting();
    [[nodiscard]] bool go_on_connecting();
    [[nodiscard]] bool ask();
    enum class Answer { NotYet, Row, Failed };
    [[nodiscard]] Answer take_answer(short events);
    Outcome drop();

    const ConnectionParameters parameters_;
    std::minstd_rand random_;
    State state_ = State::Down;
    pg_conn* connection_ = nullptr;
    short wanted_events_ = 0;
    BootTime deadline_{0};  // Down: when to try again; Connecting and Asking: when to give up
    BootTime begun_{0};     // of the last query
    bool has_row_ = false;
    int failures_ = 0;
    Sample sample_{};
};

}  // namespace freshread
