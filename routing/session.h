// The session machine: what transactions and session state demand of the next statement. Pure state, one per
// connection; input: the class of each statement, what ODBC calls did to the transaction, and outcomes. Not
// thread-safe.
//
//                  begin_by_text (BEGIN), run_in_manual_commit (autocommit off)
//        +--------+ ------------------------------------------------------> +-------------+
//        |  Idle  |                                                         | Transaction |--+ after: Read:
//        nothing
//        +--------+ <------------------------------------------------------ +-------------+<-+ after: else:
//        wrote, effects
//                  end_transaction (COMMIT, ROLLBACK, PREPARE TRANSACTION, SQLEndTran, autocommit off to on)
//
// Source: PostgreSQL documentation, "Transactions"; ODBC Programmer's Reference, "Transactions" (auto-commit
// and manual-commit).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "routing/statement_class.h"

namespace freshread {

// What a call may have to publish of the user's writes.
enum class Tracking : std::uint8_t {
    None,    // nothing can have been committed by it
    Commit,  // it may commit a write: mark before, position after
    Effect,  // inside a transaction, with an effect that does not wait for COMMIT: mark before, kept until
             // the end
};

// Where the reads of the open transaction may run.
enum class Splitting : std::uint8_t {
    Leader,         // where the rest of it runs
    EachStatement,  // each by its own requirement: every statement has its own snapshot (READ COMMITTED)
    Whole,          // all on the node that served the first one: they have one snapshot (REPEATABLE READ)
    Unknown,        // the leader has to be asked what transactions are by default
};

struct SessionDemand {
    std::optional<Reason> leader{};  // must run on the leader, and why; none: the read is free to go
    Tracking tracking = Tracking::None;
};

class Session {
 public:
    enum class Outcome : std::uint8_t { Succeeded, Failed };

    // Before the statement is sent.
    [[nodiscard]] SessionDemand before(const StatementClass& statement) const;
    // After it returned; only for statements that ran on the leader (a replica's reads change nothing).
    void after(const StatementClass& statement, Outcome outcome);

    [[nodiscard]] bool autocommit() const { return autocommit_; }
    // The application switched it and the leader accepted. Switching it on ends the transaction.
    void set_autocommit(bool on);

    [[nodiscard]] bool in_transaction() const { return in_transaction_; }
    // A statement that is sent now runs inside a transaction.
    [[nodiscard]] bool transactional() const { return in_transaction_ || !autocommit_; }

    // --- transactions whose reads may run on a replica. Others live on the leader, and so does this one from
    // the first statement on that is neither a read nor kept in step on both sides (SET, SAVEPOINT).
    [[nodiscard]] Splitting splitting() const;
    // What the engine allows: read-only transactions on replicas.
    void allow_splitting() { splitting_allowed_ = true; }
    // What the application allows beside: reads of every transaction until its first write
    // (TransactionReads=until-write). An open transaction changes with it.
    void split_until_write(bool until_write) { until_write_ = until_write; }
    // What might run on a replica runs on the leader all the same (Shadow=). An open transaction for which
    // that ends stays there.
    void shadow(bool on) {
        if (shadow_ && !on && in_transaction_) stays_on_leader_ = true;
        shadow_ = on;
    }
    // SQL_ATTR_ACCESS_MODE: the application says that its transactions write nothing.
    void promise_read_only(bool promised) { promised_read_only_ = promised; }
    // What the leader says of transactions to come. It has to be asked before the transaction is opened:
    // drivers treat the first statement of one in ways of their own.
    void learn_default_modes(const TransactionModes& modes) { default_modes_ = modes; }
    // The statement would open a transaction whose reads might run on a replica, if that was known.
    [[nodiscard]] bool wants_default_modes(const StatementClass& statement) const;
    // Something may have changed what transactions are by default; `by_setting`: meant to.
    void forget_default_modes(bool by_setting);
    // A read of the transaction was sent to a replica: the transaction is open, be it so on the leader or
    // not.
    void read_on_replica();
    // It was not answered.
    void unread_on_replica();
    [[nodiscard]] bool has_read_on_replica() const { return reads_on_replica_ > 0; }
    // A statement of it other than its BEGIN has run on the leader.
    [[nodiscard]] bool ran_on_leader() const { return ran_on_leader_; }
    // The rest of the transaction runs on the leader.
    void stay_on_leader() { stays_on_leader_ = true; }
    // So do all transactions to come: this one had to be given up, and would have to be again.
    void keep_transactions_on_leader() { splitting_allowed_ = false; }
    // Of the transaction a statement succeeded that cannot be had on a replica as well as on the leader, or
    // that must not be followed by a read that is older than it.
    [[nodiscard]] bool leaves_replica(const StatementClass& statement) const;
    // While the transaction's snapshot is a replica's the leader may run it: it reads nothing, or is refused.
    [[nodiscard]] bool may_run_beside_snapshot(const StatementClass& statement) const;

