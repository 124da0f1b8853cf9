// A real redis-server of a test, in a directory of its own, gone with the object or, whatever happens, with
// the process.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "tests/unit/state/scratch_directory.h"

namespace freshread::test {

class RedisServer {
 public:
    // `arguments`: of redis-server, behind those that every server gets; the first may be a file. Listens on
    // a socket in its directory and, with `port`, on 127.0.0.1.
    explicit RedisServer(std::vector<std::string> arguments = {}, int port = 0);
    ~RedisServer();
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;

    // There is such a program here.
    [[nodiscard]] static bool available();
    [[nodiscard]] static int free_port();

    [[nodiscard]] std::string socket() const { return directory_.file("socket"); }
    [[nodiscard]] const std::string& directory() const { return directory_.path(); }
    [[nodiscard]] int port() const { return port_; }
    // Every word of `words` one word of a command, past what is under test; what redis-cli prints.
    std::string command(const std::vector<std::string>& words) const;

    void start();
    void kill();  // at once, nothing saved
    void freeze();
    void thaw();

 private:
    ScratchDirectory directory_;
    std::vector<std::string> arguments_;
    int port_;
    pid_t process_ = -1;
};

// Runs a program to its end; what it printed. Throws when it fails.
std::string run_program(const std::vector<std::string>& words);

}  // namespace freshread::test
