#include "routing/policy.h"

#include <array>
#include <utility>

#include "routing/identifier.h"

namespace freshread {

namespace {

constexpr std::array<std::pair<std::string_view, Policy>, 7> kNames{{
    {"leader", Policy::Leader},
    {"window", Policy::Window},
    {"position", Policy::Position},
    {"token", Policy::Token},
    {"synchronous", Policy::Synchronous},
    {"fallback", Policy::Fallback},
    {"any", Policy::Any},
}};

}  // namespace

std::string_view name_of(Policy policy) {
    for (const auto& [name, value] : kNames)
        if (value == policy) return name;
    return "unknown";
}

std::optional<Policy> policy_named(std::string_view name) {
    for (const auto& [known, value] : kNames)
        if (equals_folded(name, known)) return value;
    return std::nullopt;
}

std::string_view policy_names() {
    return "leader, window, position, token, synchronous, fallback, any";
}

Requirement requirement_of_read(Policy policy, const UserFacts& facts) {
    switch (policy) {
        case Policy::Leader:
            return Requirement::leader_only(Reason::PolicyLeader);
        case Policy::Token:  // by every policy what a token says is joined to this
        case Policy::Fallback:
        case Policy::Any:
            return Requirement::any();
        case Policy::Window:
            if (!facts.store_available) return Requirement::leader_only(Reason::StoreUnavailable);
            if (facts.mark_open) return Requirement::leader_only(Reason::MarkOpen);
            if (facts.within_window) return Requirement::leader_only(Reason::WithinWindow);
            return Requirement::any();
        case Policy::Position:
        case Policy::Synchronous:
            if (!facts.store_available) return Requirement::leader_only(Reason::StoreUnavailable);
            if (!facts.base_set) return Requirement::leader_only(Reason::BaseUnset);
            if (facts.mark_open) return Requirement::leader_only(Reason::MarkOpen);
            return Requirement::at_least(facts.required);
    }
    return Requirement::leader_only(Reason::PolicyLeader);
}

}  // namespace freshread
