#include "state/node_probe.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <libpq-fe.h>

#include "state/node_query.h"

namespace freshread {

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr seconds kConnectWithin{5};
constexpr seconds kAnswerWithin{2};
constexpr seconds kAnswerElseWithin{20};
constexpr seconds kShortestBackOff{1};
constexpr seconds kLongestBackOff{30};

struct ClearResult {
    void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ClearResult>;

// libpq would write notices to the application's standard error.
void ignore_notice(void*, const PGresult*) {}

}  // namespace

NodeProbe::NodeProbe(const Board& board, ConnectionParameters parameters, std::uint32_t random_seed)
    : board_(&board), parameters_(std::move(parameters)), random_(random_seed) {}

NodeProbe::~NodeProbe() {
    forget_rows();
    PQfinish(connection_);
}

NodeProbe::Outcome NodeProbe::advance(short events, nanoseconds interval) {
    const BootTime now = boot_now();
    if (state_ == State::Down) {
        if (now < deadline_) return Outcome::Nothing;
        start_connecting();
        if (PQstatus(connection_) == CONNECTION_BAD) return drop();
        return Outcome::Nothing;
    }
    if (state_ == State::Connecting) {
        if (events != 0 && !go_on_connecting()) return drop();
        if (state_ == State::Connecting && now >= deadline_) return drop();
    }
    if (state_ == State::Asking) {
        const Answer answer = events != 0 ? take_answer(events) : Answer::NotYet;
        if (answer == Answer::Failed || (answer == Answer::NotYet && now >= deadline_)) return drop();
        if (answer == Answer::Row) {
            state_ = State::Idle;
            failures_ = 0;
            sampled_ = true;
            return Outcome::Sampled;
        }
        return Outcome::Nothing;
    }
    if (state_ == State::AskingElse) {
        const Answer answer = events != 0 ? take_answer(events) : Answer::NotYet;
        if (answer == Answer::Failed || (answer == Answer::NotYet && now >= deadline_)) return drop();
        if (answer == Answer::NotYet) return Outcome::Nothing;
        state_ = State::Idle;
        return Outcome::Answered;
    }
    if (state_ == State::Idle) {
        // Nobody asked anything: what arrives is the server's farewell, or a notice.
        if (events != 0 && PQconsumeInput(connection_) == 0) return drop();
        if (now >= begun_ + interval && !ask()) return drop();
    }
    return Outcome::Nothing;
}

pollfd NodeProbe::poll_entry() const {
    if (connection_ == nullptr) return {-1, 0, 0};
    return {PQsocket(connection_), wanted_events_, 0};
}

BootTime NodeProbe::wake_at(nanoseconds interval) const {
    return state_ == State::Idle ? begun_ + interval : deadline_;
}

void NodeProbe::start_connecting() {
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    for (const auto& [keyword, value] : parameters_) {
        keywords.push_back(keyword.c_str());
        values.push_back(value.c_str());
    }
    keywords.insert(keywords.end(), {"application_name", nullptr});
    values.insert(values.end(), {"freshread-monitor", nullptr});
    // May block while a name is resolved: getaddrinfo(3) has no other way.
    connection_ = PQconnectStartParams(keywords.data(), values.data(), 0);
    PQsetNoticeReceiver(connection_, &ignore_notice, nullptr);
    state_ = State::Connecting;
    wanted_events_ = POLLOUT;
    deadline_ = boot_now() + kConnectWithin;
}

bool NodeProbe::go_on_connecting() {
    switch (PQconnectPoll(connection_)) {
        case PGRES_POLLING_READING:
            wanted_events_ = POLLIN;
            return true;
        case PGRES_POLLING_WRITING:
            wanted_events_ = POLLOUT;
            return true;
        case PGRES_POLLING_OK:
            state_ = State::Idle;
            wanted_events_ = POLLIN;
            begun_ = BootTime::min() / 2;  // the first query is due at once
            return PQsetnonblocking(connection_, 1) == 0;
        default:
            return false;
    }
}

bool NodeProbe::ask() {
    state_ = State::Asking;
    if (is_leader()) board_->forget_close_wanted();
    number_ = board_->begin_sample();
    begun_ = boot_now();
    return send(std::string(node_query()), kAnswerWithin);
}

bool NodeProbe::ask_else(const std::string& query) {
    state_ = State::AskingElse;
    return send(query, kAnswerElseWithin);
}

bool NodeProbe::send(const std::string& query, nanoseconds within) {
    has_row_ = false;
    forget_rows();
    deadline_ = boot_now() + within;
    if (PQsendQuery(connection_, query.c_str()) == 0) return false;
    const int unsent = PQflush(connection_);
    wanted_events_ = unsent == 1 ? POLLIN | POLLOUT : POLLIN;
    return unsent >= 0;
}

void NodeProbe::forget_rows() {
    for (pg_result* result : rows_) PQclear(result);
    rows_.clear();
}

void NodeProbe::take_rows(const std::function<void(std::span<const std::string_view>)>& take) {
    std::vector<std::string_view> columns;
    for (pg_result* result : rows_) {
        for (int row = 0; row < PQntuples(result); ++row) {
            columns.clear();
            for (int column = 0; column < PQnfields(result); ++column)
                columns.emplace_back(PQgetvalue(result, row, column),
                                     static_cast<std::size_t>(PQgetlength(result, row, column)));
            take(columns);
        }
    }
    forget_rows();
}

NodeProbe::Answer NodeProbe::take_answer(short events) {
    if (PQconsumeInput(connection_) == 0) return Answer::Failed;
    if ((events & POLLOUT) != 0 || (wanted_events_ & POLLOUT) != 0) {
        const int unsent = PQflush(connection_);
        if (unsent < 0) return Answer::Failed;
        wanted_events_ = unsent == 1 ? POLLIN | POLLOUT : POLLIN;
    }
    while (PQisBusy(connection_) == 0) {
        Result result(PQgetResult(connection_));
        if (!result) return has_row_ ? Answer::Row : Answer::Failed;
        if (!take_result(result.get())) return Answer::Failed;
        if (state_ == State::AskingElse) rows_.push_back(result.release());
        has_row_ = true;
    }
    return Answer::NotYet;
}

// Of the node query: its row. Other rows are kept as they are.
bool NodeProbe::take_result(pg_result* result) {
    if (PQresultStatus(result) != PGRES_TUPLES_OK) return false;
    if (state_ == State::AskingElse) return true;
    if (PQntuples(result) != 1 || PQnfields(result) != static_cast<int>(kNodeRowColumns)) return false;
    std::array<std::string_view, kNodeRowColumns> columns;
    for (std::size_t column = 0; column < columns.size(); ++column) {
        const int index = static_cast<int>(column);
        columns.at(column) = {PQgetvalue(result, 0, index),
                              static_cast<std::size_t>(PQgetlength(result, 0, index))};
    }
    const auto row = parse_node_row(columns, begun_);
    if (!row) return false;
    sample_ = row->sample;
    sample_.ticket = {board_->ticket().board, number_};
    return true;
}

void NodeProbe::close() {
    PQfinish(std::exchange(connection_, nullptr));
    forget_rows();
    sampled_ = false;
    state_ = State::Down;
    failures_ = 0;
    deadline_ = BootTime(0);
}

// Full jitter: after a failover all monitors of a fleet would else come back at the same moments.
NodeProbe::Outcome NodeProbe::drop() {
    PQfinish(std::exchange(connection_, nullptr));
    forget_rows();
    sampled_ = false;
    state_ = State::Down;
    constexpr int kMostDoublings = 5;
    const nanoseconds longest =
        std::min<nanoseconds>(kLongestBackOff, kShortestBackOff * (1 << std::min(failures_, kMostDoublings)));
    ++failures_;
    std::uniform_int_distribution<std::int64_t> jitter(0, longest.count());
    deadline_ = boot_now() + nanoseconds(jitter(random_));
    return Outcome::Lost;
}

}  // namespace freshread
