// SQLite's "unix" file system without WAL.
//
// SQLite opens a database in WAL mode whenever a file named `<path>-wal` lies beside it, at the start of any
// transaction, and when two bytes of the header say so. Then one process writes where others do not look.
// Under this VFS no -wal is ever seen, and opening one is reported as damage.
#pragma once

namespace freshread {

// The name to open connections with; registered on first use. Throws StoreUnavailable.
[[nodiscard]] const char* vfs_without_wal();

}  // namespace freshread
