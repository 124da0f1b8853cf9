// Where the state of one account on one host lives. A function of the account alone, never of the
// environment: cron and a login must find the same place. /run/freshread/<uid> where the package made it,
// else /var/tmp/freshread-<uid>.
#pragma once

#include <string>

#include <sys/types.h>

namespace freshread {

[[nodiscard]] std::string default_state_directory(uid_t uid);

// Makes the directory (0700) if it is missing and checks that it is a directory of ours: not a symbolic link,
// owned by the effective user, no access for others, not on a network file system (NFS, SMB/CIFS, 9p, FUSE,
// Ceph, AFS: shared memory and locks do not hold there). Throws StoreUnavailable with a sentence that names
// the path and what is wrong.
void prepare_state_directory(const std::string& path);

}  // namespace freshread
