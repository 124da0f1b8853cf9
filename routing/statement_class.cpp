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

std::string named_by(const StatementClass& is) {
    std::string names;
    for (const auto* list : {&is.tables, &is.functions})
        for (const std::string_view name : *list) names.append(names.empty() ? ": " : ", ").append(name);
    return names;
}

}  // namespace freshread
