// What a node answers to a read, taken down to what two answers are compared by: how many rows, and a hash of
// their values as text, in whatever order the rows come.
#pragma once

#include <cstdint>

#include "driver/statement_text.h"

namespace freshread {

struct Answer {
    enum class Is : std::uint8_t { Failed, TooLarge, Whole };

    Is is = Is::Failed;
    std::uint64_t columns = 0;
    std::uint64_t rows = 0;
    std::uint64_t hash = 0;  // means something in this process only (driver/text_hash.h)

    friend bool operator==(const Answer&, const Answer&) = default;
};

struct AnswerLimits {
    std::uint64_t rows;
    std::uint64_t bytes;
};

// Runs the text in a statement of its own, and reads what it gives up to the limits. Never throws a
// DriverError.
[[nodiscard]] Answer answer_of(Backend& backend, StatementText& text, const AnswerLimits& limits);

}  // namespace freshread
