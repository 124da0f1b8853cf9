// Shadow=compare: reads that a replica would have served are asked there and once more on the leader, in the
// background, and answers that differ are counted (driver/comparison.h).
//
//   application's threads          the comparing thread
//
//   submit --> queue ------------> replica, then leader --- the same answer -----------------> Equal
//         \                            \--- another: the leader's position is taken
//          \--> Busy                         |
//                                            v
//                                   +--------------+ the replica has not applied it in time -> Older
//                                   | in suspicion | has applied it: both are asked again,
//                                   +--------------+ three times at most
//                                                    the leader's answer, of now or before --> Older
//                                                    the leader says the same, it does not --> Differed
//                                                    the leader, too, says something new ----> Changing
//
// One thread per process, which asks one thing at a time on connections of its own (driver/compared_nodes.h):
// that bounds what comparing costs the nodes. It starts with the first read that is submitted and ends with
// the last connection that has joined. An application's thread never waits for it but when it disconnects:
// there is nothing left of a session when its last connection has left. What the comparing thread is in then
// is broken off; should that not help, it is left behind after two seconds, and ends on its own.
//
// A child of a process has a comparer of its own; of its parent's nothing is touched. While a process forks
// the thread is in no call, which might hold a lock of its driver: it is waited for a little, then broken
// off. At exit of the process it is stopped.
//
// Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "driver/comparing_worker.h"

namespace freshread {

class Comparer {
 public:
    // This process's own.
    [[nodiscard]] static Comparer& of_process();

    // A connection's reads are to be compared. Connections that are alike get the same session.
    [[nodiscard]] SharedSession join(const ComparedSession& session);
    // That connection ends. Waits until we have no connection like it, if it was the last one.
    void leave(const SharedSession& session) noexcept;
    // Never waits, and never throws: what cannot be compared is counted so.
    void submit(ComparedRead read) noexcept;

 private:
    struct Member {
        SharedSession session{};
        unsigned connections = 0;
    };

    Comparer() = default;
    [[nodiscard]] static Comparer*& current();
    static void before_fork();
    static void after_fork_in_parent();
    static void after_fork_in_child();
    static void at_exit();
    void run();
    // The rest REQUIRES the mutex.
    void start();
    [[nodiscard]] std::vector<Member>::iterator find(const SharedSession& session);
    [[nodiscard]] bool is_open(const SharedSession& session) const;
    // One that is open has no connections of the application's any more; null: none.
    [[nodiscard]] SharedSession left_behind();
    // The calls that the thread makes for the session are broken off, until `over` says so or they have taken
    // too long. Null: for any. The lock is of the mutex.
    template <typename Over>
    void hurry_until(const Over& over, const SharedSession& session, std::unique_lock<std::mutex>& lock);
    // The thread, if it has ended: to be joined without the mutex.
    [[nodiscard]] std::thread ended();

    std::mutex mutex_{};
    std::condition_variable work_{};
    std::condition_variable done_{};
    std::vector<Member> members_{};
    std::deque<ComparedRead> queue_{};
    bool stopping_ = false;
    bool forking_ = false;  // nothing new is asked
    std::thread thread_{};
    // The thread's word on itself.
    bool running_ = false;
    std::vector<SharedSession> open_{};  // which may have connections
    SharedSession asking_{};             // in a call for this one
    replica_watch::Thread* watched_ = nullptr;

    Comparer* inherited_ = nullptr;  // the parent's, kept in reach of leak checkers
};

}  // namespace freshread
