// Calls that wait in a socket, without a driver: what is broken off, and what is not.
#include "driver/replica_watch.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace freshread {
namespace {

using std::chrono::milliseconds;

constexpr Patience kShort{milliseconds(50), SignOfLife::PostgreSql};

// As a client library waits: for ever, in one socket. The number of bytes it got.
ssize_t wait_in(int socket) {
    pollfd set{socket, POLLIN, 0};
    while (::poll(&set, 1, -1) < 0) {
    }
    std::array<char, 16> bytes{};
    return ::recv(socket, bytes.data(), bytes.size(), 0);
}

// A server at a socket of the file system: `first` is the connection of a test, others are asked for a sign
// of life and get an answer if it is alive.
class Server {
 public:
    explicit Server(bool alive) : alive_(alive) {
        std::string name = testing::TempDir() + "watch-XXXXXX";
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        directory_ = name;
        address_.sun_family = AF_UNIX;
        (directory_ + "/socket").copy(address_.sun_path, sizeof address_.sun_path - 1);
        listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address_), sizeof address_), 0);
        EXPECT_EQ(::listen(listener_, 16), 0);
        client_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        EXPECT_EQ(::connect(client_, reinterpret_cast<sockaddr*>(&address_), sizeof address_), 0);
        first_ = ::accept(listener_, nullptr, nullptr);
        thread_ = std::thread([this] { serve(); });
    }
    ~Server() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        for (const int socket : {listener_, client_, first_}) ::close(socket);
        for (const int socket : asked_) ::close(socket);
        std::filesystem::remove_all(directory_);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] int client() const { return client_; }
    void answer() const { EXPECT_EQ(::send(first_, "rows", 4, MSG_NOSIGNAL), 4); }

 private:
    void serve() {
        for (int times = 1;; ++times) {
            const int socket = ::accept(listener_, nullptr, nullptr);
            if (socket < 0) return;
            asked_.push_back(socket);
            std::array<char, 8> request{};
            if (!alive_ || ::recv(socket, request.data(), request.size(), MSG_WAITALL) != 8) continue;
            EXPECT_EQ(::send(socket, "N", 1, MSG_NOSIGNAL), 1);
            constexpr int kOftenEnough = 3;
            if (times == kOftenEnough) answer();
        }
    }

    bool alive_;
    std::string directory_{};
    sockaddr_un address_{};
    int listener_ = -1;
    int client_ = -1;
    int first_ = -1;
    std::vector<int> asked_{};
    std::thread thread_{};
};

TEST(ReplicaWatchTest, ACallThatIsAnsweredIsNot) {
    const Server server(true);
    server.answer();
    WatchedCall call(kShort);
    EXPECT_EQ(wait_in(server.client()), 4);
    EXPECT_FALSE(call.end());
    EXPECT_FALSE(call.end()) << "asked again it says the same";
}

TEST(ReplicaWatchTest, ASilentServerIsBrokenOff) {
    const Server server(false);
    WatchedCall call(kShort);
    EXPECT_EQ(wait_in(server.client()), 0);
    EXPECT_TRUE(call.end());
    EXPECT_TRUE(call.end());
}

// It answers the watch, three times, before it answers the call.
TEST(ReplicaWatchTest, AServerThatGivesASignOfLifeIsWaitedFor) {
    const Server server(true);
    WatchedCall call(kShort);
    EXPECT_EQ(wait_in(server.client()), 4);
    EXPECT_FALSE(call.end());
}

TEST(ReplicaWatchTest, WhatIsOursIsBrokenOffWithoutAsking) {
    const Server server(true);
    WatchedCall call(kShort, WatchedCall::Of::Ours);
    EXPECT_EQ(wait_in(server.client()), 0);
    EXPECT_TRUE(call.end());
}

TEST(ReplicaWatchTest, WithoutPatienceNothingIsWatched) {
    WatchedCall call(Patience{});
    EXPECT_FALSE(call.end());
}

TEST(ReplicaWatchTest, ACallInsideAnotherIsPartOfIt) {
    const Server server(false);
    WatchedCall outer(kShort);
    {
        WatchedCall inner(kShort);
        EXPECT_FALSE(inner.end());
    }
    EXPECT_EQ(wait_in(server.client()), 0);
    EXPECT_TRUE(outer.end());
    WatchedCall next({std::chrono::hours(1), SignOfLife::PostgreSql});
    const WatchedCall inside(kShort);
    EXPECT_FALSE(next.end());
}

TEST(ReplicaWatchTest, ThreadsComeAndGo) {
    for (int round = 0; round < 5; ++round) {
        std::vector<std::unique_ptr<Server>> servers;
        std::vector<std::thread> threads;
        std::atomic<int> broken{0};
        constexpr int kThreads = 8;
        for (int i = 0; i < kThreads; ++i) {
            servers.push_back(std::make_unique<Server>(false));
            threads.emplace_back([&broken, &server = *servers.back()] {
                WatchedCall call(kShort, WatchedCall::Of::Ours);
                EXPECT_EQ(wait_in(server.client()), 0);
                if (call.end()) ++broken;
            });
        }
        for (std::thread& thread : threads) thread.join();
        EXPECT_EQ(broken, kThreads);
    }
}

// The watching thread is not there in a child: it gets one of its own.
TEST(ReplicaWatchTest, AChildOfAForkIsWatchedToo) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "ThreadSanitizer ends a child of a process with threads that starts one";
#endif
    const Server server(false);
    {
        WatchedCall call(kShort);
        EXPECT_EQ(wait_in(server.client()), 0);
        EXPECT_TRUE(call.end());
    }
    std::array<int, 2> pair{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(20);
        WatchedCall call(kShort, WatchedCall::Of::Ours);
        const bool ended = wait_in(pair[0]) == 0;
        ::_exit(call.end() && ended ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    for (const int end : pair) ::close(end);
}

}  // namespace
}  // namespace freshread
