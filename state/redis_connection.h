// One connection to a Redis or Valkey server, logged in. Commands are sent all at once and answered in order:
// one round trip, however many they are. hiredis writes and reads the protocol; the socket and its deadlines
// are ours, since hiredis counts a time-out for each system call and Debian's has no TLS.
//
// Not thread-safe. After a StoreUnavailable the connection is not to be used again.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "state/redis_url.h"
#include "state/stream_socket.h"

struct redisReader;

namespace freshread {

struct RedisReply {
    enum class Type : std::uint8_t { Nothing, Text, Number, List, Error };

    Type type = Type::Nothing;
    std::string text{};  // of an error as well
    long long number = 0;
    std::vector<RedisReply> items{};

    [[nodiscard]] bool is_error(std::string_view code) const {
        return type == Type::Error && std::string_view(text).starts_with(code);
    }
};

using RedisCommand = std::vector<std::string>;

class RedisConnection {
 public:
    struct Options {
        RedisLogin login{};
        unsigned database = 0;
        const TlsContext* tls = nullptr;  // null: none
    };

    RedisConnection(const Endpoint& endpoint, const Options& options, BootTime deadline);

    [[nodiscard]] std::vector<RedisReply> ask(std::span<const RedisCommand> commands, BootTime deadline);
    // Throws StoreUnavailable when the answer is an error.
    RedisReply ask_one(const RedisCommand& command, BootTime deadline);

    [[nodiscard]] bool stale() const { return socket_.stale(); }

 private:
    StreamSocket socket_;
    std::unique_ptr<redisReader, void (*)(redisReader*)> reader_;
};

}  // namespace freshread
