// OnLag= and LeaderBudget=: what becomes of a read that no replica is far enough for.
#include <algorithm>

#include "driver/connection.h"
#include "driver/setting_value.h"
#include "driver/statement.h"

namespace freshread {

namespace {

// How long a read beyond the budget waits for the next second, when OnLag has no wait.
constexpr std::chrono::seconds kWaitForBudget{1};

// The one that has come furthest; null when no position is known.
const Candidate* furthest(const std::vector<Candidate>& candidates) {
    const Candidate* furthest = nullptr;
    for (const Candidate& candidate : candidates) {
        if (!candidate.position.known()) continue;
        if (!furthest || higher(furthest->position, candidate.position) == candidate.position)
            furthest = &candidate;
    }
    return furthest;
}

}  // namespace

std::optional<BootTime> Connection::within_max_lag(NodeId node, Backend* backend) const {
    if (!knowledge_) return std::nullopt;
    const BootTime now = boot_now();
    const auto sample = backend ? learn_of(*backend) : knowledge_->sample(node);
    const bool counts = sample && sample->in_recovery && sample->caught_up.count() >= 0 &&
                        (!backend || sample->counts_for(backend->instance(), backend->opened));
    if (counts && now < sample->caught_up + choices_.max_lag) return sample->caught_up + choices_.max_lag;
    if (!backend) return std::nullopt;
    // Not sampled since it was opened, but it has been asked then.
    const auto leader = knowledge_->sample(kLeader);
    if (!leader || leader->in_recovery || !satisfies(backend->position(), leader->position))
        return std::nullopt;
    const BootTime until = leader->begun + choices_.max_lag;
    return now < until ? std::optional(until) : std::nullopt;
}

// Twice the interval may pass until a sample of a replica shows that it has what a sample of the leader
// shows.
void Connection::want_to_know_lag() {
    if (choices_.max_lag.count() == 0 || !knowledge_) return;
    if (choices_.max_lag <= 3 * settings_.poll_slow)
        knowledge_->want_progress();
    else
        knowledge_->want_samples();
}

Connection::Route Connection::on_lag(Statement& statement, const ClassifiedText& text, Route route,
                                     BootTime begun) {
    const OnLag on_lag = [this] {
        const std::scoped_lock lock(mutex);
        return choices_.on_lag;
    }();
    const bool budgeted = on_lag.then == OnLag::Then::Leader && settings_.leader_budget != 0;
    if (budgeted && may_ask_leader_again()) return route;
    route = await_replica(statement, text, route, budgeted, end_of_wait(statement, on_lag, begun));
    if (!route.lags || statement.cancelled() || on_lag.then == OnLag::Then::Leader) return route;
    if (on_lag.then == OnLag::Then::Error) refuse_lagging(route.reason);
    const std::scoped_lock lock(mutex);
    return route_anew(text, statement.leader_only(), true);
}

BootTime Connection::end_of_wait(const Statement& statement, const OnLag& on_lag, BootTime begun) const {
    std::chrono::milliseconds wait = on_lag.wait;
    if (wait.count() == 0 && on_lag.then == OnLag::Then::Leader) wait = kWaitForBudget;
    const BootTime end = boot_now() + wait;
    if (statement.query_timeout() == 0) return end;
    // Whoever answers then has the other half.
    const bool for_nobody = on_lag.then == OnLag::Then::Error;
    return std::min(end, begun + (for_nobody ? 2 * statement.hurry() : statement.hurry()));
}

Connection::Route Connection::await_replica(Statement& statement, const ClassifiedText& text, Route route,
                                            bool budgeted, BootTime end) {
    if (!knowledge_ || !settings_.monitor || boot_now() >= end) return route;
    if (logs(LogLevel::Debug))
        log(LogLevel::Debug, std::string(name_of(route.reason)) + ": waits for a replica");
    const Statement::Waiting waiting(statement);
    do {
        // Read before it is looked at what they tell of: what comes later ends the wait.
        const std::uint32_t seen = knowledge_->news();
        if (statement.cancelled()) break;
        route = this->route(text, statement.leader_only(), statement.hurry());
        if (!route.lags || (budgeted && may_ask_leader_again()) || !knowledge_->await_news(seen, end)) break;
    } while (boot_now() < end);
    return route;
}

void Connection::refuse_lagging(Reason reason) {
    std::string message = "No replica is far enough for this read (" + std::string(name_of(reason)) + "): ";
    const std::scoped_lock lock(mutex);
    if (reason == Reason::MarkOpen)
        throw DriverError("HYT00", message +
                                       "a write of this user has not ended, or how far the leader was "
                                       "behind it is not known yet");
    if (reason == Reason::NotSeenYet)
        throw DriverError("HYT00", message +
                                       "what the session has seen on another node is not known to be on a "
                                       "replica yet");
    if (reason == Reason::BeyondMaxLag)
        message += "none is known to be within " + shown_duration(choices_.max_lag) + " of the leader; ";
    const Position& wanted = last_requirement_;
    message += "it has to see " + shown(wanted);
    if (const Candidate* best = furthest(candidates_)) {
        message += ", '" + name_of_node(best->node) + "' is at " + shown(best->position);
        if (best->position.timeline == wanted.timeline && best->position.lsn < wanted.lsn)
            message += " and lacks " + std::to_string(wanted.lsn - best->position.lsn) + " bytes";
        const auto sample = knowledge_ ? knowledge_->sample(best->node) : std::nullopt;
        if (sample && sample->lag.count() > 0)
            message += ", " + shown_duration(std::chrono::ceil<std::chrono::milliseconds>(sample->lag)) +
                       " behind the leader";
    }
    throw DriverError("HYT00", message);
}

}  // namespace freshread
