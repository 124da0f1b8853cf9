#include "state/process_identity.h"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

namespace freshread {

namespace {

// Fields 3 and 22 of /proc/PID/stat. The second may hold anything, in parentheses.
struct Running {
    char state = '?';
    std::uint64_t started = 0;
};

std::optional<Running> running(std::uint64_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string line;
    if (!std::getline(file, line)) return std::nullopt;
    const auto name_end = line.rfind(')');
    if (name_end == std::string::npos) return std::nullopt;
    std::istringstream rest(line.substr(name_end + 1));
    Running found;
    rest >> found.state;
    std::string skipped;
    constexpr int kBetween = 18;
    for (int field = 0; field < kBetween; ++field) rest >> skipped;
    if (!(rest >> found.started)) return std::nullopt;
    return found;
}

std::uint64_t process_namespace() {
    struct stat status {};
    return ::stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino : 0;
}

}  // namespace

ProcessIdentity this_process() {
    const auto process = static_cast<std::uint64_t>(::getpid());
    const auto found = running(process);
    return {process, found ? found->started : 0, process_namespace()};
}

bool may_live(const ProcessIdentity& process) {
    if (process.process == 0 || process.process > std::numeric_limits<pid_t>::max()) return false;
    static const std::uint64_t ours = process_namespace();
    if (ours == 0 || process.pid_namespace != ours) return true;
    if (::kill(static_cast<pid_t>(process.process), 0) != 0 && errno == ESRCH) return false;
    if (process.started == 0) return true;
    // Without /proc nothing can be told; one whose parent has not yet asked for its end is a zombie.
    const auto found = running(process.process);
    return !found || (found->started == process.started && found->state != 'Z' && found->state != 'X');
}

}  // namespace freshread
