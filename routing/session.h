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
    // What ending the transaction by an ODBC call would publish.
    [[nodiscard]] Tracking tracking_of_end(bool commit) const;
    // The transaction is over, by whatever way.
    void end_transaction();

    // Session state exists that other nodes do not have: everything runs on the leader from now on.
    void keep_on_leader() { unreplicated_ = true; }
    // As above, but state that DISCARD ALL would end.
    void keep_on_leader_until_discarded() { state_unknown_ = true; }
    [[nodiscard]] bool kept_on_leader() const { return unreplicated_ || state_unknown_; }
    // DISCARD ALL and DISCARD TEMP succeeded.
    void discarded_all();
    void discarded_temporary();

    // Since the transaction's last success a statement has failed: a COMMIT may have rolled back.
    [[nodiscard]] bool may_be_aborted() const { return failed_; }

    [[nodiscard]] bool has_temporary() const { return !temporary_.empty(); }
    // An object of this name is temporary, or is no more. As written in a text.
    void remember_temporary(std::string_view name);
    void forget_temporary(std::string_view name);
    // A read names a temporary object of this session.
    [[nodiscard]] bool names_temporary(const StatementClass& statement) const;

 private:
    void begin_transaction();
    void note_locks(const StatementClass& statement);

    bool autocommit_ = true;
    bool in_transaction_ = false;
    bool wrote_ = false;    // something other than a proven Read ran in this transaction
    bool effects_ = false;  // something ran whose effect does not wait for COMMIT
    bool failed_ = false;   // in this transaction, and nothing succeeded since
    bool unreplicated_ = false;
    bool state_unknown_ = false;
    // Locks of the session (advisory locks, GET_LOCK) that are held, as far as it can be counted. Whoever
    // holds one expects to see what its holder before committed, whoever that was.
    unsigned locks_ = 0;
    std::vector<std::string> temporary_{};  // names of temporary objects, folded, without schema
};

}  // namespace freshread
