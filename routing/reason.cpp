#include "routing/reason.h"

namespace freshread {

std::string_view name_of(Reason reason) {
    switch (reason) {
        case Reason::ReadOnReplica:
            return "ReadOnReplica";
        case Reason::StaleOnReplica:
            return "StaleOnReplica";
        case Reason::Write:
            return "Write";
        case Reason::LockingRead:
            return "LockingRead";
        case Reason::TransactionControl:
            return "TransactionControl";
        case Reason::SessionState:
            return "SessionState";
        case Reason::LeaderSession:
            return "LeaderSession";
        case Reason::UnknownFunction:
            return "UnknownFunction";
        case Reason::UnknownRelation:
            return "UnknownRelation";
        case Reason::UnknownStatement:
            return "UnknownStatement";
        case Reason::SeveralStatements:
            return "SeveralStatements";
        case Reason::NodeDependent:
            return "NodeDependent";
        case Reason::TemporaryTable:
            return "TemporaryTable";
        case Reason::RefusedByReplica:
            return "RefusedByReplica";
        case Reason::InTransaction:
            return "InTransaction";
        case Reason::UpdatableCursor:
            return "UpdatableCursor";
        case Reason::SessionUnreplicated:
            return "SessionUnreplicated";
        case Reason::PolicyLeader:
            return "PolicyLeader";
        case Reason::CriticalTable:
            return "CriticalTable";
        case Reason::WithinWindow:
            return "WithinWindow";
        case Reason::ReplicaBehind:
            return "ReplicaBehind";
        case Reason::BeyondMaxLag:
            return "BeyondMaxLag";
        case Reason::NotSeenYet:
            return "NotSeenYet";
        case Reason::MarkOpen:
            return "MarkOpen";
        case Reason::BaseUnset:
            return "BaseUnset";
        case Reason::StoreUnavailable:
            return "StoreUnavailable";
        case Reason::PositionUnknown:
            return "PositionUnknown";
        case Reason::TokenUnproven:
            return "TokenUnproven";
        case Reason::NoReplicas:
            return "NoReplicas";
        case Reason::NoHealthyReplica:
            return "NoHealthyReplica";
        case Reason::RetriedOnLeader:
            return "RetriedOnLeader";
        case Reason::Shadow:
            return "Shadow";
        case Reason::EmptyRead:
            return "EmptyRead";
        case Reason::HintLeader:
            return "HintLeader";
    }
    return "Unknown";
}

}  // namespace freshread
