// A child process of a test, and what the two say to each other.
#pragma once

#include <sys/types.h>

#include <array>
#include <functional>
#include <optional>

namespace freshread::test {

class Pipe {
 public:
    Pipe();
    ~Pipe();
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    // This process says nothing more.
    void end();
    void say(char word) const;
    // Nothing when all others have ended their writing.
    [[nodiscard]] std::optional<char> hear() const;

 private:
    std::array<int, 2> ends_{};
};

// Begun before the test uses the driver, and killed at the end of the test if it still runs.
class Child {
 public:
    // `work` ends with what the child exits with; what it throws is printed.
    explicit Child(const std::function<int()>& work);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    void signal(int number) const;
    // Waits until it has stopped (SIGSTOP), or has ended: then gives its exit code, or minus the signal that
    // killed it.
    int await_change();

 private:
    pid_t process_ = -1;
};

}  // namespace freshread::test
