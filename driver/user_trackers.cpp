#include "driver/user_trackers.h"

#include <algorithm>

namespace freshread {

namespace {

// Settled ones are kept, so that users that take turns need not be set up anew each time.
constexpr std::size_t kMostKept = 64;

}  // namespace

void UserTrackers::start(std::shared_ptr<Knowledge> knowledge, bool positions, Capture capture,
                         std::chrono::milliseconds window) {
    stop();
    knowledge_ = std::move(knowledge);
    positions_ = positions;
    capture_ = capture;
    window_ = window;
}

void UserTrackers::stop() {
    knowledge_.reset();
    entries_.clear();
    transaction_.clear();
    unsettled_ = unrecorded_ = false;
}

void UserTrackers::change_window(std::chrono::milliseconds window) {
    window_ = window;
    for (const Entry& entry : entries_) entry.tracker->change_window(window);
}

void UserTrackers::take_part(const UserKey& user) {
    if (std::find(transaction_.begin(), transaction_.end(), user) == transaction_.end())
        transaction_.push_back(user);
}

UserTrackers::Entry& UserTrackers::entry_of(const UserKey& user) {
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& entry) { return entry.user == user; });
    if (found != entries_.end()) return *found;
    auto tracker = std::make_unique<WriteTracker>();
    tracker->start(knowledge_, user, positions_, capture_, window_);
    return entries_.emplace_back(Entry{user, false, std::move(tracker)});
}

void UserTrackers::begin(const UserKey& user, bool for_all) {
    entry_of(user).writing = true;
    if (for_all)
        for (const UserKey& other : transaction_) entry_of(other).writing = true;
    for (const Entry& entry : entries_)
        if (entry.writing) entry.tracker->begin();
}

void UserTrackers::begin_unmarked() {
    for (const Entry& entry : entries_)
        if (entry.writing) entry.tracker->begin_unmarked();
    unsettled_ = unrecorded_ = true;
}

void UserTrackers::refuse() noexcept {
    for (Entry& entry : entries_) {
        if (entry.writing) entry.tracker->give_up();
        entry.writing = false;
    }
}

bool UserTrackers::leave(std::int64_t instance) noexcept {
    bool all = writing();
    for (Entry& entry : entries_) {
        if (!entry.writing) continue;
        entry.writing = !entry.tracker->leave(instance);
        all = all && !entry.writing;
    }
    if (all) ended();
    return all;
}

void UserTrackers::before_asking() noexcept {
    for (const Entry& entry : entries_) entry.tracker->before_asking();
}

void UserTrackers::end(const std::optional<Position>& position) noexcept {
    const bool known = writing();
    for (const Entry& entry : entries_)
        if (entry.writing || entry.tracker->unsettled() || !known) entry.tracker->end(position);
    ended();
}

void UserTrackers::keep() noexcept {
    const bool known = writing();
    for (const Entry& entry : entries_)
        if (entry.writing || !known) entry.tracker->keep();
    ended();
}

void UserTrackers::take_back() noexcept {
    for (const Entry& entry : entries_) entry.tracker->take_back();
    note_unsettled();
}

void UserTrackers::take_back_if_overdue() noexcept {
    for (const Entry& entry : entries_) entry.tracker->take_back_if_overdue();
    note_unsettled();
}

bool UserTrackers::writing() const noexcept {
    return std::any_of(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.writing; });
}

void UserTrackers::ended() noexcept {
    for (Entry& entry : entries_) entry.writing = false;
    note_unsettled();
    if (entries_.size() > kMostKept)
        std::erase_if(entries_, [](const Entry& entry) { return !entry.tracker->unsettled(); });
}

void UserTrackers::note_unsettled() noexcept {
    bool unsettled = false;
    unrecorded_ = false;
    for (const Entry& entry : entries_) {
        unsettled = unsettled || entry.tracker->unsettled();
        unrecorded_ = unrecorded_ || entry.tracker->unrecorded();
    }
    unsettled_ = unsettled;
}

}  // namespace freshread
