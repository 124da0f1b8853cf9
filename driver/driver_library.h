// An underlying ODBC driver: its library, loaded directly (never through a second driver manager, which would
// deadlock on its own locks), and its functions as typed pointers, filled once.
//
// Libraries are never closed: drivers own threads and exit handlers. The registry behind `load` is global
// because the dynamic loader's is: one table per library and Threading, however many connections.
//
// Thread-safe. A loaded table never changes.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>

#include "driver/functions.h"
#include "driver/odbc.h"

namespace freshread {

// Which calls a driver wants one after the other: its `Threading` in odbcinst.ini (the driver manager's
// numbers).
enum class Threading : std::uint8_t {
    Free = 0,        // none
    Statement = 1,   // those on one statement
    Connection = 2,  // those on one connection
    Library = 3,     // all of them
};

struct DriverLibrary {
    std::string path;
    // What SQLAllocHandle(SQL_HANDLE_ENV) is given.
    SQLHANDLE environment_input = SQL_NULL_HANDLE;

    // Null: the driver does not have the function.
#define X(name) decltype(&::SQL##name) name = nullptr;
    FRESHREAD_PLAIN_FUNCTIONS(X)
#undef X
#define X(name)                            \
    decltype(&::SQL##name) name = nullptr; \
    decltype(&::SQL##name##W) name##W = nullptr;
    FRESHREAD_TEXT_FUNCTIONS(X)
#undef X

    // Loads the library, once per path; the functions take the locks that `threading` demands
    // (driver/serialized_library.h). Every function must come from that library itself: a name that
    // resolves elsewhere (to the driver manager, above all) is refused. Throws DriverError (IM003) with the
    // path and the loader's reason.
    [[nodiscard]] static const DriverLibrary& load(const std::string& path, Threading threading);
};

// True when a pointer to a function of a table is wide.
template <typename Char>
inline constexpr bool is_wide = std::is_same_v<Char, SQLWCHAR>;

}  // namespace freshread
