// Where a server of a store listens.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>

#include "state/clock.h"

namespace freshread {

struct Endpoint {
    std::string host{};      // a name or an address; for a socket in the file system its path
    std::uint16_t port = 0;  // 0: a socket in the file system

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
    friend bool operator<(const Endpoint& a, const Endpoint& b) {
        return std::tie(a.host, a.port) < std::tie(b.host, b.port);
    }
};

// For messages.
[[nodiscard]] std::string to_text(const Endpoint& endpoint);

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

// In the order in which they are to be tried. A name is looked up in a thread of its own, which nobody waits
// for beyond the deadline: getaddrinfo(3) has none. Throws StoreUnavailable.
[[nodiscard]] std::vector<SocketAddress> addresses_of(const Endpoint& endpoint, BootTime deadline);

}  // namespace freshread
