// Scripts run on the tables of one cluster: each on the server that has its table, all of one server in one
// round trip, through redirections, scripts that a server does not know yet, and tables that have become
// others meanwhile. Every operation may be sent again: the second time it changes nothing.
//
// Thread-safe.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "routing/position.h"
#include "state/redis_scripts.h"
#include "state/redis_servers.h"
#include "state/seen_tables.h"
#include "state/stored_text.h"

namespace freshread {

struct RedisCall {
    std::size_t table = 0;
    const RedisScript* script = nullptr;
    // What follows the three arguments that all have, for a table with this id.
    std::function<std::vector<std::string>(const std::string& id)> arguments{};
    std::string only{};  // not empty: the id of the table; one that is there instead is left alone
};

// What a script answered behind id, base and age. Empty: the table is another one.
struct RedisAnswer {
    std::string id{};
    std::optional<Position> base{};  // nothing: unset
    BootTime age{0};
    std::vector<RedisReply> more{};
};

class RedisCalls {
 public:
    RedisCalls(const RedisUrl& url, std::uint64_t cluster, SeenTables& seen)
        : servers_(url), cluster_(cluster), seen_(seen) {}

    // Answers in the order of the calls. `of_now`: they count only if the server is still a master of the
    // history that its connection began with. Throws StoreUnavailable.
    [[nodiscard]] std::vector<RedisAnswer> run(std::span<const RedisCall> calls, bool of_now,
                                               BootTime deadline);

    void hold() { servers_.hold(); }
    void release() { servers_.release(); }

 private:
    struct Pending;
    void run_on(RedisServers::Line& line, std::span<Pending*> calls, bool of_now, BootTime deadline);
    void take(Pending& pending, const RedisReply& reply, const Endpoint& from);

    RedisServers servers_;
    const std::uint64_t cluster_;
    SeenTables& seen_;
};

}  // namespace freshread
