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

// All that routing looks at, with the number of names.
inline std::string described(const StatementClass& c) {
    std::string text{name_of(c.kind)};
    text += " " + std::string(name_of(c.reason)) + " " + std::to_string(static_cast<int>(c.verb));
    for (const bool flag : {c.effect_before_commit, c.implicit_commit, c.local_setting, c.alters_session,
                            c.creates_temporary, c.read_but_for_functions}) {
        text += flag ? "1" : "0";
    }
    return text + " " + std::to_string(c.statements) + " " + std::to_string(c.tables.size()) + " " +
           std::to_string(c.functions.size());
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
