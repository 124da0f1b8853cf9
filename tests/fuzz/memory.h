// All memory that drivers may keep a pointer to: bound columns and parameters, status arrays, offsets. One
// block that lives as long as the process, so that a late write hits nothing else, and whose changes are
// written down after every call: a value in the wrong place or beyond its buffer is a difference.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <sql.h>

namespace fuzz {

inline constexpr int kStatements = 6;

// What a statement's slots are for.
enum Slot {
    kColumn0 = 0,  // bookmark
    kColumns = 9,  // columns 1 to 8
    kParameter0 = 9,
    kParameters = 6,
    kArrays = 15,
    kPieces = 16,
    kBookmark = 17,
    kSlots = 18,
};

class Memory {
 public:
    // The upper half of a slot is for indicators.
    static constexpr std::size_t kSlotSize = 8192;
    static constexpr std::size_t kIndicators = 4096;

    Memory();
    [[nodiscard]] unsigned char* slot(int statement, int number);
    [[nodiscard]] SQLLEN* indicators(int statement, int number);
    // In kArrays: eight arrays of 1024 bytes.
    [[nodiscard]] SQLPOINTER array(int statement, int number);

    // "s2.c1+4", "null" or "elsewhere".
    [[nodiscard]] std::string name_of(const void* pointer) const;
    // Writes down what changed since the last look.
    void show_changes();
    // What changed is the application's own doing.
    void accept_changes() { seen_ = bytes_; }

 private:
    void show_change(std::size_t begin, std::size_t end) const;

    std::vector<unsigned char> bytes_;
    std::vector<unsigned char> seen_;
};

}  // namespace fuzz
