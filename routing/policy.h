// A policy turns what is known of a user into the requirement of a read. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "routing/requirement.h"

namespace freshread {

enum class Policy : std::uint8_t {
    Leader,       // every read on the leader
    Window,       // the user is kept on the leader for a while after a write
    Position,     // a replica that has applied the user's last write
    Token,        // a replica that has applied what the commit token stands for that the session was handed
    Synchronous,  // as Position; a write returns when replicas have applied it
    Fallback,     // any healthy replica; the leader when that found nothing
    Any,          // any healthy replica: eventual
};

[[nodiscard]] std::string_view name_of(Policy policy);
// Case-insensitive; nothing when there is no such policy.
[[nodiscard]] std::optional<Policy> policy_named(std::string_view name);
// What policy_named accepts, for messages.
[[nodiscard]] std::string_view policy_names();

// What the store said of the user when the read began.
struct UserFacts {
    bool store_available = false;
    bool base_set = false;
    bool mark_open = false;
    bool within_window = false;  // wrote less than Window ago, or the table is too young to tell
    Position required{};         // max(base, what the user wrote)
};

// Whether a read has to find what the user has written.
[[nodiscard]] constexpr bool asks_for_position(Policy policy) {
    return policy == Policy::Position || policy == Policy::Synchronous;
}

// Whether the policy asks the store at all.
[[nodiscard]] constexpr bool needs_user_facts(Policy policy) {
    return policy == Policy::Window || asks_for_position(policy);
}

// `facts` is only looked at when needs_user_facts(policy). Not knowing is never fresh (I2).
[[nodiscard]] Requirement requirement_of_read(Policy policy, const UserFacts& facts);

}  // namespace freshread