    // The transaction was opened by a text that was prepared: the driver may not know of it, and end it by
    // itself.
    void opened_unnoticed() {
        unnoticed_ = true;
        stays_on_leader_ = true;
    }
    // A call other than an execution failed. In autocommit psqlodbc rolls a transaction back behind some of
    // the errors (of syntax, for one).
    void call_failed() { failed_ = in_transaction_; }
    void went_back_to_savepoint() { failed_ = false; }
    // Since the transaction was opened, or went back to a savepoint, something has failed: what it set before
    // may be gone.
    [[nodiscard]] bool may_be_aborted() const { return failed_; }
    // The driver may have ended the transaction by itself. Until the application does, whatever runs in it
    // may be committed at once, and what its ROLLBACK undoes is not known.
    [[nodiscard]] bool may_have_ended() const { return autocommit_ && (unnoticed_ || failed_); }

    // What ending the transaction by an ODBC call would publish.
    [[nodiscard]] Tracking tracking_of_end(bool commit) const;
    // The transaction is over, by whatever way.
    void end_transaction();

    // Session state exists that other nodes do not have: everything runs on the leader from now on.
    void keep_on_leader() { unreplicated_ = true; }
    // As above, but state that DISCARD ALL would end.
    void keep_on_leader_until_discarded() { state_unknown_ = true; }
    [[nodiscard]] bool kept_on_leader() const { return unreplicated_ || state_unknown_; }
    // Something has run since this was asked last that may have changed settings without a text that tells.
    [[nodiscard]] bool take_doubt() { return std::exchange(settings_doubted_, false); }
    // DISCARD ALL and DISCARD TEMP succeeded.
    void discarded_all();
    void discarded_temporary();

    [[nodiscard]] bool has_temporary() const { return !temporary_.empty(); }
    // An object of this name is temporary, or is no more. As written in a text.
    void remember_temporary(std::string_view name);
    void forget_temporary(std::string_view name);
    // A read names a temporary object of this session.
    [[nodiscard]] bool names_temporary(const StatementClass& statement) const;

 private:
    void begin_transaction();
    // It says that autocommit is on, which it is.
    [[nodiscard]] bool says_what_is(const StatementClass& statement) const {
        return statement.turns_autocommit_on && autocommit_ && !unreplicated_;
    }
    void follow(const StatementClass& statement, Outcome outcome);
    void note_locks(const StatementClass& statement);
    void note_in_transaction(const StatementClass& statement, Outcome outcome);

    bool autocommit_ = true;
    bool in_transaction_ = false;
    bool wrote_ = false;    // something other than a proven Read ran in this transaction
    bool effects_ = false;  // something ran whose effect does not wait for COMMIT
    bool unnoticed_ = false;
    bool open_on_leader_ = false;
    bool ran_on_leader_ = false;
    std::uint64_t reads_on_replica_ = 0;
    bool stays_on_leader_ = false;
    bool default_modes_changed_ = false;  // in this transaction
    TransactionModes modes_{};            // of this transaction, as far as they were given
    TransactionModes default_modes_{};    // Default: not known
    bool splitting_allowed_ = false;
    bool until_write_ = false;
    bool promised_read_only_ = false;
    bool shadow_ = false;
    bool default_modes_set_ = false;  // the application has set them: all transactions may be read-only
    bool failed_ = false;             // something has, in this transaction
    bool unreplicated_ = false;
    bool state_unknown_ = false;
    bool settings_doubted_ = false;
    // Locks of the session (advisory locks, GET_LOCK) that are held, as far as it can be counted. Whoever
    // holds one expects to see what its holder before committed, whoever that was.
    unsigned locks_ = 0;
    std::vector<std::string> temporary_{};  // names of temporary objects, folded, without schema
};

}  // namespace freshread
