// A read carries a Requirement; a node offers a Position. Requirements form a join semilattice
// (Any < AtLeast(p) < LeaderOnly): every strategy is a source of requirements, and they combine by taking the
// stronger.
#pragma once

#include "routing/position.h"
#include "routing/reason.h"

namespace freshread {

struct Requirement {
    enum class Level : std::uint8_t { Any, AtLeast, LeaderOnly };

    Level level = Level::Any;
    Position position{};                    // with AtLeast
    Reason reason = Reason::ReadOnReplica;  // with LeaderOnly: why

    [[nodiscard]] static Requirement any() { return {}; }
    // An unknown position cannot be required: not knowing is never fresh (I2), so it is LeaderOnly.
    [[nodiscard]] static Requirement at_least(const Position& position);
    [[nodiscard]] static Requirement leader_only(Reason reason) { return {Level::LeaderOnly, {}, reason}; }

    friend bool operator==(const Requirement&, const Requirement&) = default;
};

// The stronger of two; of two LeaderOnly the first one's reason stays. Positions of two clusters cannot both
// be satisfied: LeaderOnly(PositionUnknown).
[[nodiscard]] Requirement join(const Requirement& a, const Requirement& b);

}  // namespace freshread
