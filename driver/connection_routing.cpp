// Where a statement of a connection runs: from the session, the policy, the user's position and the replicas
// to an open backend that carries the session.
#include <algorithm>

#include "driver/connection.h"
#include "driver/encoding.h"
#include "driver/split_mix.h"
#include "driver/statement.h"

namespace freshread {

namespace {

// How long a settled route is not questioned: then the age of the catalog is looked at.
constexpr std::chrono::seconds kLookAgain{10};

// No server would do what it says, though PostgreSQL takes any name with a dot for a setting.
[[noreturn]] void refuse_own_among_others() {
    throw DriverError("42601", "SET, RESET and SHOW of freshread have to be a statement of their own");
}

// What the comments of a read make of the policy: the strongest word in them counts.
Policy policy_of_read(Policy chosen, const Hints& hints) {
    const Policy policy = hints.policy.value_or(hints.replica ? Policy::Any : chosen);
    return hints.fresh && policy != Policy::Leader ? Policy::Position : policy;
}

}  // namespace

void Connection::append_wide(std::basic_string_view<SQLWCHAR> text) {
    append_utf8(text, scratch_);
}

Connection::Route Connection::route_anew(const ClassifiedText& text, bool leader_only, bool stale) {
    const StatementClass& statement = text.is;
    constexpr std::chrono::milliseconds kShowEvery{250};
    if (const BootTime now = coarse_now(); now >= counts_shown_ + kShowEvery) {
        counts_shown_ = now;
        show_counts();
    }
    follow_transaction(false);
    if (statement.own_among_others) refuse_own_among_others();
    const UserKey& user = acting_user(statement.hints.user);
    if (snapshot_lost_ && statement.kind != StatementKind::Transaction) lose_snapshot();
    if (transaction_replica_ && one_snapshot_) return route_in_snapshot(statement, leader_only);
    const SessionDemand demand = session_.before(statement);
    Route route{leader_, Reason::NoReplicas, demand.tracking, false};
    const auto on_leader = [&](Reason reason) {
        route.reason = reason;
        if (route.tracking == Tracking::None) route.tracking = tracking_of_read(text);
        return route;
    };
    if (text.missed) want_catalog();
    if (demand.leader) return on_leader(*demand.leader);
    if (leader_only) return on_leader(Reason::UpdatableCursor);
    if (statement.hints.leader) return on_leader(Reason::HintLeader);
    if (sources_.size() == 1) return on_leader(Reason::NoReplicas);
    if (tracker_.unrecorded()) return on_leader(Reason::StoreUnavailable);
    const bool transactional = session_.transactional();
    const Splitting splitting = transactional ? learn_splitting(statement) : Splitting::EachStatement;
    if (splitting == Splitting::Leader) return on_leader(Reason::InTransaction);

    // Of one snapshot the first read decides for the others, whatever those will touch.
    const bool critical = splitting == Splitting::Whole || must_be_fresh(text);
    const Policy policy = policy_of_read(critical ? choices_.policy : Policy::Any, statement.hints);
    const bool asks_again =
        !transactional && (policy == Policy::Fallback ||
                           (choices_.empty_read == EmptyRead::Leader && !statement.hints.replica));
    // Which of several results is empty nobody knows before the last one.
    if (asks_again && statement.statements > 1) return on_leader(Reason::EmptyRead);
    Witness witness;
    Requirement requirement =
        requirement_of_read(policy, needs_user_facts(policy) ? ask_store(user, witness) : UserFacts{});
    if (requirement.reason == Reason::PolicyLeader && !statement.hints.policy &&
        !choices_.critical_tables.all())
        requirement.reason = Reason::CriticalTable;
    const bool has_token = (critical && token_.known()) || !statement.hints.token.empty();
    if (has_token && !statement.hints.replica)
        requirement = join(requirement, requirement_of_tokens(statement.hints.token));
    const bool ordered = keeps_order() && !stale && !statement.hints.replica;
    if (ordered) requirement = join(requirement, of_what_was_seen());
    last_requirement_ = requirement.position;
    const auto on_leader_for_now = [&](Reason reason) {
        // A window is no lag.
        const bool passes = is_lag(reason) && (policy != Policy::Window || reason != Reason::MarkOpen);
        route.lags = passes && heeds_lag();
        return on_leader(reason);
    };
    if (requirement.level == Requirement::Level::LeaderOnly && !(stale && is_lag(requirement.reason)))
        return on_leader_for_now(requirement.reason);
    if (stale) requirement = Requirement::any();

    want_to_know_lag();
    fill_candidates(requirement);
    while (true) {
        const Decision decision = freshread::route(requirement, candidates_, next_random(random_));
        if (decision.node == kLeader) {
            if (decision.reason == Reason::ReplicaBehind && knowledge_) knowledge_->want_progress();
            return on_leader_for_now(decision.reason);
        }
        Candidate& candidate = candidates_[decision.node - std::size_t{1}];
        Backend* backend = open_replica(decision.node);
        if (!backend || (positions_ && !backend->in_recovery())) {
            candidate.in_service = false;
            continue;
        }
        if (!candidate.open) candidate.too_far = is_too_far(decision.node, backend);
        candidate.open = true;
        candidate.position = backend->position();
        if (candidate.too_far) continue;
        if (decision.step == Decision::Step::Ask) {
            refresh(*backend, requirement);
            candidate.position = backend->position();
            continue;
        }
        if (ordered && read_on_ && read_on_ != backend) {
            requirement = join(requirement, of_leaving());
            if (requirement.level == Requirement::Level::LeaderOnly)
                return on_leader_for_now(requirement.reason);
            last_requirement_ = requirement.position;
            fill_candidates(requirement);
            continue;
        }
        if (choices_.shadow != Shadow::No) {
            route.shadowed = decision.node;
            route.nothing_asks_leader = asks_again;
            return on_leader(Reason::Shadow);
        }
        const bool carried = (transaction_replica_ || carry_session(*backend)) &&
                             (!transactional || carry_transaction(*backend, splitting));
        if (!carried) {
            candidate.in_service = false;
            continue;
        }
        one_snapshot_ = transactional && splitting == Splitting::Whole;
        last_replica_ = backend;
        last_on_replica_ = true;
        keep_catalog_for_replicas(text);
        if (ordered) reads_on(*backend);
        // With temporary objects a read is not free before its names were looked at.
        if (asks_for_position(policy) && text.free_to_go && !asks_again && !stale &&
            !session_.has_temporary() && !transactional)
            settle_on(*backend, text, std::move(witness));
        route.backend = backend;
        route.reason = stale ? Reason::StaleOnReplica : Reason::ReadOnReplica;
        route.nothing_asks_leader = asks_again;
        return route;
    }
}

void Connection::settle_on(Backend& backend, const ClassifiedText& text, Witness witness) {
    BootTime holds = kLookAgain;
    if (choices_.max_lag.count() != 0) {
        const auto until = within_max_lag(backend.node(), &backend);
        // Without a catalog nobody looks at the time (`still`).
        if (!until || !catalog_) return;
        holds = std::min(holds, *until - boot_now());
    }
    settled_ = {&backend,           epoch_.load(std::memory_order_relaxed),
                std::move(witness), text.proof,
                catalog_revision_,  coarse_now() + holds};
}

UserFacts Connection::ask_store(const UserKey& user, Witness& witness) {
    UserFacts facts;
    if (!knowledge_) return facts;
    try {
        UserLook look = tracker_.look(user);
        witness = std::move(look.witness);
        const BootTime now = boot_now();
        facts.store_available = true;
        facts.base_set = look.base_set;
        facts.mark_open = look.mark_open;
        facts.required = look.required;
        facts.within_window = now < look.pinned_until || now < look.born + choices_.window;
        // A new table waits for a leader sample begun MarkAge after its birth, a mark of a dead writer for
        // one begun MarkAge after it was opened: somebody has to take it.
        if (!look.base_set || look.mark_open) knowledge_->want_progress();
        if (look.mark_open) tracker_.take_back_if_overdue();
    } catch (const StoreUnavailable&) {
        facts.store_available = false;
    }
    return facts;
}

void Connection::show_counts() {
    if (knowledge_) knowledge_->publish_counts(NodeRecord::served_by_all());
}

std::string Connection::told(NodeId node, Reason reason) const {
    return std::string(name_of(reason)) + ": served by " +
           (node == kLeader ? "the leader '" : "the replica '") + name_of_node(node) + "'";
}

void Connection::log_route(const Backend& backend, Reason reason) {
    log(LogLevel::Debug, told(backend.node(), reason));
    if (reason != Reason::SessionUnreplicated && reason != Reason::StoreUnavailable) return;
    if (warned_.exchange(true)) return;
    log(LogLevel::Warn,
        reason == Reason::StoreUnavailable
            ? "the store of users' positions cannot be used: reads go to the leader"
            : "the session has state that replicas cannot be given: its reads go to the leader");
}

}  // namespace freshread
