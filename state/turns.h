// Who comes when: an order among threads and processes that want the same lock. It is only an order: the lock
// itself is another's (SQLite's, a mutex), and whoever has the turn still has to take it.
//
//     free --take--> had, the nth time --release--> free, and one who waits is woken
//                         |  the same nth time for kPatience
//                         '--take by one who waits--> had, the next time; the release of the other is void
//
// Who comes while the turn is free has it, also before somebody who was woken and does not run yet. Who has
// waited for long draws a number, though, and from then on only the lowest number has the turn next: so
// nobody waits for much longer than that and those who drew a number before. But a free turn does not wait
// for one whose number it is and who does not run: where processors are short, all would wait for that.
//
// Nothing hangs on a process that was killed or stopped, with the turn or before it: one of those who wait
// goes on to the lock, which knows who really has it, and takes or passes over what does not move.
//
// The words are in memory that processes share (state/shared_turns.h), and may be damaged: whatever they
// say, a call ends at its deadline or some kPatience later.
//
// Thread-safe, over processes. The object is only a way to the words.
#pragma once

#include <atomic>
#include <cstdint>

#include "state/clock.h"

namespace freshread {

class Turns {
 public:
    using Word = std::atomic<std::uint32_t>;
    static_assert(Word::is_always_lock_free && sizeof(Word) == 4);
    // All zeros, to begin with.
    struct Words {
        Word turn;     // how often it was taken, and in the last two bits who there is
        Word numbers;  // that were drawn
        Word served;   // of these; the next one's turn is next
        Word freed;    // when somebody waited for it: microseconds, of which the high ones are missing
    };
    // After what time of waiting one draws a number; and one that has the turn is no longer waited for, nor
    // one whose turn it is.
    struct Patience {
        BootTime hungry = std::chrono::microseconds(500);
        // Longer than any turn takes unless its process does not run, and short beside StoreTimeout.
        BootTime had = std::chrono::milliseconds(5);
        // Longer than it takes to wake up.
        BootTime free = std::chrono::microseconds(300);
    };
    // Which turn one has.
    using Number = std::uint32_t;

    explicit Turns(Words& words) : Turns(words, Patience{}) {}
    Turns(Words& words, Patience patience) : words_(&words), patience_(patience) {}

    // False at the deadline; then there is nothing to release.
    [[nodiscard]] bool take(BootTime deadline, Number& taken) const;
    // True if somebody waits for it.
    bool release(Number taken) const;
    [[nodiscard]] bool free() const;

 private:
    class Waiting;
    void serve_up_to(std::uint32_t number) const;
    void wake_next() const;

    Words* words_;
    Patience patience_;
};

}  // namespace freshread
