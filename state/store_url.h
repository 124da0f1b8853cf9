// What `Store=` says: where the user table is kept. The users' version is docs/configuration.md.
//
// A URL may hold a password: `text` is for connecting and for comparing, shown_store_url() for people (I8).
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace freshread {

struct StoreUrl {
    enum class Kind : std::uint8_t { Sqlite, Memory, Redis, PostgreSql };

    Kind kind = Kind::Sqlite;
    std::string text{"sqlite:"};  // the whole of it
    std::string path{};           // of the SQLite file; empty: in StateDir

    // Whoever uses it has the same state directory, and so the same board.
    [[nodiscard]] bool of_one_board() const {
        return kind == Kind::Memory || (kind == Kind::Sqlite && path.empty());
    }
};

// The text is not accepted: what() says what would be.
struct StoreUrlRefused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Throws StoreUrlRefused.
[[nodiscard]] StoreUrl parse_store_url(std::string_view text);

// The text without what may be secret.
[[nodiscard]] std::string shown_store_url(std::string_view text);

}  // namespace freshread
