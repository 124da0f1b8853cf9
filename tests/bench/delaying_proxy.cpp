// A network in between: hands on every byte of a TCP connection so many microseconds later, in both
// directions.
//
// usage: delaying_proxy PORT MICROSECONDS     to 127.0.0.1:PORT; prints its own port, and ends with its
// standard input
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

// What was read from one end and waits to be written to the other.
struct Direction {
    struct Portion {
        Clock::time_point due{};
        std::vector<char> bytes{};  // empty: the end
    };
    int from = -1;
    int to = -1;
    std::deque<Portion> on_the_way{};
    bool ended = false;

    [[nodiscard]] bool over() const { return ended && on_the_way.empty(); }
    void take(Clock::time_point due) {
        std::array<char, 65536> buffer{};
        const ssize_t got = ::read(from, buffer.data(), buffer.size());
        ended = got <= 0;
        const std::span bytes(buffer.data(), ended ? 0 : static_cast<std::size_t>(got));
        on_the_way.push_back({due, {bytes.begin(), bytes.end()}});
    }
    void hand_on(Clock::time_point now) {
        while (!on_the_way.empty() && on_the_way.front().due <= now) {
            std::span<const char> rest = on_the_way.front().bytes;
            if (rest.empty()) ::shutdown(to, SHUT_WR);
            while (!rest.empty()) {
                const ssize_t written = ::send(to, rest.data(), rest.size(), MSG_NOSIGNAL);
                if (written <= 0) break;
                rest = rest.subspan(static_cast<std::size_t>(written));
            }
            on_the_way.pop_front();
        }
    }
};

struct Link {
    Direction there{};
    Direction back{};
};

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<in_port_t>(port));
    return address;
}

int socket_without_delay() {
    const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return made;
}

std::optional<Link> link_with(int listener, int port) {
    const int client = ::accept(listener, nullptr, nullptr);
    const int yes = 1;
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const int server = socket_without_delay();
    const sockaddr_in address = loopback(port);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(client);
        ::close(server);
        return std::nullopt;
    }
    return Link{{client, server}, {server, client}};
}

void run(int listener, int port, std::chrono::microseconds delay) {
    std::list<Link> links;
    for (;;) {
        std::vector<pollfd> waiting{{STDIN_FILENO, POLLIN, 0}, {listener, POLLIN, 0}};
        std::vector<Direction*> directions;
        std::optional<Clock::time_point> due;
        for (Link& link : links)
            for (Direction* direction : {&link.there, &link.back}) {
                if (!direction->on_the_way.empty())
                    due = std::min(due.value_or(Clock::time_point::max()), direction->on_the_way.front().due);
                if (direction->ended) continue;
                waiting.push_back({direction->from, POLLIN, 0});
                directions.push_back(direction);
            }
        const auto left = due ? std::max(*due - Clock::now(), Clock::duration(0)) : Clock::duration(0);
        const timespec most{0, std::chrono::nanoseconds(left).count()};
        ::ppoll(waiting.data(), waiting.size(), due ? &most : nullptr, nullptr);
        const auto now = Clock::now();
        if (waiting[0].revents != 0) return;
        for (std::size_t i = 0; i < directions.size(); ++i)
            if (waiting[i + 2].revents != 0) directions[i]->take(now + delay);
        for (Link& link : links)
            for (Direction* direction : {&link.there, &link.back}) direction->hand_on(now);
        links.remove_if([](const Link& link) {
            if (!link.there.over() || !link.back.over()) return false;
            ::close(link.there.from);
            ::close(link.there.to);
            return true;
        });
        if (waiting[1].revents == 0) continue;
        if (const auto link = link_with(listener, port)) links.push_back(*link);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: delaying_proxy PORT MICROSECONDS\n");
        return 2;
    }
    const int listener = socket_without_delay();
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener, generic, size) != 0 || ::listen(listener, 64) != 0 ||
        ::getsockname(listener, generic, &size) != 0) {
        std::perror("delaying_proxy");
        return 1;
    }
    std::printf("%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    run(listener, static_cast<int>(std::strtol(argv[1], nullptr, 10)),
        std::chrono::microseconds(std::strtol(argv[2], nullptr, 10)));
    return 0;
}
