#include "state/turns.h"

#include <algorithm>
#include <optional>

#include "state/futex.h"

namespace freshread {

namespace {

using Number = Turns::Number;

// The word of the turn.
constexpr std::uint32_t kTurnFree = 0;
constexpr std::uint32_t kTurnHad = 1;     // and nobody waits
constexpr std::uint32_t kTurnWanted = 2;  // had, and somebody may be asleep
constexpr unsigned kWhoBits = 2;

constexpr std::uint32_t who(std::uint32_t word) {
    return word & ((1U << kWhoBits) - 1);
}
constexpr std::uint32_t turn_word(Number turn, std::uint32_t who) {
    return (turn << kWhoBits) | who;
}
constexpr Number turn_of(std::uint32_t word) {
    return word >> kWhoBits;
}

// Which of two numbers comes first, also where they begin anew.
bool before(std::uint32_t one, std::uint32_t other) {
    return static_cast<std::int32_t>(one - other) < 0;
}

// Who is asleep hears only its own bell: those with a number nearly always have one of their own.
constexpr std::uint32_t kBellOfAll = 1U << 31;
constexpr std::uint32_t bell_of(std::uint32_t number) {
    return 1U << (number % 31);
}

std::uint32_t microseconds_of(BootTime time) {
    return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

}  // namespace

class Turns::Waiting {
 public:
    Waiting(const Turns& turns, BootTime deadline)
        : turns_(turns),
          words_(*turns.words_),
          deadline_(deadline),
          begun_(boot_now()),
          moved_(begun_),
          served_since_(begun_) {}

    [[nodiscard]] bool until_taken(Number& taken) {
        for (;;) {
            std::uint32_t word = words_.turn.load();
            watch(word);
            if (may_take(word)) {
                if (take(word, taken)) return true;
                continue;
            }
            if (now_ >= deadline_) {
                leave();
                return false;
            }
            if (now_ - begun_ >= turns_.patience_.hungry && (!number_ || before(*number_, served_))) {
                number_ = words_.numbers.fetch_add(1);
                continue;
            }
            // Whoever has it must know that it has to wake.
            if (who(word) == kTurnHad) {
                if (!words_.turn.compare_exchange_strong(word, turn_word(turn_of(word), kTurnWanted)))
                    continue;
                word = turn_word(turn_of(word), kTurnWanted);
            }
            sleep(word);
        }
    }

 private:
    // What has changed since the last time.
    void watch(std::uint32_t word) {
        now_ = boot_now();
        // Not by the last two bits: who waits changes them.
        if (turn_of(word) != turn_ || (who(word) == kTurnFree) != was_free_) {
            turn_ = turn_of(word);
            was_free_ = who(word) == kTurnFree;
            moved_ = now_;
        }
        const std::uint32_t served = words_.served.load();
        if (served != served_) {
            served_ = served;
            served_since_ = now_;
        } else if (now_ - served_since_ >= turns_.patience_.had && served != words_.numbers.load() &&
                   number_ != served) {
            turns_.serve_up_to(served + 1);  // who has this number may have been killed
            served_since_ = now_;
        }
    }

    [[nodiscard]] bool may_take(std::uint32_t word) const {
        if (who(word) != kTurnFree) return now_ - moved_ >= turns_.patience_.had;
        if (number_ ? *number_ == served_ : served_ == words_.numbers.load()) return true;
        return now_ - moved_ >= turns_.patience_.free ||
               microseconds_of(now_) - words_.freed.load() > microseconds_of(turns_.patience_.free);
    }

    [[nodiscard]] bool take(std::uint32_t word, Number& taken) {
        // Others may be asleep, who made the word say so before it became free.
        const std::uint32_t mine = turn_word(turn_of(word) + 1, kTurnWanted);
        if (!words_.turn.compare_exchange_strong(word, mine)) return false;
        give_number_up();
        taken = turn_of(mine);
        return true;
    }

    void leave() {
        give_number_up();
        // It may have been this one that was woken.
        turns_.wake_next();
    }

    // Those with lower ones do not run, or leave as well: they have waited longer.
    void give_number_up() {
        if (number_) turns_.serve_up_to(*number_ + 1);
    }

    void sleep(std::uint32_t word) {
        BootTime until = std::min(deadline_, served_since_ + turns_.patience_.had);
        until = std::min(until, moved_ + (was_free_ ? turns_.patience_.free : turns_.patience_.had));
        if (!number_) until = std::min(until, begun_ + turns_.patience_.hungry);
        futex_wait(words_.turn, word, until - now_, number_ ? bell_of(*number_) : kBellOfAll);
    }

    const Turns& turns_;
    Words& words_;
    const BootTime deadline_;
    const BootTime begun_;
    BootTime now_{0};
    // What was seen last, and since when.
    Number turn_ = 0;
    bool was_free_ = false;
    BootTime moved_;
    std::uint32_t served_ = 0;
    BootTime served_since_;
    std::optional<std::uint32_t> number_{};
};

bool Turns::take(BootTime deadline, Number& taken) const {
    std::uint32_t word = words_->turn.load();
    const std::uint32_t mine = turn_word(turn_of(word) + 1, kTurnHad);
    if (who(word) == kTurnFree && words_->served.load() == words_->numbers.load() &&
        words_->turn.compare_exchange_strong(word, mine)) {
        taken = turn_of(mine);
        return true;
    }
    return Waiting(*this, deadline).until_taken(taken);
}

bool Turns::release(Number taken) const {
    std::uint32_t word = words_->turn.load();
    while (turn_of(word) == taken && who(word) != kTurnFree) {
        if (who(word) == kTurnWanted) words_->freed.store(microseconds_of(boot_now()));
        if (!words_->turn.compare_exchange_weak(word, turn_word(taken, kTurnFree))) continue;
        if (who(word) != kTurnWanted) return false;
        wake_next();
        return true;
    }
    return true;  // another waited, and did not wait any longer
}

bool Turns::free() const {
    return who(words_->turn.load()) == kTurnFree;
}

void Turns::serve_up_to(std::uint32_t number) const {
    std::uint32_t served = words_->served.load();
    while (before(served, number)) {
        const std::uint32_t ahead = number - served;
        if (!words_->served.compare_exchange_weak(served, number)) continue;
        // Who was passed over listens to a bell that nobody rings any more.
        if (ahead > 1) futex_wake_all(words_->turn);
        return;
    }
}

void Turns::wake_next() const {
    const std::uint32_t served = words_->served.load();
    if (served != words_->numbers.load())
        futex_wake(words_->turn, bell_of(served));
    else
        futex_wake_one(words_->turn, kBellOfAll);
}

}  // namespace freshread
