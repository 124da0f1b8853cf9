// One connection of a store to a PostgreSQL server, through libpq without blocking: connecting and every
// statement end at a deadline. (Looking up a host's name is libpq's, and has none.)
//
// Not thread-safe. After a StoreUnavailable the connection is not to be used again.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "state/clock.h"

struct pg_conn;

namespace freshread {

class PostgresqlLine {
 public:
    // `url`: as libpq takes it.
    PostgresqlLine(const std::string& url, BootTime deadline);

    struct Rows {
        std::vector<std::vector<std::string>> rows{};
        std::string error{};  // SQLSTATE of a statement that failed; the connection is whole
        std::string message{};
    };
    [[nodiscard]] Rows ask(const std::string& sql, const std::vector<std::string>& parameters,
                           BootTime deadline);
    // The server has closed it. Does not wait.
    [[nodiscard]] bool stale();

 private:
    void wait_for(short events, BootTime deadline) const;
    [[noreturn]] void fail(const std::string& what) const;

    std::unique_ptr<pg_conn, void (*)(pg_conn*)> connection_;
};

}  // namespace freshread
