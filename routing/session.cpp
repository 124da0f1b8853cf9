#include "routing/session.h"

#include <algorithm>

#include "routing/identifier.h"

namespace freshread {

namespace {

// The last part of a name, folded: more names are taken for the same than the server would, which only costs
// a trip to the leader.
std::string folded_last_name(std::string_view name) {
    constexpr std::string_view kQuotes = "\"`[]";
    const auto dot = name.rfind('.');
    if (dot != std::string_view::npos) name.remove_prefix(dot + 1);
    std::string out;
    for (const char c : name) {
        if (kQuotes.find(c) != std::string_view::npos || c == ' ') continue;
        out.push_back(fold(c));
    }
    return out;
}

bool ends_transaction(TransactionVerb verb) {
    switch (verb) {
        case TransactionVerb::Commit:
        case TransactionVerb::CommitAndChain:
        case TransactionVerb::Rollback:
        case TransactionVerb::RollbackAndChain:
        case TransactionVerb::PrepareTransaction:
            return true;
        default:
            return false;
    }
}

bool commits(TransactionVerb verb) {
    return verb == TransactionVerb::Commit || verb == TransactionVerb::CommitAndChain;
}

bool chains(TransactionVerb verb) {
    return verb == TransactionVerb::CommitAndChain || verb == TransactionVerb::RollbackAndChain;
}

// Changes nothing that another session could read.
bool writes_nothing(const StatementClass& statement) {
    switch (statement.kind) {
        case StatementKind::Read:
        case StatementKind::Freshread:
            return true;
        case StatementKind::SessionState:
            return !statement.effect_before_commit && (statement.functions.empty() || statement.only_sets);
        case StatementKind::Transaction:
            return statement.verb != TransactionVerb::CommitPrepared &&
                   statement.verb != TransactionVerb::RollbackPrepared;
        default:
            return false;
    }
}

}  // namespace

SessionDemand Session::before(const StatementClass& statement) const {
    const bool transactional = this->transactional();
    SessionDemand demand;

    if (statement.kind != StatementKind::Read || statement.reason != Reason::ReadOnReplica)
        demand.leader = statement.reason;
    else if (transactional && splitting() == Splitting::Leader)
        demand.leader = Reason::InTransaction;
    else if (kept_on_leader())
        demand.leader = Reason::SessionUnreplicated;
    else if (locks_ > 0)
        demand.leader = Reason::LockingRead;
    else if (names_temporary(statement))
        demand.leader = Reason::TemporaryTable;

    if (statement.kind == StatementKind::Transaction && ends_transaction(statement.verb)) {
        demand.tracking = tracking_of_end(commits(statement.verb));
    } else if (!writes_nothing(statement) && !says_what_is(statement)) {
        // A text that holds a COMMIT of its own among other things commits, wherever it is run.
        const bool stays_open = transactional && !ends_transaction(statement.verb) &&
                                statement.verb != TransactionVerb::CommitPrepared &&
                                statement.verb != TransactionVerb::RollbackPrepared;
        if (!stays_open)
            demand.tracking = Tracking::Commit;
        else if (statement.effect_before_commit || may_have_ended())
            demand.tracking = Tracking::Effect;
    }
    return demand;
}

void Session::after(const StatementClass& statement, Outcome outcome) {
    follow(statement, outcome);
    if (outcome == Outcome::Failed) call_failed();
}

void Session::follow(const StatementClass& statement, Outcome outcome) {
    const bool alone = statement.kind == StatementKind::Transaction;
    // Whether it succeeded does not matter: of several statements in one text some may have.
    if (statement.changes_autocommit && !says_what_is(statement)) keep_on_leader();
    if (statement.alters_session) keep_on_leader_until_discarded();
    if (statement.may_set) settings_doubted_ = true;
    if (outcome == Outcome::Succeeded) note_locks(statement);
    if (statement.implicit_commit && autocommit_) end_transaction();
    if (statement.creates_temporary || statement.reason == Reason::TemporaryTable)
        for (const std::string_view table : statement.tables)
            if (statement.creates_temporary || starts_folded(table, "pg_temp") ||
                starts_folded(table, "\"pg_temp"))
                remember_temporary(table);
    if (ends_transaction(statement.verb)) {
        // A COMMIT that failed has rolled back (PostgreSQL), but another engine may have kept the
        // transaction: unsure means open.
        const bool unnoticed = unnoticed_;
        if (outcome == Outcome::Succeeded || !alone) end_transaction();
        if (chains(statement.verb) && outcome == Outcome::Succeeded) {
            begin_transaction();
            unnoticed_ = unnoticed;
            stays_on_leader_ = true;  // what it is by the one before
        }
        if (!alone && !autocommit_) begin_transaction();
        return;
    }
    if (statement.verb == TransactionVerb::Begin) {
        // Inside a transaction it changes what that is.
        if (in_transaction_ || !alone) stays_on_leader_ = true;
        // Alone and failed, it opened nothing. Among others, whatever stood before or after it may have run.
        if (outcome == Outcome::Succeeded || !alone) begin_transaction();
        if (outcome == Outcome::Succeeded && alone) modes_ = statement.modes;
        if (!alone) wrote_ = effects_ = true;
        return;
    }
    if (!autocommit_) begin_transaction();
    if (in_transaction_) note_in_transaction(statement, outcome);
    // Functions of the application's own may set what they like.
    const bool lasting = statement.verb == TransactionVerb::SetTransaction &&
                         statement.modes.access == TransactionModes::Access::Default &&
                         statement.modes.isolation == TransactionModes::Isolation::Default;
    if (lasting || statement.alters_session || statement.effect_before_commit)
        forget_default_modes(lasting || statement.alters_session);
    if (in_transaction_ && !writes_nothing(statement)) {
        wrote_ = true;
        effects_ = effects_ || may_have_ended() || statement.effect_before_commit;
    }
}

void Session::set_autocommit(bool on) {
    if (on && !autocommit_) end_transaction();
    autocommit_ = on;
}

Tracking Session::tracking_of_end(bool commit) const {
    if (!in_transaction_) return Tracking::None;
    return (commit && wrote_) || effects_ ? Tracking::Commit : Tracking::None;
}

bool Session::names_temporary(const StatementClass& statement) const {
    if (temporary_.empty()) return false;
    return std::any_of(statement.tables.begin(), statement.tables.end(), [this](std::string_view table) {
        return std::find(temporary_.begin(), temporary_.end(), folded_last_name(table)) != temporary_.end();
    });
}

void Session::begin_transaction() {
    in_transaction_ = open_on_leader_ = true;
}

void Session::end_transaction() {
    if (default_modes_changed_) default_modes_ = {};
    in_transaction_ = wrote_ = effects_ = failed_ = unnoticed_ = false;
    open_on_leader_ = ran_on_leader_ = stays_on_leader_ = default_modes_changed_ = false;
    reads_on_replica_ = 0;
    modes_ = {};
}

void Session::note_in_transaction(const StatementClass& statement, Outcome outcome) {
    ran_on_leader_ = true;
    const bool read = statement.kind == StatementKind::Read && statement.reason == Reason::ReadOnReplica;
    if (leaves_replica(statement) && !(shadow_ && read)) stays_on_leader_ = true;
    if (statement.verb != TransactionVerb::SetTransaction || outcome != Outcome::Succeeded) return;
    using Access = TransactionModes::Access;
    using Isolation = TransactionModes::Isolation;
    // Something else than these two, such as a snapshot that was exported on the leader.
    if (statement.modes.access == Access::Default && statement.modes.isolation == Isolation::Default)
        stays_on_leader_ = true;
    if (statement.modes.access != Access::Default) modes_.access = statement.modes.access;
    if (statement.modes.isolation != Isolation::Default) modes_.isolation = statement.modes.isolation;
}

Splitting Session::splitting() const {
    using Access = TransactionModes::Access;
    using Isolation = TransactionModes::Isolation;
    if (!splitting_allowed_ || stays_on_leader_ || failed_) return Splitting::Leader;
    const auto given_or = [](auto given, auto otherwise) {
        return given == decltype(given)::Default ? otherwise : given;
    };
    const Access access = given_or(modes_.access, default_modes_.access);
    if (modes_.access == Access::ReadWrite && !until_write_) return Splitting::Leader;
    const Isolation isolation = given_or(modes_.isolation, default_modes_.isolation);
    if (isolation == Isolation::Serializable) return Splitting::Leader;
    const bool promised = promised_read_only_ && modes_.access != Access::ReadWrite;
    // Asking costs a round trip, which an application that never speaks of reading only has not to pay.
    if (access == Access::Default && !promised && !until_write_ && !default_modes_set_)
        return Splitting::Leader;
    if (isolation == Isolation::Default || (access == Access::Default && !promised))
        return Splitting::Unknown;
    const bool read_only = promised || access == Access::ReadOnly;
    if (isolation == Isolation::RepeatableRead) return read_only ? Splitting::Whole : Splitting::Leader;
    return read_only || until_write_ ? Splitting::EachStatement : Splitting::Leader;
}

bool Session::wants_default_modes(const StatementClass& statement) const {
    using Access = TransactionModes::Access;
    const bool opens = !in_transaction_ && (!autocommit_ || statement.verb == TransactionVerb::Begin);
    if (!opens || !splitting_allowed_ || default_modes_.isolation != TransactionModes::Isolation::Default)
        return false;
    return statement.modes.access == Access::ReadOnly || promised_read_only_ || until_write_ ||
           default_modes_set_;
}

void Session::forget_default_modes(bool by_setting) {
    default_modes_ = {};
    default_modes_set_ = default_modes_set_ || by_setting;
    if (transactional()) default_modes_changed_ = true;
}

void Session::read_on_replica() {
    in_transaction_ = true;
    ++reads_on_replica_;
}

void Session::unread_on_replica() {
    if (reads_on_replica_ > 0) --reads_on_replica_;
    if (reads_on_replica_ == 0 && !open_on_leader_) in_transaction_ = false;
}

bool Session::may_run_beside_snapshot(const StatementClass& statement) const {
    using Access = TransactionModes::Access;
    if (statement.creates_temporary || statement.kind == StatementKind::Write) {
        const Access access = modes_.access == Access::Default ? default_modes_.access : modes_.access;
        return access == Access::ReadOnly && (statement.creates_temporary || !names_temporary(statement));
    }
    switch (statement.kind) {
        case StatementKind::Unknown:
            return false;
        case StatementKind::Transaction:
        case StatementKind::SessionState:
        case StatementKind::Freshread:
            return true;
        default:
            return statement.tables.empty();
    }
}

bool Session::leaves_replica(const StatementClass& statement) const {
    switch (statement.kind) {
        case StatementKind::Freshread:
        case StatementKind::SessionState:
            return false;
        case StatementKind::Transaction:
            // What the transaction is may only change before its first query.
            return statement.verb == TransactionVerb::SetTransaction && has_read_on_replica();
        case StatementKind::Read:
            // SHOW and its kin have no snapshot that a later read could be older than.
            return !statement.tables.empty() || statement.reason == Reason::ReadOnReplica;
        default:
            return true;
    }
}

void Session::discarded_all() {
    state_unknown_ = settings_doubted_ = false;
    locks_ = 0;
    temporary_.clear();
}

void Session::discarded_temporary() {
    // A transaction that is rolled back brings them back.
    if (!in_transaction_ && autocommit_) temporary_.clear();
}

void Session::remember_temporary(std::string_view name) {
    std::string remembered = folded_last_name(name);
    if (std::find(temporary_.begin(), temporary_.end(), remembered) == temporary_.end())
        temporary_.push_back(std::move(remembered));
}

void Session::forget_temporary(std::string_view name) {
    std::erase(temporary_, folded_last_name(name));
}

void Session::note_locks(const StatementClass& statement) {
    for (const std::string_view function : statement.functions) {
        const std::string name = folded_last_name(function);
        const bool of_transaction = name.find("_xact_") != std::string::npos;
        if (name == "pg_advisory_unlock_all" || name == "release_all_locks") {
            locks_ = 0;
        } else if (name.starts_with("pg_advisory_unlock") || name == "release_lock") {
            if (locks_ > 0 && statement.tables.empty()) --locks_;
        } else if ((name.starts_with("pg_advisory_lock") || name.starts_with("pg_try_advisory_lock") ||
                    name == "get_lock") &&
                   !of_transaction) {
            ++locks_;
        }
    }
}

}  // namespace freshread
