#include "driver/write_tracker.h"

namespace freshread {

void WriteTracker::start(std::shared_ptr<Knowledge> knowledge, const UserKey& user, bool positions,
                         Capture capture, std::chrono::milliseconds window) {
    stop();
    knowledge_ = std::move(knowledge);
    positions_ = positions;
    capture_ = capture;
    window_ = window;
    mark_ = capture == Capture::Monitor ? knowledge_->marks().of(user) : std::make_shared<UserMark>(user);
}

void WriteTracker::give_up() noexcept {
    if (!in_flight_) return;
    in_flight_ = false;
    try {
        knowledge_->marks().abandon(*mark_);
    } catch (...) {
        return;  // in a child: it is the parent's
    }
}

void WriteTracker::stop() noexcept {
    give_up();
    left_ = unsettled_ = unrecorded_ = false;
    mark_.reset();
    knowledge_.reset();
}

void WriteTracker::begin() {
    UserMarks& marks = knowledge_->marks();
    if (!positions_) return marks.end(*mark_, false, 0, Position{}, pinned_until());
    if (in_flight_) return marks.renew(*mark_);
    marks.begin(*mark_);
    in_flight_ = true;
}

bool WriteTracker::leave(std::int64_t instance) noexcept {
    if (capture_ != Capture::Monitor || !in_flight_) return false;
    try {
        if (!knowledge_->marks().leave(*mark_, instance, pinned_until())) return false;
    } catch (...) {
        return false;
    }
    left_ = true;
    in_flight_ = unsettled_ = unrecorded_ = false;
    return true;
}

void WriteTracker::before_asking() noexcept {
    try {
        returned_ = knowledge_->marks().returned(*mark_);
    } catch (...) {
        returned_ = 0;  // `end` throws, too
    }
}

void WriteTracker::end(const std::optional<Position>& position) noexcept {
    if (!position) return keep();
    try {
        knowledge_->marks().end(*mark_, in_flight_, returned_, *position, pinned_until());
        in_flight_ = unsettled_ = unrecorded_ = false;
    } catch (...) {
        unsettled_ = unrecorded_ = true;
        knowledge_->note_unrecorded();
    }
}

void WriteTracker::keep() noexcept {
    unsettled_ = true;
    try {
        begin();
        unrecorded_ = false;
    } catch (...) {
        unrecorded_ = true;
        knowledge_->note_unrecorded();
    }
}

void WriteTracker::take_back() noexcept {
    if (!left_ || in_flight_) return;
    left_ = false;
    try {
        if (knowledge_->marks().take_back(*mark_)) in_flight_ = unsettled_ = true;
    } catch (...) {
        return;  // in a child: it is the parent's
    }
}

void WriteTracker::take_back_if_overdue() noexcept {
    if (!left_ || in_flight_) return;
    try {
        if (knowledge_->marks().overdue(*mark_)) take_back();
    } catch (...) {
        return;
    }
}

}  // namespace freshread
