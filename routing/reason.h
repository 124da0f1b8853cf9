// Why a statement ran where it ran: one closed list, in which status, logs, counters and Explain= speak.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace freshread {

enum class Reason : std::uint8_t {
    // A replica may serve it.
    ReadOnReplica,   // the replica satisfied the requirement
    StaleOnReplica,  // none did, and OnLag=stale takes any
    // The statement itself belongs on the leader.
    Write,        // it writes, or is one of the kinds treated as a write
    LockingRead,  // FOR UPDATE and its kin, advisory locks
    TransactionControl,
    SessionState,       // SET and its kin
    LeaderSession,      // LISTEN, PREPARE, WITH HOLD, currval ...: bound to the leader's session
    UnknownFunction,    // calls a function that is not known to be harmless
    UnknownRelation,    // names a relation that is not known to be harmless
    UnknownStatement,   // not understood, or not harmless beyond doubt
    SeveralStatements,  // several statements in one text that are not all reads
    NodeDependent,      // its answer depends on the node: the application believes in one database
    TemporaryTable,     // names a temporary object of this session
    RefusedByReplica,   // looks like a read, but a replica refused it as a write
    // The session demands the leader.
    InTransaction,        // inside a transaction
    UpdatableCursor,      // the cursor could be written through
    SessionUnreplicated,  // session state that replicas do not have
    // The policy or the user's position demands the leader.
    PolicyLeader,      // Policy=leader
    CriticalTable,     // as before, for a read that touches a critical table, or may do so
    WithinWindow,      // Policy=window and the user wrote less than Window ago
    ReplicaBehind,     // no replica has applied the user's position yet
    BeyondMaxLag,      // no replica is known to be within MaxLag of the leader
    NotSeenYet,        // no other replica is known to have what the session has seen
    MarkOpen,          // a write of this user has not ended, or its outcome is unknown
    BaseUnset,         // the store is new: nobody knows yet what was written before
    StoreUnavailable,  // the store cannot be asked
    PositionUnknown,   // no replica's position is known
    TokenUnproven,     // a commit token was refused, or nothing shows yet that the leader has been there
    // The nodes.
    NoReplicas,        // none is configured, or the engine has none
    NoHealthyReplica,  // none can be reached, or none is in recovery
    RetriedOnLeader,   // a replica failed to answer; the leader did
    Shadow,            // Shadow=yes: a replica would have served it
    EmptyRead,         // a replica found nothing, or its driver could not have told: EmptyRead=leader
    // Hints.
    HintLeader,
};
// How many there are; HintLeader stays the last.
inline constexpr std::size_t kReasons = static_cast<std::size_t>(Reason::HintLeader) + 1;

// The name of the reason as users see it, e.g. "ReplicaBehind". Never empty.
[[nodiscard]] std::string_view name_of(Reason reason);

// Replicas are not far enough, or are not known to be: time changes that, and OnLag= says what until then.
[[nodiscard]] constexpr bool is_lag(Reason reason) {
    return reason == Reason::ReplicaBehind || reason == Reason::BeyondMaxLag ||
           reason == Reason::NotSeenYet || reason == Reason::MarkOpen;
}

}  // namespace freshread
