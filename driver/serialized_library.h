// An underlying driver that must not be called from several threads at once: its `Threading` in odbcinst.ini
// says so, and the driver manager, which reads the section of the driver that the application named, that is
// ours, does not see it.
//
// Such a driver gets a table of its own in which every function takes the lock that the driver manager would
// take, so nobody who calls through a table knows of it, and a driver that needs no locks pays nothing. The
// handles that this table gives are ours: each knows the driver's handle and its lock.
//
//   Threading    environment     connection      statement       explicit descriptor   SQLCancel
//   Statement    the library's   its own         its own         its own               no lock
//   Connection   the library's   its own         connection's    connection's          no lock
//   Library      the library's   the library's   the library's   the library's         the library's
//
// An implicit descriptor has its statement's lock. Source: unixODBC 2.3.11 (thread_protect, SQLCancel).
#pragma once

#include <memory>

#include "driver/driver_library.h"

namespace freshread {

// `raw`: the driver's own functions. The table, and what it points to, live as long as the process.
[[nodiscard]] std::unique_ptr<DriverLibrary> serialized(const DriverLibrary& raw, Threading threading);

}  // namespace freshread
