// Replicas that accept and never answer: calls to their drivers are watched, and what would wait for ever is
// broken off, so that the leader can be asked.
//
// A thread of ours looks at the calls that are in progress. One that takes longer than its patience is looked
// into: the kernel tells in which socket the thread waits (/proc/self/task/TID/syscall), that socket tells
// the server, and the server is asked for a sign of life on a connection of our own. Without one the socket
// is shut down, and the driver reports a lost connection. A server that gives one is only slow: the call goes
// on. (ODBC's own means would not do: SQLCancel waits for the server just as well, a query timeout is the
// server's, and keepalives are answered by the kernel of the server.)
//
//   +------+ begin                        +---------+ no sign of life      +-----------+
//   | idle | ---------------------------> | running | -------------------> | broken    |
//   +------+ <--------------------------- +---------+                      | off       |
//                end (waits while it is being broken off)  <-------------- +-----------+
//
// A call costs no system call and looks at no clock: it writes a number, and the watching thread sees whether
// that number is still the same. The thread starts with the first call and sleeps while nothing is called.
// (A process that had one thread pays for a second one at every lock and allocation: whoever has the choice
// watches nothing there, see Connection::patience_with.)
//
// The watched side is any thread's own; nothing is locked but in the first call of a thread. After a fork the
// child starts anew. Where the kernel does not tell (no such file in /proc), nothing is broken off.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace freshread {

// What a server is asked for a sign of life in.
enum class SignOfLife : std::uint8_t {
    None,        // cannot be asked: only what is ours may be broken off
    PostgreSql,  // answers SSLRequest with one byte
    Greeting,    // speaks first (MariaDB, MySQL)
};

// How a call is watched. `patience`: zero for not at all.
struct Patience {
    std::chrono::milliseconds patience{0};
    SignOfLife sign = SignOfLife::None;
};

namespace replica_watch {

// One per thread that ever called; used again by another thread, never freed.
struct Thread {
    static constexpr std::uint64_t kBreaking = std::uint64_t{1} << 63;

    // Odd while a call is in progress; kBreaking on top while, and after, it is broken off.
    std::atomic<std::uint64_t> call{0};
    std::atomic<std::chrono::milliseconds::rep> patience{0};
    std::atomic<SignOfLife> sign{SignOfLife::None};
    std::atomic<bool> ours{false};
};

// This thread's; null before its first call.
extern constinit thread_local Thread* mine;
// Makes it; null when that failed.
[[nodiscard]] Thread* enlist() noexcept;
// The watching thread sleeps.
extern std::atomic<bool> asleep;
void wake() noexcept;
// Until the watching thread has done with the call.
void await_break(Thread& thread) noexcept;

}  // namespace replica_watch

// A call to a replica's driver, from construction to `end`. One inside another is part of that one.
class WatchedCall {
 public:
    // `ours`: a call the application did not make, which is to be quick: broken off without being asked for.
    enum class Of : bool { Application, Ours };

    explicit WatchedCall(const Patience& patience, Of of = Of::Application) noexcept {
        if (patience.patience.count() == 0) return;
        thread_ = replica_watch::mine;
        if (!thread_ && !(thread_ = replica_watch::enlist())) [[unlikely]]
            return;
        number_ = thread_->call.load(std::memory_order_relaxed) + 1;
        if (number_ % 2 == 0) [[unlikely]] {
            thread_ = nullptr;
            return;
        }
        thread_->patience.store(patience.patience.count(), std::memory_order_relaxed);
        thread_->sign.store(patience.sign, std::memory_order_relaxed);
        thread_->ours.store(of == Of::Ours, std::memory_order_relaxed);
        // Ordered before the look at `asleep`, as the watching thread's is before its look at `call`.
        thread_->call.exchange(number_, std::memory_order_seq_cst);
        if (replica_watch::asleep.load(std::memory_order_seq_cst)) [[unlikely]]
            replica_watch::wake();
    }
    ~WatchedCall() { end(); }
    WatchedCall(const WatchedCall&) = delete;
    WatchedCall& operator=(const WatchedCall&) = delete;

    // True when it was broken off.
    bool end() noexcept {
        if (!thread_) return broken_;
        replica_watch::Thread& thread = *thread_;
        thread_ = nullptr;
        if (thread.call.exchange(number_ + 1, std::memory_order_acq_rel) == number_) [[likely]]
            return false;
        replica_watch::await_break(thread);
        return broken_ = true;
    }

 private:
    replica_watch::Thread* thread_ = nullptr;
    std::uint64_t number_ = 0;
    bool broken_ = false;
};

}  // namespace freshread
