#include "state/store_url.h"

#include <libpq-fe.h>

#include "state/redis_url.h"

namespace freshread {

namespace {

constexpr std::string_view kAccepted =
    "sqlite: (a file in StateDir), sqlite:///path/of/a/file, memory: (one process), "
    "redis://[[user]:password@]host[:port][/database], rediss:// (the same with TLS), "
    "redis+unix:///path/of/a/socket, redis+sentinel://host[,host...]/name-of-the-master, "
    "postgresql://[user[:password]@]host[:port]/database";

// libpq's own sentence may repeat a password.
void check_postgresql(const std::string& text) {
    char* why = nullptr;
    PQconninfoOption* const options = PQconninfoParse(text.c_str(), &why);
    PQfreemem(why);
    if (!options)
        throw StoreUrlRefused(
            "postgresql://[user[:password]@][host][:port][/database][?parameter=value&...], as libpq "
            "understands it");
    PQconninfoFree(options);
}

}  // namespace

StoreUrl parse_store_url(std::string_view text) {
    StoreUrl url;
    url.text = text;
    if (text == "sqlite:") return url;
    if (text == "memory:") {
        url.kind = StoreUrl::Kind::Memory;
        return url;
    }
    for (const std::string_view scheme : {"redis://", "rediss://", "redis+unix://", "redis+sentinel://"}) {
        if (!text.starts_with(scheme)) continue;
        static_cast<void>(parse_redis_url(text));
        url.kind = StoreUrl::Kind::Redis;
        return url;
    }
    for (const std::string_view scheme : {"postgresql://", "postgres://"}) {
        if (!text.starts_with(scheme)) continue;
        check_postgresql(url.text);
        url.kind = StoreUrl::Kind::PostgreSql;
        return url;
    }
    constexpr std::string_view kFile = "sqlite://";
    if (text.starts_with("sqlite:///") && text.size() > kFile.size() + 1) {
        url.path = text.substr(kFile.size());
        return url;
    }
    throw StoreUrlRefused(std::string(kAccepted));
}

std::string shown_store_url(std::string_view text) {
    std::string shown(text);
    if (const auto parameters = shown.find('?'); parameters != std::string::npos) {
        shown.resize(parameters);
        shown += "?(not shown)";
    }
    const auto login = shown.find("://");
    const auto host = shown.rfind('@');
    if (login != std::string::npos && host != std::string::npos && host > login)
        shown.replace(login + 3, host - login - 3, "(not shown)");
    return shown;
}

}  // namespace freshread
