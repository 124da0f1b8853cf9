// The servers behind one URL of a Redis store: which one a key belongs to, and connections to it that are
// logged in and known to be those of a master.
//
// With sentinels the master is asked for whenever there is no connection; in a cluster each key has its slot,
// and servers say where a slot is (MOVED). Idle connections are kept, one for each thread that needed one at
// a time, at most kMostIdle of a server.
//
// Thread-safe: connections are lent, and the lock is not held while anything is sent.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "state/redis_connection.h"

namespace freshread {

class RedisServers {
 public:
    explicit RedisServers(RedisUrl url) : url_(std::move(url)) {}

    // A connection to a master. Its lineage, the replication id, names the history of what it holds: it
    // changes with a restart and with a promotion, behind either of which an older state may stand.
    struct Line {
        Endpoint endpoint;
        std::string lineage;
        bool used = false;  // it has been idle: what it led to may be gone
        RedisConnection connection;
    };

    // REQUIRES: give_back() when it is whole afterwards. `anew`: no idle one. Throws StoreUnavailable, also
    // when the server is not a master.
    [[nodiscard]] std::unique_ptr<Line> take(const Endpoint& endpoint, bool anew, BootTime deadline);
    void give_back(std::unique_ptr<Line> line);

    // Where a slot is, as far as is known. Throws StoreUnavailable when no sentinel knows a master.
    [[nodiscard]] Endpoint endpoint_of(unsigned slot, BootTime deadline);
    // A server said so: "MOVED 3999 127.0.0.1:6381".
    [[nodiscard]] static std::optional<Endpoint> redirection(std::string_view error, const Endpoint& from);
    void moved(unsigned slot, const Endpoint& endpoint);
    // It does not answer, or not as a master does: sentinels are asked again, and slots forgotten.
    void lost(const Endpoint& endpoint);

    // What INFO replication says of a master; nothing of anything else.
    [[nodiscard]] static std::optional<std::string> lineage_in(std::string_view information);

    // Around fork(2).
    void hold() { mutex_.lock(); }
    void release() { mutex_.unlock(); }

 private:
    static constexpr std::size_t kMostIdle = 8;

    [[nodiscard]] const TlsContext* tls();
    [[nodiscard]] Endpoint ask_sentinels(BootTime deadline);

    const RedisUrl url_;
    std::mutex mutex_;  // guards all below
    std::optional<TlsContext> tls_;
    std::optional<Endpoint> master_;  // as sentinels said
    std::map<unsigned, Endpoint> slots_;
    std::map<Endpoint, std::vector<std::unique_ptr<Line>>> idle_;
};

// CRC16 of what stands in braces, as Redis Cluster spreads keys.
[[nodiscard]] unsigned slot_of_key(std::string_view key);

}  // namespace freshread
