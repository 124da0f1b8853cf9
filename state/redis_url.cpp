#include "state/redis_url.h"

#include <charconv>
#include <optional>
#include <utility>

#include "state/store_url.h"

namespace freshread {

namespace {

constexpr std::uint16_t kPort = 6379;
constexpr std::uint16_t kSentinelPort = 26379;

[[noreturn]] void refuse(std::string_view accepted) {
    throw StoreUrlRefused(std::string(accepted));
}

template <typename Number>
std::optional<Number> number_in(std::string_view text, int base = 10) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string decoded(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            plain += text[at];
            continue;
        }
        const auto code = number_in<unsigned>(text.substr(at + 1, 2), 16);
        if (at + 2 >= text.size() || !code) refuse("a URL in which a percent sign is written as %25");
        plain += static_cast<char>(*code);
        at += 2;
    }
    return plain;
}

// What stands before `separator` is taken off `text`; nothing, and `text` as it is, without one.
std::optional<std::string_view> take_until(std::string_view& text, char separator) {
    const auto at = text.find(separator);
    if (at == std::string_view::npos) return std::nullopt;
    const auto taken = text.substr(0, at);
    text.remove_prefix(at + 1);
    return taken;
}

RedisLogin read_login(std::string_view text) {
    const auto user = take_until(text, ':');
    return user ? RedisLogin{decoded(*user), decoded(text)} : RedisLogin{{}, decoded(text)};
}

Endpoint read_endpoint(std::string_view text, std::uint16_t port) {
    std::string_view host = text;
    std::string_view digits;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) refuse("an IPv6 address in brackets, [::1]");
        host = text.substr(1, end - 1);
        digits = text.substr(end + 1);
        if (!digits.empty()) digits.remove_prefix(1);
    } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
        host = text.substr(0, colon);
        digits = text.substr(colon + 1);
    }
    if (host.empty()) refuse("a URL that names a host");
    if (!digits.empty()) {
        const auto given = number_in<std::uint16_t>(digits);
        if (!given || *given == 0) refuse("a port from 1 to 65535");
        port = *given;
    }
    return {decoded(host), port};
}

unsigned read_database(std::string_view text) {
    const auto database = number_in<unsigned>(text);
    if (!database) refuse("the number of a database behind the last slash");
    return *database;
}

void read_parameters(RedisUrl& url, std::string_view text, bool socket) {
    while (!text.empty()) {
        const auto one = take_until(text, '&');
        std::string_view value = one ? *one : std::exchange(text, {});
        const auto name = take_until(value, '=');
        if (!name) refuse("parameters of a URL as name=value, joined by &");
        const std::string plain = decoded(value);
        if (*name == "cacert" && url.tls.wanted)
            url.tls.authorities = plain;
        else if (*name == "cert" && url.tls.wanted)
            url.tls.certificate = plain;
        else if (*name == "key" && url.tls.wanted)
            url.tls.key = plain;
        else if (*name == "tls" && plain == "yes" && !url.master.empty())
            url.tls.wanted = true;
        else if (*name == "sentinel_user" && !url.master.empty())
            url.sentinel_login.user = plain;
        else if (*name == "sentinel_password" && !url.master.empty())
            url.sentinel_login.password = plain;
        else if (*name == "db" && socket)
            url.database = read_database(plain);
        else
            refuse(
                "behind the ? of a Redis URL: with TLS cacert, cert, key; with redis+sentinel: tls=yes "
                "(first), "
                "sentinel_user, sentinel_password; with redis+unix: db");
    }
    if (url.tls.certificate.empty() != url.tls.key.empty()) refuse("cert and key together");
}

}  // namespace

RedisUrl parse_redis_url(std::string_view text) {
    RedisUrl url;
    const auto scheme_end = text.find("://");
    if (scheme_end == std::string_view::npos) refuse("redis://host");
    const std::string_view scheme = text.substr(0, scheme_end);
    std::string_view rest = text.substr(scheme_end + 3);
    std::string_view parameters;
    if (const auto before = rest.find('?'); before != std::string_view::npos) {
        parameters = rest.substr(before + 1);
        rest = rest.substr(0, before);
    }
    if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
        url.login = read_login(rest.substr(0, at));
        rest.remove_prefix(at + 1);
    }
    const bool socket = scheme == "redis+unix";
    if (socket) {
        if (!rest.starts_with('/')) refuse("redis+unix:///path/of/a/socket");
        url.endpoints.push_back({decoded(rest), 0});
    } else {
        std::string_view path;
        if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
            path = rest.substr(slash + 1);
            rest = rest.substr(0, slash);
        }
        if (scheme == "redis+sentinel") {
            const auto slash = path.find('/');
            url.master = decoded(path.substr(0, slash));
            path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
            if (url.master.empty()) refuse("redis+sentinel://host,host/name-of-the-master");
            while (const auto one = take_until(rest, ','))
                url.endpoints.push_back(read_endpoint(*one, kSentinelPort));
        }
        url.endpoints.push_back(read_endpoint(rest, url.master.empty() ? kPort : kSentinelPort));
        url.tls.wanted = scheme == "rediss";
        if (!path.empty()) url.database = read_database(path);
    }
    read_parameters(url, parameters, socket);
    return url;
}

}  // namespace freshread
