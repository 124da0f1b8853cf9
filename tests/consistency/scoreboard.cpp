#include "tests/consistency/scoreboard.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <system_error>

namespace freshread::consistency {

void raise(std::atomic<std::int64_t>& maximum, std::int64_t value) {
    std::int64_t seen = maximum.load();
    while (seen < value && !maximum.compare_exchange_weak(seen, value)) {
    }
}

Scoreboard& map_scoreboard(const std::string& path, bool make) {
    const int flags = make ? O_RDWR | O_CREAT | O_EXCL : O_RDWR;
    const int file = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (file < 0 || (make && ::ftruncate(file, sizeof(Scoreboard)) != 0))
        throw std::system_error(errno, std::generic_category(), path);
    void* mapped = ::mmap(nullptr, sizeof(Scoreboard), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) throw std::system_error(errno, std::generic_category(), path);
    ::close(file);
    return *static_cast<Scoreboard*>(mapped);
}

std::int64_t boot_nanoseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace freshread::consistency
