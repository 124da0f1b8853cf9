// The socket in which a thread of this process waits in the kernel, as /proc/self/task/TID/syscall tells it,
// and whether the server at its other end is alive.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <sys/socket.h>
#include <sys/types.h>

#include "driver/replica_watch.h"

namespace freshread {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;

    [[nodiscard]] std::string bytes() const {
        return {reinterpret_cast<const char*>(&storage), static_cast<std::size_t>(length)};
    }
};

class BlockedSocket {
 public:
    // None when the thread runs, waits for something else or for several descriptors, or the kernel does not
    // tell.
    [[nodiscard]] static BlockedSocket of(pid_t thread);

    // Of a connected stream.
    [[nodiscard]] std::optional<SocketAddress> peer() const;
    // Ends the wait: whoever reads sees the end, whoever writes an error. REQUIRES: the thread cannot leave
    // the call that made it wait. False when there is no stream.
    [[nodiscard]] bool shut_down() const;

 private:
    explicit BlockedSocket(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

// Connects anew and waits for the server to say something, whatever it is.
[[nodiscard]] bool gives_sign_of_life(const SocketAddress& server, SignOfLife sign,
                                      std::chrono::milliseconds wait);

}  // namespace freshread
