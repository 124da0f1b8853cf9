// When a server began to show which transactions: asks it for its snapshot again and again, and tells each
// that differs from the one before.
//
// usage: snapshots CONNINFO MICROSECONDS     between two questions; until standard input ends
//
// A line is "OLD BEGIN END SNAPSHOT", times of the monotonic clock in nanoseconds: OLD is when the last
// question was begun that was answered with the snapshot before, BEGIN and END are those of the first that
// was answered with this one. A snapshot is what pg_current_snapshot() says, xmin:xmax:...: it shows every
// transaction below xmin and none from xmax on. Of those in between a replica does not tell which it shows.
#include <libpq-fe.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

long long now() {
    return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// False when standard input has ended.
bool pause(long microseconds) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    const timespec most{microseconds / 1'000'000, microseconds % 1'000'000 * 1000};
    return ::ppoll(&input, 1, &most, nullptr) == 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: snapshots CONNINFO MICROSECONDS\n");
        return 2;
    }
    using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(argv[1]), &PQfinish);
    const Result prepared(PQprepare(connection.get(), "snapshot", "select pg_current_snapshot()", 0, nullptr),
                          &PQclear);
    std::string last;
    long long old = now();
    do {
        const long long begin = now();
        const Result result(PQexecPrepared(connection.get(), "snapshot", 0, nullptr, nullptr, nullptr, 0),
                            &PQclear);
        const long long end = now();
        if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) {
            std::fprintf(stderr, "snapshots: %s\n", PQerrorMessage(connection.get()));
            return 1;
        }
        const char* snapshot = PQgetvalue(result.get(), 0, 0);
        if (last != snapshot) {
            last = snapshot;
            std::printf("%lld %lld %lld %s\n", old, begin, end, snapshot);
        }
        old = begin;
    } while (pause(std::strtol(argv[2], nullptr, 10)));
    return 0;
}
