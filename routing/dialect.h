// The SQL spoken by a server, as far as the lexer must know it.
#pragma once

#include <cstdint>

namespace freshread {

enum class Dialect : std::uint8_t { PostgreSql, MariaDb, Generic };

// Session settings that change how a text is read. They are part of the key under which a classification is
// cached.
struct LexicalSettings {
    Dialect dialect = Dialect::PostgreSql;
    bool backslash_escapes =
        false;                // PostgreSQL: standard_conforming_strings=off; MariaDB: no NO_BACKSLASH_ESCAPES
    bool ansi_quotes = true;  // MariaDB: sql_mode has ANSI_QUOTES, so "x" is an identifier, not a string

    friend bool operator==(const LexicalSettings&, const LexicalSettings&) = default;
};

}  // namespace freshread
