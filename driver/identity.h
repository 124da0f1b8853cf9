// Who a connection acts for, and by whose word. The strongest counts: a comment in the statement, then
// SET freshread.user, the attribute of the connection, the connection string.
//
// Not thread-safe: the connection's mutex.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "state/user_table.h"

namespace freshread {

class Identity {
 public:
    // The weakest first.
    enum class Word : std::uint8_t { ConnectionString, Attribute, Statement };

    void name(Word word, std::string user);
    // The word is taken back.
    void forget(Word word);

    // As long as the connection string has not named anybody: nobody, under an empty name.
    [[nodiscard]] const std::string& user() const { return strongest().name; }
    [[nodiscard]] const UserKey& key() const { return strongest().key; }
    // Of a statement whose comment names somebody; empty when none does.
    [[nodiscard]] const UserKey& key(std::string_view hinted);

 private:
    struct Named {
        std::string name{};
        UserKey key{};
    };

    [[nodiscard]] const Named& strongest() const;

    std::array<std::optional<Named>, 3> named_{};
    Named nobody_{};
    Named hinted_{};  // whom the last comment named
};

}  // namespace freshread
