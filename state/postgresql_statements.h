// The operations of the user table as SQL, for the table of one cluster. docs/stores.md says what the columns
// mean.
//
// Parameter 1 is the id that is expected. All but make and give_birth answer one row: id, base, age in
// milliseconds, `1` when the operation found the table that was expected, and more behind it. No row: there
// is no such table on this server, it has to be born.
#pragma once

#include <cstdint>
#include <string>

namespace freshread {

struct PostgresqlStatements {
    explicit PostgresqlStatements(std::uint64_t cluster);

    std::string make;        // no parameters; may be run by several at once
    std::string give_birth;  // 1: an id
    std::string look;   // user                                    -> position, milliseconds of the pin, marks
    std::string open;   // user, writer, sequence
    std::string close;  // user, writer, sequence, position, milliseconds of the pin
    std::string settle;  // user, writer, sequence, leader position
    std::string base;    // leader position
    std::string raise;   // lowest position
    std::string sweep;   // nothing: deletes some entries that base covers
    std::string count;   // nothing                                -> how many marks are open
    std::string
        marks;  // nothing                                 -> user, marks; a row for each of some users
};

}  // namespace freshread
