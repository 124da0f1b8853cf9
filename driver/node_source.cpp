#include "driver/node_source.h"

#include <odbcinst.h>

#include <array>
#include <cstdlib>
#include <map>
#include <mutex>
#include <vector>

#include "driver/diagnostics.h"
#include "state/clock.h"

namespace freshread {

namespace {

std::string profile_string(const char* section, const char* key, const char* file) {
    std::vector<char> buffer(4096);
    const int length =
        SQLGetPrivateProfileString(section, key, "", buffer.data(), static_cast<int>(buffer.size()), file);
    return length > 0 ? std::string(buffer.data()) : std::string();
}

// Names separated by NUL, as SQLGetPrivateProfileString lists the keys of a section.
std::vector<std::string> listed_keys(const char* section, const char* file) {
    std::vector<char> buffer(65536);
    const int length = SQLGetPrivateProfileString(section, nullptr, "", buffer.data(),
                                                  static_cast<int>(buffer.size()), file);
    std::vector<std::string> keys;
    for (int at = 0; at < length && buffer[static_cast<std::size_t>(at)] != '\0';) {
        keys.emplace_back(&buffer[static_cast<std::size_t>(at)]);
        at += static_cast<int>(keys.back().size()) + 1;
    }
    return keys;
}

// The keys of a DSN. libodbcinst (2.3.11) keeps every list it gives for 20 s and goes through all of them at
// every look-up, but never finds one again: a program that connects often would make it slower and slower. So
// it is asked as often as it would read a value anew.
std::vector<std::string> keys_of(const std::string& dsn) {
    struct List {
        std::vector<std::string> keys{};
        BootTime until{0};
    };
    constexpr std::chrono::seconds kKept{20};
    constexpr std::size_t kMostLists = 1000;
    static std::mutex mutex;
    static auto* lists = new std::map<std::string, List>();  // outlives every exit handler
    const std::scoped_lock lock(mutex);
    const auto known = lists->find(dsn);
    if (known != lists->end() && boot_now() < known->second.until) return known->second.keys;
    List list{listed_keys(dsn.c_str(), "odbc.ini"), boot_now() + kKept};
    // One that is not there may be made at any time.
    if (list.keys.empty()) return {};
    if (lists->size() >= kMostLists) lists->clear();
    return ((*lists)[dsn] = std::move(list)).keys;
}

// `driver`: the path of a library, or the name of a section of odbcinst.ini.
std::string find_library(const std::string& driver, const std::string& node) {
    if (driver.empty())
        throw DriverError(
            "IM002",
            "The underlying data source '" + node +
                "' is not in odbc.ini, or has no Driver; accepted: a registered DSN, or a connection string "
                "in braces that names a DRIVER");
    if (driver.front() == '/') return driver;
    for (const char* key : {"Driver64", "Driver"}) {
        auto path = profile_string(driver.c_str(), key, "odbcinst.ini");
        if (!path.empty()) return path;
    }
    if (driver.find(".so") != std::string::npos) return driver;
    throw DriverError("IM003", "The driver '" + driver + "' of the underlying data source '" + node +
                                   "' is not in odbcinst.ini");
}

// `Threading` of the driver's section, else of [ODBC], else none: as the driver manager reads it, to whom a
// number it does not know means all locks, and which finds no section for a driver that is named by a path.
Threading threading_of(const std::string& driver) {
    constexpr int kNotGiven = 99;
    const auto read = [](const std::string& section, int missing) {
        const auto text = profile_string(section.c_str(), "Threading", "odbcinst.ini");
        return text.empty() ? missing : static_cast<int>(std::strtol(text.c_str(), nullptr, 10));
    };
    int level = driver.front() == '/' ? kNotGiven : read(driver, kNotGiven);
    if (level == kNotGiven) level = read("ODBC", 0);
    return level >= 0 && level <= 3 ? static_cast<Threading>(level) : Threading::Library;
}

std::string first_of(const KeywordList& keywords, std::initializer_list<std::string_view> names) {
    for (const auto name : names)
        if (const auto* value = find_keyword(keywords, name)) return *value;
    return {};
}

// What psqlodbc's keywords mean to libpq. Source: psqlodbc, "Configuration of data source" (odbc.ini
// keywords).
ConnectionParameters libpq_parameters(const KeywordList& keywords) {
    struct Pair {
        const char* libpq;
        std::initializer_list<std::string_view> odbc;
    };
    static const std::array<Pair, 6> kPairs{{
        {"host", {"Servername", "Server"}},
        {"port", {"Port"}},
        {"dbname", {"Database"}},
        {"user", {"UID", "Username", "User"}},
        {"password", {"PWD", "Password"}},
        {"sslmode", {"SSLmode"}},
    }};
    ConnectionParameters parameters;
    for (const auto& pair : kPairs) {
        auto value = first_of(keywords, pair.odbc);
        if (!value.empty()) parameters.emplace_back(pair.libpq, std::move(value));
    }
    return parameters;
}

// "user=monitor password='it''s'": libpq's own syntax is parsed by libpq; here only keyword=value pairs
// without quotes.
void override_parameters(ConnectionParameters& parameters, const std::string& given) {
    std::size_t at = 0;
    while ((at = given.find_first_not_of(" \t", at)) != std::string::npos) {
        const auto end = std::min(given.find_first_of(" \t", at), given.size());
        const auto equals = given.find('=', at);
        if (equals == std::string::npos || equals >= end)
            throw DriverError("HY000", "The keyword 'Monitor' has '" + given.substr(at, end - at) +
                                           "'; accepted: auto, none, or libpq parameters as keyword=value");
        const auto keyword = given.substr(at, equals - at);
        std::erase_if(parameters, [&](const auto& parameter) { return parameter.first == keyword; });
        parameters.emplace_back(keyword, given.substr(equals + 1, end - equals - 1));
        at = end;
    }
}

bool is_secret(const std::string& keyword) {
    return equal_ignoring_case(keyword, "PWD") || equal_ignoring_case(keyword, "Password");
}

}  // namespace

KeywordList read_dsn_section(const std::string& dsn) {
    KeywordList section;
    for (auto& key : keys_of(dsn)) {
        auto value = profile_string(dsn.c_str(), key.c_str(), "odbc.ini");
        section.emplace_back(std::move(key), unbraced(value));
    }
    return section;
}

// Source: unixODBC, SQLSetEnvAttr (SQL_ATTR_CONNECTION_POOLING) and its odbcinst.ini: 1, Yes or On.
bool pooled_by_driver_manager() {
    const std::string pooling = profile_string("ODBC", "Pooling", "odbcinst.ini");
    return pooling == "1" || equal_ignoring_case(pooling.substr(0, 1), "y") ||
           equal_ignoring_case(pooling, "on");
}

NodeSource resolve_node(const NodeName& node, const Settings& settings) {
    NodeSource source;
    source.weight = node.weight;
    KeywordList given = node.is_dsn ? KeywordList{{"DSN", node.text}} : parse_connection_string(node.text);
    const std::string* dsn = find_keyword(given, "DSN");
    source.name = dsn ? *dsn : "DRIVER=" + first_of(given, {"DRIVER"});
    const KeywordList section = dsn ? read_dsn_section(*dsn) : KeywordList{};

    std::string driver = first_of(given, {"DRIVER"});
    if (driver.empty()) driver = first_of(section, {"Driver64", "Driver"});
    source.library = find_library(driver, source.name);
    source.threading = threading_of(driver);

    const KeywordList own = given;
    for (const auto& [keyword, value] : settings.passed)
        if (!find_keyword(own, keyword)) given.emplace_back(keyword, value);
    // The application's login is handed to every underlying driver that does not have its own.
    const bool has_uid =
        !first_of(given, {"UID"}).empty() || !first_of(section, {"UID", "Username", "User"}).empty();
    const bool has_pwd = !first_of(given, {"PWD"}).empty() || !first_of(section, {"PWD", "Password"}).empty();
    if (!has_uid && settings.uid) given.emplace_back("UID", *settings.uid);
    if (!has_pwd && settings.pwd) given.emplace_back("PWD", *settings.pwd);
    source.connection_string = format_connection_string(given);

    KeywordList all = given;
    for (const auto& keyword : section)
        if (!find_keyword(all, keyword.first)) all.push_back(keyword);
    source.uid = first_of(all, {"UID", "Username", "User"});
    source.monitor = libpq_parameters(all);
    override_parameters(source.monitor, settings.monitor_parameters);
    for (const auto& [keyword, value] : all)
        if (!is_secret(keyword)) source.identity.append(keyword).append("=").append(value).append(";");
    source.record = &NodeRecord::of(settings.state_directory + ";" + source.identity, source.name);
    return source;
}

}  // namespace freshread
