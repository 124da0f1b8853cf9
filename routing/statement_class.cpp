#include "routing/statement_class.h"

namespace freshread {

std::string_view name_of(StatementKind kind) {
    switch (kind) {
        case StatementKind::Read:
            return "Read";
        case StatementKind::Write:
            return "Write";
        case StatementKind::LockingRead:
            return "LockingRead";
        case StatementKind::Transaction:
            return "Transaction";
        case StatementKind::SessionState:
            return "SessionState";
        case StatementKind::LeaderSession:
            return "LeaderSession";
        case StatementKind::Freshread:
            return "Freshread";
        case StatementKind::Unknown:
            break;
    }
    return "Unknown";
}

}  // namespace freshread
