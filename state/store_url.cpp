#include "state/store_url.h"

namespace freshread {

namespace {

constexpr std::string_view kAccepted =
    "sqlite: (a file in StateDir), sqlite:///path/of/a/file, memory: (one process)";

}  // namespace

StoreUrl parse_store_url(std::string_view text) {
    StoreUrl url;
    url.text = text;
    if (text == "sqlite:") return url;
    if (text == "memory:") {
        url.kind = StoreUrl::Kind::Memory;
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
    const auto login = text.find("://");
    const auto host = text.rfind('@');
    if (login == std::string_view::npos || host == std::string_view::npos || host < login)
        return std::string(text);
    return std::string(text.substr(0, login + 3)) + "(not shown)" + std::string(text.substr(host));
}

}  // namespace freshread
