// What routing decides by and the application may change while the connection lives: the keywords that
// SET freshread.NAME takes, too. The first values are those of the data source.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "routing/critical_tables.h"
#include "routing/policy.h"

namespace freshread {

enum class TransactionReads : std::uint8_t { Leader, UntilWrite };

enum class EmptyRead : std::uint8_t { Accept, Leader };

// Whether replicas are only thought of: what they would serve is counted, and the leader serves it. Compare:
// they are asked for it in the background, too.
enum class Shadow : std::uint8_t { No, Yes, Compare };

// When no replica is far enough for a read: how long to wait for one, and what then.
struct OnLag {
    enum class Then : std::uint8_t { Leader, Error, Stale };
    std::chrono::milliseconds wait{0};
    Then then = Then::Leader;

    friend bool operator==(const OnLag&, const OnLag&) = default;
};

// Whether reads may go back in time. Auto: Yes, where it can be told.
enum class Monotonic : std::uint8_t { Auto, No, Yes, Strict };

struct SessionChoices {
    Policy policy = Policy::Position;
    CriticalTables critical_tables{};
    std::chrono::milliseconds window{60'000};
    TransactionReads transaction_reads = TransactionReads::Leader;
    bool explain = false;
    EmptyRead empty_read = EmptyRead::Accept;
    Shadow shadow = Shadow::No;
    OnLag on_lag{};
    std::chrono::milliseconds max_lag{0};  // zero: none
    Monotonic monotonic = Monotonic::Auto;
};

// Reads the value of a keyword, in any case. False when the keyword is none of these. Throws DriverError
// (HY000) for a value that is not accepted; nothing has changed then.
bool read_choice(SessionChoices& choices, std::string_view keyword, const std::string& value);
// The keyword has the value that it has in `other`. False as above.
bool copy_choice(SessionChoices& choices, std::string_view keyword, const SessionChoices& other);
// The value as read_choice takes it; empty when the keyword is none of these.
[[nodiscard]] std::string shown_choice(const SessionChoices& choices, std::string_view keyword);
// All of them, separated by commas.
[[nodiscard]] std::string choice_names();

}  // namespace freshread
