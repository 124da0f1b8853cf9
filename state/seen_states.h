// What one process has seen of a table in a file: a state older than that was put back behind its back.
//
// Several connections of the process read and change the table at once, so what is older than something seen
// may also have been read just before that: whoever reads asks for now() first. What was seen only after
// that tells nothing, and the reader reads again.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "state/table_head.h"
#include "state/user_bucket.h"

namespace freshread {

class SeenStates {
 public:
    using Moment = std::uint64_t;
    enum class Verdict {
        Newest,     // nothing newer has been seen
        PutBack,    // something newer had been seen before
        Overtaken,  // something newer was seen meanwhile
    };

    // Before something is read.
    [[nodiscard]] Moment now() const;
    // What was read since. Remembered when it is the newest.
    [[nodiscard]] Verdict notice(const TableHead& head, Moment begun);
    // How often a bucket of a table was written.
    struct State {
        std::uint64_t table = 0;
        UserBucket::Place bucket = 0;  // where it begins
        std::uint64_t revision = 0;
    };
    // REQUIRES: the table's head has been noticed.
    [[nodiscard]] Verdict notice(const State& state, Moment begun);
    // What this process has committed itself.
    void wrote(const TableHead& head);
    void wrote(const State& state);

 private:
    struct Seen {
        std::uint64_t revision = 0;
        Moment moment = 0;
    };
    void remember(const TableHead& head);
    void remember(const State& state);

    mutable std::mutex mutex_;
    Moment last_ = 0;  // of what was seen
    TableHead head_{};
    Moment head_seen_ = 0;
    std::unordered_map<UserBucket::Place, Seen> buckets_{};  // by where one begins
};

}  // namespace freshread
