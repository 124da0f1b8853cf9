#include "state/sqlite_vfs.h"

#include <string_view>

#include <sqlite3.h>

#include "state/user_table.h"

namespace freshread {

namespace {

constexpr const char* kName = "freshread-without-wal";

const sqlite3_vfs* unix_vfs() {
    static const sqlite3_vfs* const found = sqlite3_vfs_find("unix");
    return found;
}

extern "C" int access_without_wal(sqlite3_vfs* vfs, const char* name, int flags, int* result) {
    if (std::string_view(name).ends_with("-wal")) {
        *result = 0;
        return SQLITE_OK;
    }
    return unix_vfs()->xAccess(vfs, name, flags, result);
}

extern "C" int open_without_wal(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                                int* opened) {
    if ((flags & SQLITE_OPEN_WAL) != 0) {
        file->pMethods = nullptr;
        return SQLITE_CORRUPT;
    }
    return unix_vfs()->xOpen(vfs, name, file, flags, opened);
}

// A copy of the original: its functions take what they need from the copied fields.
bool register_copy() {
    if (sqlite3_initialize() != SQLITE_OK || unix_vfs() == nullptr) return false;
    static sqlite3_vfs copy = *unix_vfs();
    copy.pNext = nullptr;
    copy.zName = kName;
    copy.xAccess = &access_without_wal;
    copy.xOpen = &open_without_wal;
    return sqlite3_vfs_register(&copy, 0) == SQLITE_OK;
}

}  // namespace

const char* vfs_without_wal() {
    static const bool registered = register_copy();
    if (!registered) throw StoreUnavailable("SQLite has no \"unix\" file system.");
    return kName;
}

}  // namespace freshread
