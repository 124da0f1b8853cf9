// A connection to a store's server, TCP or a socket in the file system, with or without TLS. Every call ends
// at its deadline at the latest; none raises SIGPIPE. Throws StoreUnavailable.
//
// Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "state/clock.h"
#include "state/endpoint.h"
#include "state/file_descriptor.h"
#include "state/tls_session.h"

namespace freshread {

class StreamSocket {
 public:
    // `tls`: null for none.
    StreamSocket(const Endpoint& endpoint, const TlsContext* tls, BootTime deadline);
    ~StreamSocket();
    StreamSocket(const StreamSocket&) = delete;
    StreamSocket& operator=(const StreamSocket&) = delete;

    void send(std::string_view bytes, BootTime deadline);
    // Some bytes, at least one.
    [[nodiscard]] std::string receive(BootTime deadline);
    // The other side has closed it, or sent what nobody asked for: not to be used again. Does not wait.
    [[nodiscard]] bool stale() const;

 private:
    [[nodiscard]] bool connect_to(const SocketAddress& address, BootTime deadline);
    void send_raw(std::string_view bytes, BootTime deadline);
    [[nodiscard]] std::string receive_raw(BootTime deadline);
    void wait_for(const FileDescriptor& socket, short events, BootTime deadline) const;

    const std::string name_;  // for messages
    FileDescriptor socket_{};
    std::unique_ptr<TlsSession> tls_;
};

}  // namespace freshread
