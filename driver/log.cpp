#include "driver/log.h"

#include <chrono>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "driver/connection_string.h"
#include "driver/diagnostics.h"

namespace freshread {

namespace {

struct Name {
    std::string_view name;
    LogLevel level;
    int priority;
};
constexpr std::array<Name, 9> kNames{{
    {"trace", LogLevel::Trace, LOG_DEBUG},
    {"debug", LogLevel::Debug, LOG_DEBUG},
    {"info", LogLevel::Info, LOG_INFO},
    {"warning", LogLevel::Warn, LOG_WARNING},
    {"warn", LogLevel::Warn, LOG_WARNING},
    {"error", LogLevel::Error, LOG_ERR},
    {"err", LogLevel::Error, LOG_ERR},
    {"critical", LogLevel::Critical, LOG_CRIT},
    {"off", LogLevel::Off, LOG_CRIT},
}};

const Name& name_of_level(LogLevel level) {
    for (const Name& name : kNames)
        if (name.level == level) return name;
    return kNames.back();
}

// By the calendar alone, in UTC: the library's functions for local time take locks.
std::string timestamp() {
    using namespace std::chrono;
    const auto now = floor<milliseconds>(system_clock::now());
    const auto day = floor<days>(now);
    const year_month_day date(day);
    const hh_mm_ss time(now - day);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int(date.year()),
                  unsigned(date.month()), unsigned(date.day()), static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                  static_cast<int>(time.subseconds().count()));
    return text.data();
}

}  // namespace

std::optional<LogLevel> log_level_named(std::string_view name) {
    for (const Name& known : kNames)
        if (equal_ignoring_case(name, known.name)) return known.level;
    return std::nullopt;
}

std::string_view log_level_names() {
    return "trace, debug, info, warn, error, critical, off";
}

std::unique_ptr<Log> Log::open(const std::string& target, LogLevel level) {
    if (target == "syslog") return std::unique_ptr<Log>(new Log(-1, false, level));
    if (target == "stderr") return std::unique_ptr<Log>(new Log(STDERR_FILENO, false, level));
    const int descriptor = ::open(target.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY,
                                  S_IRUSR | S_IWUSR | S_IRGRP);
    if (descriptor < 0) {
        std::array<char, 256> buffer{};
        const char* reason = ::strerror_r(errno, buffer.data(), buffer.size());
        throw DriverError(
            "HY000", "The keyword 'Log' has the value '" + target + "', which cannot be opened: " + reason);
    }
    return std::unique_ptr<Log>(new Log(descriptor, true, level));
}

Log::~Log() {
    if (owned_) ::close(descriptor_);
}

void Log::write(LogLevel level, std::string_view message) const noexcept try {
    const Name& name = name_of_level(level);
    std::string line;
    if (descriptor_ < 0) {
        line.append("freshread: ").append(message);
        // Without openlog, which is the application's to call.
        ::syslog(LOG_USER | name.priority, "%s", line.c_str());
        return;
    }
    line.append("[").append(timestamp()).append("] [freshread ").append(std::to_string(::getpid()));
    line.append("] [").append(name.name).append("] ").append(message).append("\n");
    [[maybe_unused]] const auto written = ::write(descriptor_, line.data(), line.size());
} catch (...) {
    return;
}

}  // namespace freshread
