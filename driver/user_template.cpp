#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <vector>

#include "driver/diagnostics.h"
#include "driver/settings.h"

namespace freshread {

namespace {

std::string operating_system_user() {
    std::vector<char> buffer(16384);
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found)
        return found->pw_name;
    return std::to_string(::geteuid());
}

std::string host_name() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data())
                                                            : std::string("localhost");
}

std::string expand_one(std::string_view placeholder, const UserTemplateValues& values) {
    constexpr std::string_view kEnvironment = "env:";
    if (placeholder == "uid") return values.uid;
    if (placeholder == "dsn") return values.dsn;
    if (placeholder == "osuser") return operating_system_user();
    if (placeholder == "host") return host_name();
    if (placeholder == "app") return program_invocation_short_name;
    if (placeholder.starts_with(kEnvironment)) {
        const std::string name(placeholder.substr(kEnvironment.size()));
        const char* value =
            std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): read once, at connect
        return value ? value : "";
    }
    throw DriverError("HY000", "The keyword 'User' names the placeholder '{" + std::string(placeholder) +
                                   "}'; accepted: {uid}, {dsn}, {osuser}, {host}, {app}, {env:NAME}");
}

}  // namespace

std::string expand_user(std::string_view user_template, const UserTemplateValues& values) {
    std::string user;
    for (std::size_t at = 0; at < user_template.size();) {
        const auto close = user_template[at] == '{' ? user_template.find('}', at) : std::string_view::npos;
        if (close == std::string_view::npos) {
            user.push_back(user_template[at++]);
        } else {
            user += expand_one(user_template.substr(at + 1, close - at - 1), values);
            at = close + 1;
        }
    }
    return user;
}

}  // namespace freshread
