// What a statement text is, as far as routing needs to know. Produced by the classifier
// (routing/classifier.h), consumed by the session machine and the router.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "routing/names.h"
#include "routing/policy.h"
#include "routing/reason.h"

namespace freshread {

enum class StatementKind : std::uint8_t {
    Read,           // proven harmless: any node that satisfies the requirement may answer
    Write,          // leader, tracked
    LockingRead,    // leader, tracked
    Transaction,    // BEGIN, COMMIT, SAVEPOINT ...: the session machine's input
    SessionState,   // SET, RESET, USE, DISCARD ...
    LeaderSession,  // LISTEN, PREPARE, WITH HOLD, temporary tables, currval ...: leader, tracked
    Freshread,      // SET freshread.*, SHOW freshread.*: answered by the driver
    Unknown,        // leader, treated as a write
};

// The kind's name as the design's table and `freshread classify` print it.
[[nodiscard]] std::string_view name_of(StatementKind kind);

// Transaction control found in a text. For a text of several statements: what the last such statement does,
// which is what decides whether a transaction is open afterwards.
enum class TransactionVerb : std::uint8_t {
    None,
    Begin,   // BEGIN, START TRANSACTION
    Commit,  // COMMIT, END
    CommitAndChain,
    Rollback,  // ROLLBACK, ABORT
    RollbackAndChain,
    Savepoint,           // SAVEPOINT, RELEASE, ROLLBACK TO: the transaction stays
    PrepareTransaction,  // the transaction leaves this session
    CommitPrepared,      // commits now, whatever transaction is open here
    RollbackPrepared,
    SetTransaction,  // SET TRANSACTION, SET SESSION CHARACTERISTICS: kind Transaction
};

// READ ONLY / ISOLATION given by BEGIN, START TRANSACTION or SET TRANSACTION.
struct TransactionModes {
    enum class Access : std::uint8_t { Default, ReadOnly, ReadWrite };
    enum class Isolation : std::uint8_t {
        Default,
        ReadUncommitted,
        ReadCommitted,
        RepeatableRead,
        Serializable
    };
    Access access = Access::Default;
    Isolation isolation = Isolation::Default;
};

// A comment that starts with `freshread`. Views point into the classified text.
struct Hints {
    bool leader = false;
    bool replica = false;
    bool fresh = false;
    std::optional<Policy> policy{};
    std::string_view user{};
    std::string_view token{};
    std::string_view malformed{};  // the first hint that could not be understood; a warning, never an error

    [[nodiscard]] bool any() const {
        return leader || replica || fresh || policy || !user.empty() || !token.empty() || !malformed.empty();
    }
};

struct StatementClass {
    StatementKind kind = StatementKind::Unknown;
    // For a Read: ReadOnReplica, or why only the leader may answer it (NodeDependent). Otherwise why it is no
    // Read.
    Reason reason = Reason::UnknownStatement;
    TransactionVerb verb = TransactionVerb::None;
    TransactionModes modes{};
    // Its effect does not wait for COMMIT (CALL, DO, an unknown function, dblink, nextval ...): marked at
    // once, even inside a transaction.
    bool effect_before_commit = false;
    // It ends the transaction that is open, as DDL does in MariaDB.
    bool implicit_commit = false;
    // MariaDB: SET autocommit, alone or among other assignments. The kind is Unknown.
    bool changes_autocommit = false;
    // It does nothing but SET autocommit = 1.
    bool turns_autocommit_on = false;
    // SET LOCAL, SET CONSTRAINTS, set_config(..., true): ends with the transaction.
    bool local_setting = false;
    // It changes the session in a way that sending the text to other nodes would not repeat: a setting among
    // several statements, computed from tables, or assigned inside a SELECT. Never with kind SessionState.
    bool alters_session = false;
    // It runs code that nobody here knows (a function or procedure of the user's, DO), which may change the
    // session's settings.
    bool may_set = false;
    // SELECT set_config(...): kind SessionState, and nothing in it but the server's own functions without an
    // effect beyond the session. Known only where that is proven (routing/relation_proof.h).
    bool only_sets = false;
    // CREATE TEMPORARY / SELECT INTO TEMP: the objects named in `tables` become the session's own. For CREATE
    // the object made is the first; the others are those it is made from.
    bool creates_temporary = false;
    // CREATE, ALTER, DROP: what is known of relations and functions may no longer hold once it is committed.
    bool defines = false;
    // Something in it belongs to the node: were it a Read, only the leader could answer it.
    bool node_dependent = false;
    // One of several statements, or of several assignments, is Freshread's own (SET freshread.*): it has to
    // stand alone, since no server would do what it says.
    bool own_among_others = false;
    // It would be a Read if the entries of `functions` that are not built in (effect_of_function) were
    // harmless. Types and operators that are not built in stand among them, since they call functions too.
    bool read_but_for_functions = false;
    std::uint32_t statements = 0;  // statements in the text; 0 for empty text or comments only
    // Strings in double quotes for which it would be the same if they were names.
    std::uint32_t indifferent_quotes = 0;
    // Relations (CTE names included) and functions named, as written (quotes kept, schema-qualified where
    // they were). Views point into the classified text: a StatementClass does not outlive it.
    Names tables{};
    Names functions{};
    // What WITH names, as written; each stands in `tables` too, where it is used.
    Names ctes{};
    Hints hints{};
};

// For messages: the relations and functions that it names, which are no part of its values, behind a colon;
// empty when it names none.
[[nodiscard]] std::string named_by(const StatementClass& is);

}  // namespace freshread
