#include "tests/stores/redis_server.h"

#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/state/eventually.h"

namespace freshread::test {

namespace {

// What Debian's redis-server is a link to, and which comes without a service that would be started.
constexpr const char* kProgram = "/usr/bin/redis-check-rdb";

// Or another that is like it, as Valkey's valkey-check-rdb.
const char* program() {
    const char* given = std::getenv("FRESHREAD_TEST_REDIS");  // NOLINT(concurrency-mt-unsafe)
    return given ? given : kProgram;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
}

// Only the program that was asked for, and its outcome; signals are the child's own affair.
pid_t spawn(std::vector<std::string> words, int output, const char* program = nullptr) {
    const std::vector<char*> arguments = pointers_to(words);
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(126);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::execvp(program ? program : arguments.front(), arguments.data());
    ::_exit(127);
}

}  // namespace

std::string run_program(const std::vector<std::string>& words) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    const pid_t child = spawn(words, ends[1]);
    ::close(ends[1]);
    std::string printed;
    char part[4096];
    for (ssize_t length = 0; (length = ::read(ends[0], part, sizeof part)) > 0;)
        printed.append(part, static_cast<std::size_t>(length));
    ::close(ends[0]);
    int status = -1;
    if (::waitpid(child, &status, 0) != child || status != 0)
        throw std::runtime_error(words.front() + " failed: " + printed);
    return printed;
}

bool RedisServer::available() {
    return ::access(program(), X_OK) == 0;
}

int RedisServer::free_port() {
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(probe, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("no free port");
    ::close(probe);
    return ::ntohs(address.sin_port);
}

RedisServer::RedisServer(std::vector<std::string> arguments, int port)
    : arguments_(std::move(arguments)), port_(port) {
    start();
}

RedisServer::~RedisServer() {
    kill();
}

void RedisServer::start() {
    // Which of its programs it is, it sees by its name.
    const bool valkey = std::string_view(program()).find("valkey") != std::string_view::npos;
    std::vector<std::string> words = {valkey ? "valkey-server" : "redis-server",
                                      "--port",
                                      std::to_string(port_),
                                      "--bind",
                                      "127.0.0.1",
                                      "--unixsocket",
                                      socket(),
                                      "--save",
                                      "",
                                      "--dir",
                                      directory(),
                                      "--appendonly",
                                      "no",
                                      "--repl-diskless-sync-delay",
                                      "0"};
    // A file stands before everything else.
    const bool file = !arguments_.empty() && !arguments_.front().starts_with("--");
    if (file) words.insert(words.begin() + 1, arguments_.front());
    words.insert(words.end(), arguments_.begin() + (file ? 1 : 0), arguments_.end());
    const int log = ::open(directory_.file("log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    process_ = spawn(words, log, program());
    ::close(log);
    const bool up = eventually([this] {
        try {
            const std::string answer = command({"PING"});
            return answer.starts_with("PONG") || answer.starts_with("NOAUTH");
        } catch (const std::runtime_error&) {
            return false;
        }
    });
    if (!up) throw std::runtime_error("redis-server did not start");
}

void RedisServer::kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
}

void RedisServer::freeze() {
    ::kill(process_, SIGSTOP);
}

void RedisServer::thaw() {
    ::kill(process_, SIGCONT);
}

std::string RedisServer::command(const std::vector<std::string>& words) const {
    std::vector<std::string> all = {"redis-cli", "-s", socket()};
    all.insert(all.end(), words.begin(), words.end());
    return run_program(all);
}

}  // namespace freshread::test
