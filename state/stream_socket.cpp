#include "state/stream_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include "state/error_text.h"
#include "state/user_table.h"

namespace freshread {

namespace {}  // namespace

StreamSocket::StreamSocket(const Endpoint& endpoint, const TlsContext* tls, BootTime deadline)
    : name_(to_text(endpoint)) {
    int error = 0;
    for (const SocketAddress& address : addresses_of(endpoint, deadline)) {
        if (connect_to(address, deadline)) break;
        error = errno;
    }
    if (!socket_.valid())
        throw StoreUnavailable("The store's server " + name_ + " cannot be reached: " + reason_of(error) +
                               ".");
    if (!tls) return;
    tls_ = std::make_unique<TlsSession>(*tls, endpoint.host);
    for (;;) {
        const bool done = tls_->shake_hands();
        send_raw(tls_->to_send(), deadline);
        if (done) return;
        tls_->received(receive_raw(deadline));
    }
}

StreamSocket::~StreamSocket() = default;

bool StreamSocket::connect_to(const SocketAddress& address, BootTime deadline) {
    FileDescriptor made(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!made.valid()) return false;
    const int on = 1;
    if (address.storage.ss_family != AF_UNIX)
        ::setsockopt(made.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int error = 0;
    if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0)
        error = errno;
    if (error == EINPROGRESS) {
        wait_for(made, POLLOUT, deadline);
        socklen_t size = sizeof error;
        ::getsockopt(made.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    }
    errno = error;
    if (error == 0) socket_ = std::move(made);
    return error == 0;
}

void StreamSocket::wait_for(const FileDescriptor& socket, short events, BootTime deadline) const {
    for (;;) {
        const BootTime left = deadline - boot_now();
        if (left <= BootTime(0))
            throw StoreUnavailable("The store's server " + name_ + " did not answer in time.");
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
        const timespec wait{seconds.count(), (left - seconds).count()};
        pollfd polled{socket.get(), events, 0};
        if (::ppoll(&polled, 1, &wait, nullptr) > 0) return;
    }
}

void StreamSocket::send(std::string_view bytes, BootTime deadline) {
    if (!tls_) return send_raw(bytes, deadline);
    tls_->write(bytes);
    send_raw(tls_->to_send(), deadline);
}

void StreamSocket::send_raw(std::string_view bytes, BootTime deadline) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN) {
            wait_for(socket_, POLLOUT, deadline);
        } else if (errno != EINTR) {
            throw StoreUnavailable("The store's server " + name_ + " is gone: " + reason_of(errno) + ".");
        }
    }
}

std::string StreamSocket::receive(BootTime deadline) {
    if (!tls_) return receive_raw(deadline);
    std::string plain;
    while (plain.empty()) {
        tls_->received(receive_raw(deadline));
        if (!tls_->read(plain) && plain.empty())
            throw StoreUnavailable("The store's server " + name_ + " has closed the connection.");
        // A key update or a renegotiation wants an answer.
        send_raw(tls_->to_send(), deadline);
    }
    return plain;
}

std::string StreamSocket::receive_raw(BootTime deadline) {
    std::array<char, 16384> part{};
    for (;;) {
        const ssize_t length = ::recv(socket_.get(), part.data(), part.size(), 0);
        if (length > 0) return {part.data(), static_cast<std::size_t>(length)};
        if (length == 0)
            throw StoreUnavailable("The store's server " + name_ + " has closed the connection.");
        if (errno == EAGAIN) {
            wait_for(socket_, POLLIN, deadline);
        } else if (errno != EINTR) {
            throw StoreUnavailable("The store's server " + name_ + " is gone: " + reason_of(errno) + ".");
        }
    }
}

bool StreamSocket::stale() const {
    char byte = 0;
    const ssize_t length = ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    // TLS 1.3 tickets may lie there.
    return tls_ ? length == 0 : length >= 0 || errno != EAGAIN;
}

}  // namespace freshread
