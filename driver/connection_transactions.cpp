// Transactions that read on a replica.
//
// The application's transaction lives on the leader, opened by its BEGIN or, with autocommit off, by the
// first statement that runs there. Its reads run inside a transaction of the replica's own connection, whose
// autocommit is off for so long:
//
//   READ COMMITTED    every statement has its own snapshot, so each read is routed by itself; from the first
//   one on
//                     that the leader has to serve the rest runs there
//   REPEATABLE READ   the first read decides; behind it a statement that the replica cannot run fails with
//   40001
//
// SET and SAVEPOINT run on the leader and are repeated on the replica before its next read. Whatever ends the
// transaction on the leader ends the replica's behind it.
#include "driver/connection.h"

namespace freshread {

void Connection::follow_transaction(bool commit) {
    if (session_.in_transaction()) return;
    tracker_.end_of_transaction();
    snapshot_lost_ = false;
    if (transaction_replica_) end_on_replica(commit);
}

void Connection::end_on_replica(bool commit) {
    Backend& backend = *transaction_replica_;
    transaction_replica_ = nullptr;
    one_snapshot_ = snapshot_taken_ = false;
    // What was set in it is carried again, as far as it is durable.
    const bool undo = session_settings_.carried_pending();
    session_settings_.forget_carried();
    if (backend.end_transaction(commit && !undo)) return;
    settled_ = {};
    if (last_replica_ == &backend) last_replica_ = nullptr;
    auto& slot = backends_[backend.node()];
    if (slot.get() == &backend) retired_.push_back(std::move(slot));
}

Splitting Connection::learn_splitting(const StatementClass& statement) {
    if (session_.splitting() == Splitting::Unknown && session_.wants_default_modes(statement)) {
        // Whoever holds it uses the leader's connection now, and goes before `mutex`.
        const std::unique_lock calls(leader_->call_mutex, std::try_to_lock);
        if (calls) learn_default_modes();
    }
    const Splitting splitting = session_.splitting();
    if (splitting != Splitting::Unknown) return splitting;
    return Splitting::Leader;
}

void Connection::learn_default_modes() {
    const auto modes = leader_->ask_default_modes(!session_.autocommit());
    if (modes) change_session().learn_default_modes(*modes);
}

bool Connection::carry_transaction(Backend& backend, Splitting splitting) {
    if (!transaction_replica_) {
        session_settings_.forget_carried();
        transaction_replica_ = &backend;
        if (!backend.begin_transaction(splitting == Splitting::Whole)) {
            end_on_replica(false);
            return false;
        }
    }
    if (!session_settings_.carry_pending([&](const std::string& text) { return backend.run(text); }))
        return false;
    change_session().read_on_replica();
    return true;
}

bool Connection::aborted_on_leader() {
    if (!session_.may_be_aborted()) return false;
    // Whoever holds it uses the leader's connection now, and goes before `mutex`.
    const std::unique_lock calls(leader_->call_mutex, std::try_to_lock);
    return calls && !leader_->run("SELECT 1");
}

Connection::Route Connection::route_in_snapshot(const StatementClass& statement, bool leader_only) {
    snapshot_taken_ = true;
    const SessionDemand demand = session_.before(statement);
    const bool read = statement.kind == StatementKind::Read && statement.reason == Reason::ReadOnReplica;
    if (read && !leader_only && !statement.hints.leader &&
        (!demand.leader || demand.leader == Reason::InTransaction)) {
        if (aborted_on_leader()) return {leader_, Reason::InTransaction, Tracking::None, false};
        if (!carry_transaction(*transaction_replica_, Splitting::Whole)) lose_snapshot();
        return {transaction_replica_, Reason::ReadOnReplica, Tracking::None, false};
    }
    if (!session_.may_run_beside_snapshot(statement)) lose_snapshot();
    return {leader_, demand.leader.value_or(Reason::InTransaction), demand.tracking, false};
}

void Connection::lose_snapshot() {
    if (transaction_replica_) end_on_replica(false);
    snapshot_lost_ = true;
    change_session().keep_transactions_on_leader();
    throw DriverError(
        "40001",
        "The transaction has read on a replica, which cannot run this statement in the same snapshot: it "
        "has to be started again, and will run on the leader");
}

void Connection::refuse_without_snapshot() {
    const std::scoped_lock lock(mutex);
    if (snapshot_taken_ || snapshot_lost_) lose_snapshot();
}

void Connection::open_on_leader(const StatementClass& statement) {
    {
        const std::scoped_lock lock(mutex);
        if (session_.wants_default_modes(statement)) learn_default_modes();
        const bool behind_query = statement.verb == TransactionVerb::SetTransaction;
        if (!session_.has_read_on_replica() || (session_.ran_on_leader() && !behind_query)) return;
    }
    // That it fails in a transaction that has failed is as good.
    (void)leader_->run("SELECT 1");
}

bool Connection::make_read_only() {
    change_session().forget_default_modes(true);
    return leader_->run(dialect_ == Dialect::PostgreSql
                            ? "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"
                            : "SET SESSION TRANSACTION READ ONLY",
                        !session_.autocommit() && !session_.in_transaction());
}

void Connection::note_savepoint(std::string_view text) {
    const SavepointChange change = read_savepoint_change(text, dialect_);
    const bool follows = transaction_replica_ && session_settings_.savepoint_is_carried(change);
    if (change.kind == SavepointChange::Kind::RollbackTo) change_session().went_back_to_savepoint();
    if (!change_session_settings().savepoint(change, text)) change_session().keep_on_leader_until_discarded();
    if (!follows || transaction_replica_->run(text)) return;
    snapshot_lost_ = snapshot_taken_;
    end_on_replica(false);
    change_session().stay_on_leader();
}

void Connection::call_failed() {
    const std::scoped_lock lock(mutex);
    if (session_.in_transaction() && !session_.may_be_aborted()) change_session().call_failed();
}

}  // namespace freshread
