// What a URL of a Redis or Valkey store says:
//
//     redis://[[user]:password@]host[:port][/database]         rediss:// the same with TLS
//     redis+unix://[[user]:password@]/path/of/a/socket[?db=N]
//     redis+sentinel://[[user]:password@]host[:port][,host[:port]...]/name-of-the-master[/database]
//
// and behind a `?`, joined by `&`: `cacert`, `cert`, `key` (files, for TLS); `tls=yes`, `sentinel_user`,
// `sentinel_password` (with sentinels). User, password, path and values may be %-encoded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "state/endpoint.h"
#include "state/tls_session.h"

namespace freshread {

struct RedisLogin {
    std::string user{};  // empty: the default user
    std::string password{};
};

struct RedisUrl {
    std::vector<Endpoint> endpoints{};  // one, or all sentinels
    std::string master{};               // what sentinels call it; empty: `endpoints` is the server
    RedisLogin login{};
    RedisLogin sentinel_login{};
    unsigned database = 0;
    TlsOptions tls{};
};

// Throws StoreUrlRefused (state/store_url.h).
[[nodiscard]] RedisUrl parse_redis_url(std::string_view text);

}  // namespace freshread
