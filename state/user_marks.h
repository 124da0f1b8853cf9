// The marks that this process holds in the user table for its writes: one for each user, whichever connection
// writes (R8), or one of a connection's own.
//
//     none --begin--> open, in flight --leave, the last one--> listed on the board --a leader's sample-->
//     none
//                     |  ^  ^  '--end, with a position that the writer has asked itself ------------------->
//                     none |  |  '-----begin, while it is young: nothing is written; nobody closes it any
//                     more---' |  '--renew, or the return of a call that took long (R1): opened anew
//                     '--abandon: the outcome is not known; whoever finds it MarkAge old closes it
//
// R1: a call returns with its mark younger than MarkAge/2. R2: listed are only marks without writes in
// flight, with a sample that is still to be begun, on the run of the server that the writes were made on.
// Using a mark again takes its listing back first; when somebody was faster, the mark is opened anew, with a
// sequence of its own.
//
// Thread-safe; not to be used in a forked child.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "state/board.h"
#include "state/sampling.h"
#include "state/user_store.h"
#include "state/user_table.h"

namespace freshread {

class UserMark {
 public:
    explicit UserMark(const UserKey& user);

 private:
    friend class UserMarks;
    struct Listing {
        std::shared_ptr<const Board> board{};
        PendingCloses::Place place{};
    };

    const UserKey user_;
    const WriterId writer_;  // random: also after a fork, and when the user comes back
    std::mutex mutex_{};     // guards all below
    std::uint64_t sequence_ = 0;
    std::optional<BootTime> opened_{};  // nothing: there is no mark to rely on
    unsigned in_flight_ = 0;
    std::uint64_t returned_ = 0;  // counts writes that are no longer in flight
    bool closable_ =
        true;  // as far as they have returned, the writes are of known outcome and of one instance
    std::int64_t instance_ = 0;  // 0: none has returned yet
    BootTime pinned_until_{0};
    std::optional<Listing> listing_{};
};

class UserMarks {
 public:
    struct Options {
        std::uint64_t store = 0;  // its digest (state/lease.h)
        // Others read it who do not have this board: their looks start no monitor here, so writes do.
        bool read_elsewhere = false;
        BootTime mark_age{std::chrono::seconds(1)};
    };
    UserMarks(UserStore& store, Sampling& sampling, const Options& options)
        : store_(store), sampling_(sampling), options_(options) {}

    // The one that all connections of this process share.
    [[nodiscard]] std::shared_ptr<UserMark> of(const UserKey& user);

    // All that may write to the store throw StoreUnavailable. Then nothing has changed, but that a mark may
    // be open that is not relied on.

    // Before a write is sent: it is in flight from here on.
    void begin(UserMark& mark);
    // It is still in flight, and its mark young again.
    void renew(UserMark& mark);
    // The write has returned, and a monitor will close its mark. False: none will; the write is still in
    // flight, and its position is to be asked on its own connection.
    [[nodiscard]] bool leave(UserMark& mark, std::int64_t instance, BootTime pinned_until);
    // The write's position was asked after `returned` was counted. `in_flight`: it was; else it had no mark.
    void end(UserMark& mark, bool in_flight, std::uint64_t returned, const Position& position,
             BootTime pinned_until);
    [[nodiscard]] std::uint64_t returned(UserMark& mark);
    // The write is in flight no more, and what became of it is not known.
    void abandon(UserMark& mark);
    // Who left the mark takes it back, as a write in flight that has returned, to ask for its position after
    // all. False when there is nothing to take back: it is closed, or another's by now.
    [[nodiscard]] bool take_back(UserMark& mark);
    // A mark that was left is not closed, although somebody has had the time to sample the leader.
    [[nodiscard]] bool overdue(UserMark& mark);

    // Closes what is listed on the board, as far as its samples of the leader allow.
    void close_listed(const Board& board);

 private:
    void open(UserMark& mark);
    [[nodiscard]] bool list(UserMark& mark, const std::shared_ptr<const Board>& board);
    void take_off(UserMark& mark);
    [[nodiscard]] bool expects_sample(const Board& board, std::int64_t instance);

    UserStore& store_;
    Sampling& sampling_;
    const Options options_;
    std::atomic<BootTime::rep> missed_since_{0};  // somebody samples, but not the leader; 0: not so

    std::mutex mutex_{};  // guards what follows
    std::map<UserKey, std::weak_ptr<UserMark>> shared_{};
    std::size_t sweep_at_ = 64;
};

}  // namespace freshread
