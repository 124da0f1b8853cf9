#include "driver/blocked_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "state/file_descriptor.h"

namespace freshread {

namespace {

// What the driver's client library may wait in with one descriptor.
enum class Wait { None, Descriptor, PollSet };

Wait wait_of(long call) {
    switch (call) {
        case SYS_read:
        case SYS_write:
        case SYS_readv:
        case SYS_writev:
        case SYS_recvfrom:
        case SYS_recvmsg:
        case SYS_sendto:
        case SYS_sendmsg:
        case SYS_connect:
            return Wait::Descriptor;
#ifdef SYS_poll
        case SYS_poll:
#endif
        case SYS_ppoll:
            return Wait::PollSet;
        default:
            return Wait::None;
    }
}

std::string content_of(const std::string& path) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) return {};
    std::array<char, 256> text{};
    const auto length = ::read(file.get(), text.data(), text.size());
    return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length)) : std::string();
}

struct SystemCall {
    long call = -1;
    std::uint64_t first = 0;
    std::uint64_t second = 0;
};

// "7 0x7f0ec8142ec4 0x1 ..."; "running" while the thread does not wait.
std::optional<SystemCall> parse_syscall(std::string_view line) {
    SystemCall parsed;
    const char* const end = line.data() + line.size();
    const auto number = std::from_chars(line.data(), end, parsed.call);
    if (number.ec != std::errc{}) return std::nullopt;
    const char* at = number.ptr;
    for (std::uint64_t* argument : {&parsed.first, &parsed.second}) {
        constexpr std::string_view kPrefix = " 0x";
        if (!std::string_view(at, static_cast<std::size_t>(end - at)).starts_with(kPrefix))
            return std::nullopt;
        const auto read = std::from_chars(at + kPrefix.size(), end, *argument, 16);
        if (read.ec != std::errc{}) return std::nullopt;
        at = read.ptr;
    }
    return parsed;
}

// The memory may be gone by the time it is looked at: the kernel is asked, who says so without a signal.
std::optional<pollfd> poll_set_at(std::uint64_t address) {
    const FileDescriptor memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
    if (!memory.valid()) return std::nullopt;
    pollfd set{};
    const auto length = ::pread(memory.get(), &set, sizeof set, static_cast<off_t>(address));
    return length == static_cast<ssize_t>(sizeof set) ? std::optional(set) : std::nullopt;
}

bool is_stream(int descriptor) {
    int type = 0;
    socklen_t length = sizeof type;
    return ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM;
}

// True when it is ready for `events` before `until`.
bool becomes(const FileDescriptor& socket, short events, std::chrono::steady_clock::time_point until) {
    while (true) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        pollfd set{socket.get(), events, 0};
        const int ready = ::poll(&set, 1, static_cast<int>(std::max<long>(left.count(), 0)));
        if (ready > 0) return true;
        if (ready == 0 || errno != EINTR) return false;
    }
}

}  // namespace

BlockedSocket BlockedSocket::of(pid_t thread) {
    const BlockedSocket none(-1);
    const std::string path = "/proc/self/task/" + std::to_string(thread) + "/syscall";
    const std::string line = content_of(path);
    const auto waits = parse_syscall(line);
    if (!waits) return none;
    int descriptor = -1;
    switch (wait_of(waits->call)) {
        case Wait::None:
            return none;
        case Wait::Descriptor:
            descriptor = static_cast<int>(waits->first);
            break;
        case Wait::PollSet: {
            const auto set = waits->second == 1 ? poll_set_at(waits->first) : std::nullopt;
            if (!set) return none;
            descriptor = set->fd;
            break;
        }
    }
    // The same wait still: what was read in between belongs to it.
    return content_of(path) == line && is_stream(descriptor) ? BlockedSocket(descriptor) : none;
}

std::optional<SocketAddress> BlockedSocket::peer() const {
    SocketAddress address;
    address.length = sizeof address.storage;
    if (descriptor_ < 0 ||
        ::getpeername(descriptor_, reinterpret_cast<sockaddr*>(&address.storage), &address.length) != 0)
        return std::nullopt;
    address.length = std::min(address.length, static_cast<socklen_t>(sizeof address.storage));
    return address;
}

bool BlockedSocket::shut_down() const {
    return descriptor_ >= 0 && (::shutdown(descriptor_, SHUT_RDWR) == 0 || errno == ENOTCONN);
}

bool gives_sign_of_life(const SocketAddress& server, SignOfLife sign, std::chrono::milliseconds wait) {
    const auto until = std::chrono::steady_clock::now() + wait;
    const FileDescriptor socket(
        ::socket(server.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (socket.get() < 0) return true;  // that is our trouble, not the server's
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&server.storage), server.length) != 0) {
        int error = errno;
        if (error != EINPROGRESS || !becomes(socket, POLLOUT, until)) return false;
        socklen_t length = sizeof error;
        if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0)
            return false;
    }
    if (sign == SignOfLife::PostgreSql) {
        // SSLRequest. Source: PostgreSQL documentation, "Message Formats".
        constexpr std::array<unsigned char, 8> kRequest{0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F};
        if (::send(socket.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(kRequest.size()))
            return false;
    }
    char byte = 0;
    return becomes(socket, POLLIN, until) && ::recv(socket.get(), &byte, 1, 0) >= 0;
}

}  // namespace freshread
