// TLS between plain bytes and a socket: what is to be sent and what was received pass through it. It does no
// I/O of its own, so waiting, deadlines and SIGPIPE are the socket's business (state/stream_socket.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace freshread {

struct TlsOptions {
    bool wanted = false;
    std::string authorities{};  // file of certificates that are trusted; empty: the system's
    std::string certificate{};  // of the client; empty: none
    std::string key{};
};

// What the sessions of one store share: certificates and keys, read once. Thread-safe.
class TlsContext {
 public:
    // Throws StoreUnavailable when a file cannot be read.
    explicit TlsContext(const TlsOptions& options);
    [[nodiscard]] ssl_ctx_st* get() const { return context_.get(); }

 private:
    std::shared_ptr<ssl_ctx_st> context_;
};

// Not thread-safe. Every call throws StoreUnavailable when the other side is not who it should be.
class TlsSession {
 public:
    // `host`: the name or the address that the server's certificate has to be for.
    TlsSession(const TlsContext& context, const std::string& host);

    // A step of the handshake; true when it is over. Before and after: send what to_send() gives.
    [[nodiscard]] bool shake_hands();
    void write(std::string_view plain);
    // From the socket; plain bytes that are complete are appended to `plain`. False at the end of the
    // session.
    void received(std::string_view cipher);
    [[nodiscard]] bool read(std::string& plain);
    [[nodiscard]] std::string to_send();

 private:
    std::unique_ptr<ssl_st, void (*)(ssl_st*)> session_;
};

}  // namespace freshread
