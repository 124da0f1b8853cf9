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

}  // namespace

class Turns::Waiting {
 public:
    Waiting(const Turns& turns, BootTime deadline)
        : turns_(turns), words_(*turns.words_), deadline_(deadline), begun_(boot_now()), moved_(begun_) {}

    [[nodiscard]] bool until_taken(Number& taken) {
        for (;;) {
            std::uint32_t word = words_.turn.load();
            if (may_take(word) || nothing_moves(word)) {
                if (take(word, taken)) return true;
                continue;
            }
            if (now_ >= deadline_) {
                leave();
                return false;
            }
            if (!number_ && now_ - begun_ >= turns_.patience_.hungry) {
                number_ = words_.numbers.fetch_add(1);
                continue;
            }
            // Whoever has it must know that it has to wake.
            if (who(word) == kTurnHad &&
                !words_.turn.compare_exchange_strong(word, turn_word(turn_of(word), kTurnWanted)))
                continue;
            sleep(who(word) == kTurnHad ? turn_word(turn_of(word), kTurnWanted) : word);
        }
    }

 private:
    [[nodiscard]] bool may_take(std::uint32_t word) const {
        if (who(word) != kTurnFree) return false;
        const std::uint32_t served = words_.served.load();
        return number_ ? !before(served, *number_) : served == words_.numbers.load();
    }

    [[nodiscard]] BootTime patience() const {
        return was_free_ ? turns_.patience_.free : turns_.patience_.had;
    }

    // Looks at the clock, too.
    [[nodiscard]] bool nothing_moves(std::uint32_t word) {
        now_ = boot_now();
        const std::uint32_t served = words_.served.load();
        // Not by the last two bits: who waits changes them.
        if (turn_of(word) != turn_ || served != served_ || (who(word) == kTurnFree) != was_free_) {
            turn_ = turn_of(word);
            served_ = served;
            was_free_ = who(word) == kTurnFree;
            moved_ = now_;
            return false;
        }
        if (now_ - moved_ < patience()) return false;
        // Nobody can tell who of those that drew a number still lives. Who does may take the turn all the
        // same.
        serve_up_to(words_.numbers.load());
        return true;
    }

    [[nodiscard]] bool take(std::uint32_t word, Number& taken) {
        // Others may be asleep, who made the word say so before it became free.
        const std::uint32_t mine = turn_word(turn_of(word) + 1, kTurnWanted);
        if (!words_.turn.compare_exchange_strong(word, mine)) return false;
        if (number_) serve_up_to(*number_ + 1);
        taken = turn_of(mine);
        return true;
    }

    void leave() {
        // Those with lower numbers have waited longer.
        if (number_) serve_up_to(*number_ + 1);
        // It may have been this one that was woken.
        turns_.wake_next();
    }

    void sleep(std::uint32_t word) {
        BootTime until = std::min(deadline_, moved_ + patience());
        if (!number_) until = std::min(until, begun_ + turns_.patience_.hungry);
        futex_wait(words_.turn, word, until - now_, number_ ? bell_of(*number_) : kBellOfAll);
    }

    void serve_up_to(std::uint32_t number) {
        std::uint32_t served = words_.served.load();
        while (before(served, number) && !words_.served.compare_exchange_weak(served, number)) {
        }
    }

    const Turns& turns_;
    Words& words_;
    const BootTime deadline_;
    const BootTime begun_;
    BootTime now_{0};
    // What was seen last, and since when.
    BootTime moved_;
    std::uint32_t served_ = 0;
    Number turn_ = 0;
    bool was_free_ = false;
    std::optional<std::uint32_t> number_{};
};

bool Turns::take(BootTime deadline, Number& taken) const {
    std::uint32_t word = words_->turn.load();
    if (who(word) == kTurnFree && words_->served.load() == words_->numbers.load() &&
        words_->turn.compare_exchange_strong(word, turn_word(turn_of(word) + 1, kTurnHad))) {
        taken = turn_of(turn_word(turn_of(word) + 1, kTurnHad));
        return true;
    }
    return Waiting(*this, deadline).until_taken(taken);
}

bool Turns::release(Number taken) const {
    std::uint32_t word = words_->turn.load();
    while (turn_of(word) == taken && who(word) != kTurnFree) {
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

void Turns::wake_next() const {
    const std::uint32_t served = words_->served.load();
    if (served != words_->numbers.load())
        futex_wake(words_->turn, bell_of(served));
    else
        futex_wake_one(words_->turn, kBellOfAll);
}

}  // namespace freshread
