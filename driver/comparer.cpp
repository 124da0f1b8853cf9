#include "driver/comparer.h"

#include <algorithm>

#include <pthread.h>

#include "state/process_exit.h"
#include "state/signals_blocked.h"

namespace freshread {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostWaiting = 256;
constexpr std::chrono::seconds kStopWithin{2};
// How often the thread's call is looked at that is to be broken off: it may have begun another one.
constexpr std::chrono::milliseconds kHurryEvery{20};
// Most calls are over by then.
constexpr std::chrono::milliseconds kForkWaits{100};

}  // namespace

template <typename Over>
void Comparer::hurry_until(const Over& over, const SharedSession& session,
                           std::unique_lock<std::mutex>& lock) {
    constexpr std::chrono::milliseconds kAtOnce{1};
    for (const auto end = Clock::now() + kStopWithin; !over() && Clock::now() < end;) {
        if (watched_ && asking_ && (!session || asking_ == session))
            watched_->patience.store(kAtOnce.count(), std::memory_order_relaxed);
        done_.wait_for(lock, kHurryEvery);
    }
}

// Never destroyed: handles may be freed by static destructors of the application.
Comparer*& Comparer::current() {
    static Comparer* comparer = [] {
        pthread_atfork(&Comparer::before_fork, &Comparer::after_fork_in_parent,
                       &Comparer::after_fork_in_child);
        at_exit_before_openssl(&Comparer::at_exit);
        return new Comparer;
    }();
    return comparer;
}

void Comparer::before_fork() {
    Comparer& own = *current();
    std::unique_lock lock(own.mutex_);
    own.forking_ = true;
    const auto idle = [&own] { return !own.asking_; };
    if (!own.done_.wait_for(lock, kForkWaits, idle)) own.hurry_until(idle, nullptr, lock);
    (void)lock.release();
}

void Comparer::after_fork_in_parent() {
    Comparer& own = *current();
    own.forking_ = false;
    own.work_.notify_all();
    own.mutex_.unlock();
}

void Comparer::after_fork_in_child() {
    auto* own = new Comparer;
    own->inherited_ = current();
    current() = own;
}

Comparer& Comparer::of_process() {
    return *current();
}

SharedSession Comparer::join(const ComparedSession& session) {
    const std::scoped_lock lock(mutex_);
    const auto alike = std::find_if(members_.begin(), members_.end(),
                                    [&](const Member& member) { return member.session->same_as(session); });
    if (alike == members_.end())
        return members_.emplace_back(Member{std::make_shared<const ComparedSession>(session), 1}).session;
    ++alike->connections;
    return alike->session;
}

void Comparer::leave(const SharedSession& session) noexcept {
    std::thread over;
    {
        std::unique_lock lock(mutex_);
        const auto member = find(session);
        // One of the parent's.
        if (member == members_.end() || --member->connections > 0) return;
        members_.erase(member);
        std::erase_if(queue_, [&](const ComparedRead& read) {
            if (read.session != session) return false;
            read.count(Comparison::Ended);
            return true;
        });
        work_.notify_all();
        hurry_until([&] { return !running_ || (!is_open(session) && !members_.empty()); }, session, lock);
        over = ended();
    }
    if (over.joinable()) over.join();
}

void Comparer::submit(ComparedRead read) noexcept {
    Comparison refused = Comparison::Ended;
    try {
        const std::scoped_lock lock(mutex_);
        if (!stopping_ && find(read.session) != members_.end()) {
            refused = Comparison::Busy;
            if (queue_.size() < kMostWaiting) {
                refused = Comparison::Failed;
                start();
                queue_.push_back(std::move(read));
                work_.notify_one();
                return;
            }
        }
    } catch (const std::exception&) {
        // No thread, or no memory.
    }
    read.count(refused);
}

void Comparer::start() {
    if (running_) return;
    if (thread_.joinable()) thread_.join();  // it has ended already
    const SignalsBlocked blocked;
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "freshread-cmp");
        run();
    });
    running_ = true;
}

void Comparer::run() {
    ComparingWorker worker;
    std::unique_lock lock(mutex_);
    watched_ = replica_watch::enlist();
    const auto asking = [&](const SharedSession& session, const auto& ask) {
        work_.wait(lock, [this] { return !forking_; });
        if (!is_open(session)) open_.push_back(session);
        asking_ = session;
        lock.unlock();
        ask();
        lock.lock();
        asking_.reset();
        done_.notify_all();
    };
    while (!stopping_) {
        if (const SharedSession left = left_behind()) {
            asking(left, [&] { worker.forget(*left); });
            std::erase(open_, left);
            continue;
        }
        if (members_.empty()) break;
        const auto look = worker.next_look();
        if (look && *look <= boot_now()) {
            const SharedSession session = worker.next_session();
            asking(session, [&] { worker.look_again(); });
            if (queue_.empty() || stopping_) continue;
        }
        if (queue_.empty()) {
            if (look)
                work_.wait_for(lock, std::max(*look - boot_now(), BootTime(0)));
            else
                work_.wait(lock);
            continue;
        }
        ComparedRead read = std::move(queue_.front());
        queue_.pop_front();
        const SharedSession session = read.session;
        if (find(session) != members_.end()) asking(session, [&] { worker.compare(std::move(read)); });
    }
    for (const SharedSession& session : std::vector<SharedSession>(open_))
        asking(session, [&] { worker.forget(*session); });
    open_.clear();
    watched_ = nullptr;
    running_ = false;
    done_.notify_all();
}

void Comparer::at_exit() {
    Comparer& own = *current();
    auto lock = lock_at_exit(own.mutex_);
    if (!lock.owns_lock()) return;
    own.stopping_ = true;
    own.work_.notify_all();
    own.hurry_until([&own] { return !own.running_; }, nullptr, lock);
    // Whoever looks at the process's threads behind this finds none that is taking itself apart.
    std::thread over = own.ended();
    lock.unlock();
    if (over.joinable()) over.join();
}

std::vector<Comparer::Member>::iterator Comparer::find(const SharedSession& session) {
    return std::find_if(members_.begin(), members_.end(),
                        [&](const Member& member) { return member.session == session; });
}

bool Comparer::is_open(const SharedSession& session) const {
    return std::find(open_.begin(), open_.end(), session) != open_.end();
}

SharedSession Comparer::left_behind() {
    const auto left = std::find_if(open_.begin(), open_.end(), [&](const SharedSession& session) {
        return find(session) == members_.end();
    });
    return left == open_.end() ? nullptr : *left;
}

std::thread Comparer::ended() {
    return running_ ? std::thread() : std::move(thread_);
}

}  // namespace freshread
