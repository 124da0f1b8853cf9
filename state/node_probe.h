// One node as the monitor sees it: a libpq connection driven without blocking, one query at a time.
//
//     Down --retry time--> Connecting --connected--> Idle --interval--> Asking --row--> Idle
//       ^------- refused, 5 s passed -----'  closed by the server | failed, 2 s passed, no proper row
//       |-----------------------------------------------------------------------|
//       |                               Idle --ask_else--> AskingElse --rows--> Idle
//       '------------------------------- failed, 20 s passed -------'
//
// Not thread-safe: belongs to the monitor's thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <poll.h>

#include "state/board.h"
#include "state/clock.h"

struct pg_conn;
struct pg_result;

namespace freshread {

class NodeProbe {
 public:
    enum class Outcome { Nothing, Sampled, Answered, Lost };

    // `board` outlives the probe: it numbers the samples.
    NodeProbe(const Board& board, ConnectionParameters parameters, std::uint32_t random_seed);
    ~NodeProbe();
    NodeProbe(NodeProbe&&) = delete;

    // Goes on as far as it can without waiting; `events` is what poll said of poll_entry(). The time between
    // two samples is `interval`.
    [[nodiscard]] Outcome advance(short events, std::chrono::nanoseconds interval);
    [[nodiscard]] const Sample& sample() const { return sample_; }  // after Sampled
    // Closes the connection; the next advance() connects at once.
    void close();
    // A connection or an answer is waited for.
    [[nodiscard]] bool in_flight() const { return state_ != State::Down && state_ != State::Idle; }

    // A question besides the samples, one at a time: Answered or Lost is its end. False when it could not be
    // sent; the connection's end is then noticed by advance().
    [[nodiscard]] bool is_idle_leader() const { return state_ == State::Idle && is_leader(); }
    [[nodiscard]] bool ask_else(const std::string& query);
    // After Answered: calls `take` with each row's columns.
    void take_rows(const std::function<void(std::span<const std::string_view>)>& take);

    // By what it said last on this connection.
    [[nodiscard]] bool is_leader() const { return sampled_ && !sample_.in_recovery; }

    // What to wait for: a descriptor (-1: none) and a time.
    [[nodiscard]] pollfd poll_entry() const;
    [[nodiscard]] BootTime wake_at(std::chrono::nanoseconds interval) const;

 private:
    enum class State { Down, Connecting, Idle, Asking, AskingElse };

    void start_connecting();
    [[nodiscard]] bool go_on_connecting();
    [[nodiscard]] bool ask();
    [[nodiscard]] bool send(const std::string& query, std::chrono::nanoseconds within);
    [[nodiscard]] bool take_result(pg_result* result);
    void forget_rows();
    enum class Answer { NotYet, Row, Failed };
    [[nodiscard]] Answer take_answer(short events);
    Outcome drop();

    const Board* board_;
    const ConnectionParameters parameters_;
    std::minstd_rand random_;
    State state_ = State::Down;
    pg_conn* connection_ = nullptr;
    short wanted_events_ = 0;
    BootTime deadline_{0};  // Down: when to try again; Connecting and Asking: when to give up
    BootTime begun_{0};     // of the last query
    std::uint64_t number_ = 0;
    bool has_row_ = false;
    bool sampled_ = false;  // on this connection
    std::vector<pg_result*> rows_{};
    int failures_ = 0;
    Sample sample_{};
};

}  // namespace freshread
