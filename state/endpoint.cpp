#include "state/endpoint.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <netdb.h>
#include <sys/un.h>

#include "state/signals_blocked.h"
#include "state/user_table.h"

namespace freshread {

namespace {

struct Lookup {
    std::mutex mutex;
    std::condition_variable over;
    std::optional<std::vector<SocketAddress>> found;
};

std::vector<SocketAddress> look_up(const Endpoint& endpoint, int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo* list = nullptr;
    if (::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &list) != 0)
        return {};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
    std::vector<SocketAddress> found;
    for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
        SocketAddress address;
        address.size = each->ai_addrlen;
        std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
        found.push_back(address);
    }
    return found;
}

SocketAddress address_of_path(const std::string& path) {
    sockaddr_un address{};
    if (path.size() >= sizeof address.sun_path)
        throw StoreUnavailable("The path of the store's socket, " + path + ", is too long.");
    address.sun_family = AF_UNIX;
    std::memcpy(&address.sun_path[0], path.data(), path.size());
    SocketAddress wrapped;
    wrapped.size = sizeof address;
    std::memcpy(&wrapped.storage, &address, sizeof address);
    return wrapped;
}

}  // namespace

std::string to_text(const Endpoint& endpoint) {
    return endpoint.port == 0 ? endpoint.host : endpoint.host + ":" + std::to_string(endpoint.port);
}

std::vector<SocketAddress> addresses_of(const Endpoint& endpoint, BootTime deadline) {
    if (endpoint.port == 0) return {address_of_path(endpoint.host)};
    std::vector<SocketAddress> numeric = look_up(endpoint, AI_NUMERICHOST);
    if (!numeric.empty()) return numeric;

    const auto lookup = std::make_shared<Lookup>();
    {
        const SignalsBlocked blocked;
        std::thread([lookup, endpoint] {
            std::vector<SocketAddress> found = look_up(endpoint, AI_ADDRCONFIG);
            const std::scoped_lock lock(lookup->mutex);
            lookup->found = std::move(found);
            lookup->over.notify_all();
        }).detach();
    }
    std::unique_lock lock(lookup->mutex);
    const auto left = std::max(BootTime(0), deadline - boot_now());
    lookup->over.wait_until(lock, std::chrono::system_clock::now() + left,
                            [&] { return lookup->found.has_value(); });
    if (!lookup->found)
        throw StoreUnavailable("The store's host " + endpoint.host + " could not be looked up in time.");
    if (lookup->found->empty())
        throw StoreUnavailable("The store's host " + endpoint.host + " is not known.");
    return *lookup->found;
}

}  // namespace freshread
