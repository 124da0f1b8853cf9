#include "routing/requirement.h"

namespace freshread {

Requirement Requirement::at_least(const Position& position) {
    if (!position.known()) return leader_only(Reason::PositionUnknown);
    return {Level::AtLeast, position, Reason::ReadOnReplica};
}

Requirement join(const Requirement& a, const Requirement& b) {
    if (a.level != b.level) return a.level > b.level ? a : b;
    if (a.level != Requirement::Level::AtLeast) return a;
    if (a.position.cluster != b.position.cluster) return Requirement::leader_only(Reason::PositionUnknown);
    return Requirement::at_least(higher(a.position, b.position));
}

}  // namespace freshread
