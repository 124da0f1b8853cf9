#include "tests/driver/child.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <stdexcept>

namespace freshread::test {

Pipe::Pipe() {
    if (::pipe(ends_.data()) != 0) throw std::runtime_error("no pipe");
}

Pipe::~Pipe() {
    ::close(ends_[0]);
    end();
}

void Pipe::end() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
}

void Pipe::say(char word) const {
    static_cast<void>(::write(ends_[1], &word, 1));
}

std::optional<char> Pipe::hear() const {
    char word = 0;
    return ::read(ends_[0], &word, 1) == 1 ? std::optional(word) : std::nullopt;
}

Child::Child(const std::function<int()>& work) {
    std::fflush(nullptr);
    process_ = ::fork();
    if (process_ != 0) return;
    int answer = 101;
    try {
        answer = work();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "child: %s\n", error.what());
    }
    std::fflush(nullptr);
    ::_exit(answer);
}

Child::~Child() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    int status = 0;
    ::waitpid(process_, &status, 0);
}

void Child::signal(int number) const {
    if (process_ > 0) ::kill(process_, number);
}

int Child::await_change() {
    int status = 0;
    if (::waitpid(process_, &status, WUNTRACED) != process_) throw std::runtime_error("no child");
    if (WIFSTOPPED(status)) return -WSTOPSIG(status);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace freshread::test
