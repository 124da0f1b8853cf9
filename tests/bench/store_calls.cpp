#include "tests/bench/store_calls.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace freshread {

namespace {

void write_all(int descriptor, const void* bytes, std::size_t size) {
    const auto* from = static_cast<const char*>(bytes);
    while (size > 0) {
        const ssize_t written = ::write(descriptor, from, size);
        if (written < 0) throw std::runtime_error("write(2) failed");
        from += written;
        size -= static_cast<std::size_t>(written);
    }
}

bool read_all(int descriptor, void* bytes, std::size_t size) {
    auto* to = static_cast<char*>(bytes);
    while (size > 0) {
        const ssize_t got = ::read(descriptor, to, size);
        if (got <= 0) return false;
        to += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

void write_times(int descriptor, const Waits& waits) {
    const std::uint64_t count = waits.times().size();
    write_all(descriptor, &count, sizeof count);
    write_all(descriptor, waits.times().data(), count * sizeof(double));
}

bool read_times(int descriptor, Waits& waits) {
    std::uint64_t count = 0;
    if (!read_all(descriptor, &count, sizeof count)) return false;
    std::vector<double> times(count);
    if (!read_all(descriptor, times.data(), count * sizeof(double))) return false;
    waits.add(times);
    return true;
}

// The second word that comes means the end. Not the pipe's end: later siblings have that open, too.
bool told(int orders) {
    pollfd order{orders, POLLIN, 0};
    return ::poll(&order, 1, 0) > 0;
}

}  // namespace

void StoreCalls::add(const StoreCalls& others) {
    looks.add(others.looks.times());
    upserts.add(others.upserts.times());
    refused_looks += others.refused_looks;
    refused_upserts += others.refused_upserts;
}

void StoreCalls::print(const char* whose) {
    looks.print((std::string(whose) + ", look").c_str());
    upserts.print((std::string(whose) + ", open and close").c_str());
    const auto share = [](std::uint64_t refused, const Waits& answered) {
        return 100.0 * static_cast<double>(refused) /
               static_cast<double>(std::max<std::uint64_t>(1, refused + answered.times().size()));
    };
    if (refused_looks + refused_upserts > 0)
        std::printf("%-28s %.2f %% of the looks, %.2f %% of the others\n",
                    "  not within StoreTimeout:", share(refused_looks, looks),
                    share(refused_upserts, upserts));
}

AskingProcess::AskingProcess(const Work& work) {
    std::array<int, 2> orders{};
    std::array<int, 2> answers{};
    if (::pipe(orders.data()) != 0 || ::pipe(answers.data()) != 0) throw std::runtime_error("pipe(2) failed");
    process_ = ::fork();
    if (process_ < 0) throw std::runtime_error("fork(2) failed");
    orders_ = orders[1];
    answers_ = answers[0];
    if (process_ != 0) {
        ::close(orders[0]);
        ::close(answers[1]);
        return;
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
        std::uint64_t given = 0;
        if (!read_all(orders[0], &given, sizeof given)) ::_exit(1);
        const StoreCalls calls = work(given, [&] { return told(orders[0]); });
        const std::array refused{calls.refused_looks, calls.refused_upserts};
        write_all(answers[1], refused.data(), sizeof refused);
        write_times(answers[1], calls.looks);
        write_times(answers[1], calls.upserts);
        ::_exit(0);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "a process beside: %s\n", error.what());
        ::_exit(1);
    }
}

AskingProcess::~AskingProcess() {
    ::kill(process_, SIGKILL);
    ::close(orders_);
    ::close(answers_);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

void AskingProcess::start(std::uint64_t given) {
    write_all(orders_, &given, sizeof given);
}

void AskingProcess::stop() {
    start(0);
}

StoreCalls AskingProcess::answer() {
    StoreCalls calls;
    std::array<std::uint64_t, 2> refused{};
    if (!read_all(answers_, refused.data(), sizeof refused) || !read_times(answers_, calls.looks) ||
        !read_times(answers_, calls.upserts))
        throw std::runtime_error("a process beside has failed");
    calls.refused_looks = refused[0];
    calls.refused_upserts = refused[1];
    return calls;
}

}  // namespace freshread
