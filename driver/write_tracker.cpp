#include "driver/write_tracker.h"

#include <random>

namespace freshread {

void WriteTracker::start(std::shared_ptr<Knowledge> knowledge, const UserKey& user, bool positions,
                         std::chrono::milliseconds window) {
    std::random_device random;
    knowledge_ = std::move(knowledge);
    user_ = user;
    positions_ = positions;
    window_ = window;
    writer_ = (static_cast<WriterId>(random()) << 32) | random();
    sequence_ = 0;
    unsettled_ = unrecorded_ = false;
}

void WriteTracker::stop() {
    knowledge_.reset();
    unsettled_ = unrecorded_ = false;
}

void WriteTracker::begin() {
    ++sequence_;
    if (positions_)
        knowledge_->open(user_, writer_, sequence_);
    else
        knowledge_->close(user_, writer_, sequence_, Position{}, boot_now() + window_);
}

void WriteTracker::end(const std::optional<Position>& position) noexcept {
    if (!position) return keep();
    try {
        knowledge_->close(user_, writer_, sequence_, *position, boot_now() + window_);
        unsettled_ = unrecorded_ = false;
    } catch (...) {
        unsettled_ = unrecorded_ = true;
    }
}

void WriteTracker::keep() noexcept {
    unsettled_ = true;
    try {
        begin();
        unrecorded_ = false;
    } catch (...) {
        unrecorded_ = true;
    }
}

}  // namespace freshread
