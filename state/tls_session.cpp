#include "state/tls_session.h"

#include <array>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "state/user_table.h"

namespace freshread {

namespace {

[[noreturn]] void fail(const std::string& what) {
    std::array<char, 256> reason{};
    const unsigned long code = ERR_peek_last_error();
    if (code != 0) ERR_error_string_n(code, reason.data(), reason.size());
    ERR_clear_error();
    throw StoreUnavailable(what + (code != 0 ? std::string(": ") + reason.data() : std::string()) + ".");
}

// SSL_set_tlsext_host_name(3) is a macro with a cast that is not ours.
long name_host(SSL* session, std::string host) {
    return SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data());
}

}  // namespace

TlsContext::TlsContext(const TlsOptions& options) : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    if (!context_) fail("TLS cannot be used");
    SSL_CTX* const context = context_.get();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    const int trusted = options.authorities.empty()
                            ? SSL_CTX_set_default_verify_paths(context)
                            : SSL_CTX_load_verify_file(context, options.authorities.c_str());
    if (trusted != 1) fail("The certificates in " + options.authorities + " cannot be used");
    if (options.certificate.empty()) return;
    if (SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) != 1)
        fail("The certificate in " + options.certificate + " cannot be used");
    if (SSL_CTX_use_PrivateKey_file(context, options.key.c_str(), SSL_FILETYPE_PEM) != 1)
        fail("The private key in " + options.key + " cannot be used");
}

TlsSession::TlsSession(const TlsContext& context, const std::string& host)
    : session_(SSL_new(context.get()), SSL_free) {
    SSL* const session = session_.get();
    BIO* const in = BIO_new(BIO_s_mem());
    BIO* const out = BIO_new(BIO_s_mem());
    if (!session || !in || !out) {
        BIO_free(in);
        BIO_free(out);
        fail("TLS cannot be used");
    }
    SSL_set_bio(session, in, out);
    // A host that is an address has to be in the certificate as one.
    const bool address = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str()) == 1;
    ERR_clear_error();
    if (!address && (SSL_set1_host(session, host.c_str()) != 1 || name_host(session, host) != 1))
        fail("TLS cannot be used with the host " + host);
    SSL_set_connect_state(session);
}

bool TlsSession::shake_hands() {
    ERR_clear_error();
    const int done = SSL_do_handshake(session_.get());
    if (done == 1) return true;
    const int why = SSL_get_error(session_.get(), done);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return false;
    const long verdict = SSL_get_verify_result(session_.get());
    fail(verdict == X509_V_OK ? std::string("The store's server does not agree on TLS")
                              : std::string("The certificate of the store's server is not trusted (") +
                                    X509_verify_cert_error_string(verdict) + ")");
}

void TlsSession::write(std::string_view plain) {
    ERR_clear_error();
    std::size_t written = 0;
    // A memory BIO takes everything.
    if (SSL_write_ex(session_.get(), plain.data(), plain.size(), &written) != 1 || written != plain.size())
        fail("TLS with the store's server failed");
}

void TlsSession::received(std::string_view cipher) {
    if (BIO_write(SSL_get_rbio(session_.get()), cipher.data(), static_cast<int>(cipher.size())) !=
        static_cast<int>(cipher.size()))
        fail("TLS with the store's server failed");
}

bool TlsSession::read(std::string& plain) {
    std::array<char, 16384> part{};
    for (;;) {
        ERR_clear_error();
        std::size_t length = 0;
        if (SSL_read_ex(session_.get(), part.data(), part.size(), &length) == 1) {
            plain.append(part.data(), length);
            continue;
        }
        switch (SSL_get_error(session_.get(), 0)) {
            case SSL_ERROR_WANT_READ:
            case SSL_ERROR_WANT_WRITE:
                return true;
            case SSL_ERROR_ZERO_RETURN:
                return false;
            default:
                fail("TLS with the store's server failed");
        }
    }
}

std::string TlsSession::to_send() {
    BIO* const out = SSL_get_wbio(session_.get());
    std::string cipher(BIO_ctrl_pending(out), '\0');
    if (!cipher.empty() &&
        BIO_read(out, cipher.data(), static_cast<int>(cipher.size())) != static_cast<int>(cipher.size()))
        fail("TLS with the store's server failed");
    return cipher;
}

}  // namespace freshread
