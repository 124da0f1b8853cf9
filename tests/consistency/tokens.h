// Commit tokens as applications hand them on that share no store: the newest of each thread that writes, for
// all threads of its user. Each is a file that is replaced as a whole, so that a process that is killed at
// any instruction leaves it whole.
#pragma once

#include <string>
#include <vector>

#include "tests/driver/odbc_client.h"

namespace freshread::consistency {

class Tokens {
 public:
    // `directory`: the same for all. `user`, `process`, `thread`: whose tokens these are.
    Tokens(const std::string& directory, int user, int process, int thread);

    // After a write has returned and before anybody relies on it; outside any transaction. Throws OdbcError.
    void hand_on(test::Client& client) const;
    // Before a read, after it was looked up what it has to see.
    void take_over(test::Client& client) const;

 private:
    std::string own_;
    std::vector<std::string> all_{};
};

}  // namespace freshread::consistency
