#include "state/shared_turns.h"

#include <utility>

#include "state/user_table.h"

namespace freshread {

namespace {

struct TurnsSegment {
    std::uint64_t magic = 0;  // written before the segment is found by others, then only read
    Turns::Words words{};
};
constexpr std::uint64_t kTurnsMagic = 0x4672'7368'5475'726E;  // "FrshTurn"

}  // namespace

SharedTurns::SharedTurns(std::string file, std::string lock)
    : stem_(std::move(file) + "-turns"), lock_(std::move(lock)) {}

SharedTurns::Turn SharedTurns::take(BootTime deadline) {
    auto words = this->words();
    Turns::Number number = 0;
    if (!Turns(*words).take(deadline, number))
        throw StoreUnavailable("The user table is busy: the turn did not come within StoreTimeout.");
    return {std::move(words), number};
}

std::shared_ptr<Turns::Words> SharedTurns::words() {
    // What making the memory may wait for; and how often it is tried where it cannot be made.
    constexpr std::chrono::milliseconds kPatience{5};
    constexpr std::chrono::seconds kAgain{1};
    const std::scoped_lock lock(mutex_);
    if (!segment_ || !segment_->at_path()) {
        const BootTime now = boot_now();
        if (now >= look_again_) {
            const SharedSegment::Content content{
                .magic = kTurnsMagic,
                .size = sizeof(TurnsSegment),
                .fill = [](void* memory,
                           std::uint64_t) { static_cast<TurnsSegment*>(memory)->magic = kTurnsMagic; },
                .is_whole =
                    [](const void* memory, std::uint64_t) {
                        return static_cast<const TurnsSegment*>(memory)->magic == kTurnsMagic;
                    }};
            segment_ = SharedSegment::shared({.stem = stem_, .lock = lock_, .patience = kPatience}, content);
            if (!segment_) look_again_ = now + kAgain;
        }
    }
    if (segment_) return {segment_, &static_cast<TurnsSegment*>(segment_->memory())->words};
    if (!own_) own_ = std::make_shared<Turns::Words>();
    return own_;
}

}  // namespace freshread
