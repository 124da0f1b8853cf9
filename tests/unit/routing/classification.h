// Shorthands for the classifier's tests.
#pragma once

#include <string>
#include <string_view>

#include "routing/classifier.h"

namespace freshread {

inline constexpr LexicalSettings kPostgreSql{};
inline constexpr LexicalSettings kMariaDb{Dialect::MariaDb, true, false};
inline constexpr LexicalSettings kGeneric{Dialect::Generic, false, true};

// "Kind" for a plain one, else "Kind/Reason", with the reasons that go without saying left out.
inline std::string class_of(std::string_view text, const LexicalSettings& settings) {
    const auto found = classify(text, settings);
    const std::string kind{name_of(found.kind)};
    const std::string reason{name_of(found.reason)};
    const bool expected = kind == reason || found.reason == Reason::ReadOnReplica ||
                          found.reason == Reason::TransactionControl ||
                          found.kind == StatementKind::Freshread;
    return expected ? kind : kind + "/" + reason;
}

inline std::string postgresql(std::string_view text) {
    return class_of(text, kPostgreSql);
}
inline std::string mariadb(std::string_view text) {
    return class_of(text, kMariaDb);
}
inline std::string generic(std::string_view text) {
    return class_of(text, kGeneric);
}

}  // namespace freshread
