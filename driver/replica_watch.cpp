#include "driver/replica_watch.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "driver/blocked_socket.h"
#include "state/signals_blocked.h"

namespace freshread::replica_watch {

constinit thread_local Thread* mine = nullptr;
std::atomic<bool> asleep{true};

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Entry {
    Thread thread{};
    std::mutex breaking{};  // held from before the call is marked until it is broken off
    std::atomic<pid_t> id{0};
    std::atomic<bool> taken{true};
    // The watching thread's.
    std::uint64_t seen = 0;
    Clock::time_point since{};
};

static_assert(std::is_standard_layout_v<Entry>);  // found again by its first member

// All of a process; a child's starts anew. Never freed: the thread and exit handlers may be at it.
struct State {
    std::mutex mutex{};
    std::condition_variable woken{};
    std::vector<std::unique_ptr<Entry>> entries{};
    bool running = false;
    State* inherited = nullptr;  // the parent's, kept in reach of leak checkers
};

std::atomic<State*> state{nullptr};

// Hands this thread's entry on when it ends.
struct Lease {
    Entry* entry = nullptr;
    ~Lease() {
        mine = nullptr;
        if (entry) entry->taken.store(false, std::memory_order_release);
    }
};
thread_local Lease lease;

State& the_state() {
    static const bool prepared = [] {
        state.store(new State());
        pthread_atfork(nullptr, nullptr, [] {
            auto* own = new State();
            own->inherited = state.load();
            state.store(own);
            asleep.store(true);
            mine = nullptr;
            lease.entry = nullptr;
        });
        return true;
    }();
    (void)prepared;
    return *state.load(std::memory_order_acquire);
}

// What the look at one call came to.
enum class Look { NotYet, SlowOnly, BrokenOff };

class Watcher {
 public:
    explicit Watcher(State& watched) : state_(watched) {}

    void run() {
        std::unique_lock lock(state_.mutex);
        for (unsigned idle = 0;;) {
            const milliseconds pace = look_around(lock);
            idle = pace == milliseconds::max() ? idle + 1 : 0;
            // Not to sleep at once: whoever calls while it sleeps has to wake it.
            constexpr unsigned kIdleLooks = 10;
            if (idle < kIdleLooks) {
                state_.woken.wait_for(lock, std::min(pace, milliseconds(100)));
                continue;
            }
            asleep.store(true, std::memory_order_seq_cst);
            // A call that began just before has not seen that.
            if (look_around(lock) != milliseconds::max()) asleep.store(false);
            state_.woken.wait(lock, [&] { return !asleep.load(); });
            idle = 0;
        }
    }

 private:
    // How soon to look again; max() when nothing is in progress.
    milliseconds look_around(std::unique_lock<std::mutex>& lock) {
        milliseconds pace = milliseconds::max();
        const auto now = Clock::now();
        for (std::size_t i = 0; i < state_.entries.size(); ++i) {
            Entry& entry = *state_.entries[i];
            const std::uint64_t call = entry.thread.call.load(std::memory_order_seq_cst);
            if (call % 2 == 0 || (call & Thread::kBreaking) != 0) continue;
            const milliseconds patience(entry.thread.patience.load(std::memory_order_relaxed));
            pace = std::min(pace, std::max(patience / 8, milliseconds(5)));
            if (call != entry.seen) {
                entry.seen = call;
                entry.since = now;
            } else if (now - entry.since >= patience) {
                // Asking a server takes its time; threads may join meanwhile.
                lock.unlock();
                if (look_into(entry, call, patience) == Look::SlowOnly) entry.since = Clock::now();
                lock.lock();
            }
        }
        return pace;
    }

    Look look_into(Entry& entry, std::uint64_t call, milliseconds patience) {
        const bool ours = entry.thread.ours.load(std::memory_order_relaxed);
        const SignOfLife sign = entry.thread.sign.load(std::memory_order_relaxed);
        if (!ours) {
            if (sign == SignOfLife::None) return Look::SlowOnly;
            const auto peer = BlockedSocket::of(entry.id.load(std::memory_order_relaxed)).peer();
            // What waits for something else, a lock of its driver for one, will be there another time.
            if (!peer || entry.thread.call.load(std::memory_order_acquire) != call) return Look::NotYet;
            if (lives(*peer, sign, patience)) return Look::SlowOnly;
        }
        const std::scoped_lock breaking(entry.breaking);
        std::uint64_t expected = call;
        if (!entry.thread.call.compare_exchange_strong(expected, call | Thread::kBreaking))
            return Look::NotYet;
        // From here on the thread does not leave the call: what it waits in is its driver's.
        if (BlockedSocket::of(entry.id.load(std::memory_order_relaxed)).shut_down()) return Look::BrokenOff;
        expected = call | Thread::kBreaking;
        entry.thread.call.compare_exchange_strong(expected, call);
        return Look::NotYet;
    }

    // One server is asked once for all that wait for it.
    bool lives(const SocketAddress& peer, SignOfLife sign, milliseconds patience) {
        const milliseconds wait = std::clamp(patience / 2, milliseconds(100), milliseconds(1000));
        const auto now = Clock::now();
        auto& known = known_[peer.bytes()];
        if (!known || now - known->at >= patience / 2)
            known = Known{now, gives_sign_of_life(peer, sign, wait)};
        const bool living = known->living;
        constexpr std::size_t kMostServers = 256;
        if (known_.size() > kMostServers) known_.clear();
        return living;
    }

    struct Known {
        Clock::time_point at;
        bool living;
    };
    State& state_;
    std::map<std::string, std::optional<Known>> known_{};
};

}  // namespace

Thread* enlist() noexcept {
    try {
        State& own = the_state();
        const std::scoped_lock lock(own.mutex);
        if (!own.running) {
            const SignalsBlocked blocked;
            std::thread([&own] { Watcher(own).run(); }).detach();
            own.running = true;
        }
        const auto free = std::find_if(own.entries.begin(), own.entries.end(), [](const auto& entry) {
            return !entry->taken.load(std::memory_order_acquire);
        });
        Entry& entry = free != own.entries.end() ? **free : *own.entries.emplace_back(new Entry());
        entry.id.store(static_cast<pid_t>(::syscall(SYS_gettid)), std::memory_order_relaxed);
        entry.taken.store(true, std::memory_order_relaxed);
        lease.entry = &entry;
        return mine = &entry.thread;
    } catch (...) {
        return nullptr;  // not watched
    }
}

void wake() noexcept {
    State& own = *state.load(std::memory_order_acquire);
    const std::scoped_lock lock(own.mutex);
    asleep.store(false);
    own.woken.notify_all();
}

void await_break(Thread& thread) noexcept {
    auto& entry = reinterpret_cast<Entry&>(thread);
    const std::scoped_lock lock(entry.breaking);
}

}  // namespace freshread::replica_watch
