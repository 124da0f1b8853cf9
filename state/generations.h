// The generations of the user table: a small file of one word per bucket of users beside the store's file
// (`<store>-generations`), by which a process knows that what it has looked up still holds.
//
//     writer: commit, then bump, then return        reader: load, look up, keep both; the look-up holds while
//                                                   load() still gives the same
//
// Contract: a generation that load() returned is never returned again, by any object, once a bump() of its
// slot that began later has returned. Why: a bump writes a random number, so no two are equal, and returns
// only when the file it wrote to was at the path after the writing. A later load() finds at the path
//   - the same file, and in it the new number; or
//   - another, which was put there after the commit: the file is opened before a generation is loaded from
//     it, and that before anything is looked up, so whatever is kept with it saw the commit. Generations of
//     two openings are never equal, so the older copy of a file that replaces it brings nothing back.
// Words that nobody wrote (garbage, the zeros of a file that was cut and grew again) do not match their
// checks, and the file is replaced. Not noticed: the file's own older content written back into it, and the
// very file moved away and back while others made another and wrote.
//
// A generation costs two system calls (state/generation_file.h).
//
// Not thread-safe: the owner locks. As the store, not to be used in a forked child.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "state/clock.h"
#include "state/generation_file.h"

namespace freshread {

struct Generation {
    std::uint64_t opening = 0;  // which file, as this object counts
    std::uint64_t number = 0;

    friend bool operator==(const Generation&, const Generation&) = default;
};

class Generations {
 public:
    static constexpr std::size_t kSlots = GenerationFile::kSlots;

    // Does not touch the file. Made under the lock of the store's file, `<store>.lock`.
    explicit Generations(const std::string& store);
    Generations(const Generations&) = delete;
    Generations& operator=(const Generations&) = delete;

    // What load() gave last, for asking without the lock. REQUIRES: it gave something.
    [[nodiscard]] Witness witness(std::size_t slot, const Generation& generation) const {
        return {file_, slot, generation.number};
    }
    // Of a slot, in the file at the path. Nothing when the file of before is lost or damaged.
    [[nodiscard]] std::optional<Generation> load(std::size_t slot);
    // After nothing: of the file that stands there now or is made. Nothing when there can be none, or another
    // process holds the lock: no reader waits for a generation.
    [[nodiscard]] std::optional<Generation> load_anew(std::size_t slot);

    // Before a change: throws StoreUnavailable when bump() could not be done, as far as can be known.
    void require(BootTime deadline);
    // After a change, whether it was committed or nobody knows. Throws StoreUnavailable when the path cannot
    // be written; then no file that others read is left there, if that can be done.
    void bump(std::span<const std::size_t> slots, BootTime deadline);
    void bump_all(BootTime deadline);

 private:
    using Words = GenerationFile::Words;

    [[nodiscard]] static Words fresh_words();
    void write(std::span<const std::size_t> slots, const Words& words, BootTime deadline);
    [[nodiscard]] bool open();
    void make();
    void open_or_make(BootTime deadline);

    const std::string path_;
    const std::string lock_path_;
    std::shared_ptr<const GenerationFile> file_{};
    std::uint64_t opening_ = 0;
};

}  // namespace freshread
