// The log that `Log=` names: standard error, syslog, or a file that is appended to.
//
// No text of a statement, password or user name is ever written (I8): whoever writes a message sees to it.
// A message is one line and one system call, so that lines of several processes do not mix; nothing is
// buffered or locked, so that a fork takes nothing along. (syslog(3) has a lock of its own.)
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace freshread {

enum class LogLevel : std::uint8_t { Trace, Debug, Info, Warn, Error, Critical, Off };

// The names that spdlog has for them, in any case. Nothing for another name.
[[nodiscard]] std::optional<LogLevel> log_level_named(std::string_view name);
// What log_level_named accepts, for messages.
[[nodiscard]] std::string_view log_level_names();

class Log {
 public:
    // `target`: "stderr", "syslog" or an absolute path. Throws DriverError when a file cannot be opened.
    [[nodiscard]] static std::unique_ptr<Log> open(const std::string& target, LogLevel level);
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    [[nodiscard]] bool wants(LogLevel level) const { return level >= level_; }
    // Never throws: what cannot be written is lost.
    void write(LogLevel level, std::string_view message) const noexcept;

 private:
    Log(int descriptor, bool owned, LogLevel level) : descriptor_(descriptor), owned_(owned), level_(level) {}

    int descriptor_;  // -1: syslog
    bool owned_;
    LogLevel level_;
};

}  // namespace freshread
