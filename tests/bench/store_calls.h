// Processes that ask a store while something goes on, and report how long that took.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <sys/types.h>

#include "tests/bench/waits.h"

namespace freshread {

// Looks and upserts (a mark opened and closed), of all of one's threads.
struct StoreCalls {
    Waits looks{};
    Waits upserts{};
    std::uint64_t refused_looks = 0;
    std::uint64_t refused_upserts = 0;

    void add(const StoreCalls& others);
    void print(const char* whose);
};

// A forked process: made before this one has threads or a store.
class AskingProcess {
 public:
    // What it does: from the start until `over` says so.
    using Over = std::function<bool()>;
    using Work = std::function<StoreCalls(std::uint64_t given, const Over& over)>;
    explicit AskingProcess(const Work& work);
    ~AskingProcess();
    AskingProcess(const AskingProcess&) = delete;
    AskingProcess& operator=(const AskingProcess&) = delete;

    void start(std::uint64_t given);
    void stop();
    // After stop(): what it found.
    [[nodiscard]] StoreCalls answer();

 private:
    pid_t process_ = -1;
    int orders_ = -1;
    int answers_ = -1;
};

}  // namespace freshread
