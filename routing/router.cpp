#include "routing/router.h"

namespace freshread {

namespace {

// Weighted random choice among the candidates that `qualifies` accepts; the one used last wins outright.
template <typename Qualifies>
const Candidate* choose(std::span<const Candidate> candidates, std::uint64_t random, Qualifies qualifies) {
    std::uint64_t total = 0;
    for (const Candidate& candidate : candidates) {
        if (!candidate.in_service || candidate.too_far || !qualifies(candidate)) continue;
        if (candidate.last_used) return &candidate;
        total += candidate.weight;
    }
    if (total == 0) return nullptr;
    std::uint64_t ticket = random % total;
    for (const Candidate& candidate : candidates) {
        if (!candidate.in_service || candidate.too_far || !qualifies(candidate)) continue;
        if (ticket < candidate.weight) return &candidate;
        ticket -= candidate.weight;
    }
    return nullptr;
}

// Why the leader, when none qualifies.
Reason reason_for_leader(std::span<const Candidate> candidates) {
    bool in_service = false;
    bool known = false;
    bool too_far = false;
    for (const Candidate& candidate : candidates) {
        if (!candidate.in_service) continue;
        in_service = true;
        too_far = too_far || candidate.too_far;
        known = known || (!candidate.too_far && candidate.position.known());
    }
    if (!in_service) return Reason::NoHealthyReplica;
    if (known) return Reason::ReplicaBehind;
    return too_far ? Reason::BeyondMaxLag : Reason::PositionUnknown;
}

}  // namespace

Decision route(const Requirement& requirement, std::span<const Candidate> candidates, std::uint64_t random) {
    if (requirement.level == Requirement::Level::LeaderOnly)
        return {Decision::Step::Use, kLeader, requirement.reason};
    if (candidates.empty()) return {Decision::Step::Use, kLeader, Reason::NoReplicas};

    if (requirement.level == Requirement::Level::Any) {
        const Candidate* any = choose(candidates, random, [](const Candidate&) { return true; });
        if (any) return {Decision::Step::Use, any->node, Reason::ReadOnReplica};
        return {Decision::Step::Use, kLeader, reason_for_leader(candidates)};
    }

    const Candidate* fresh = choose(candidates, random, [&](const Candidate& candidate) {
        return candidate.open && satisfies(candidate.position, requirement.position);
    });
    if (fresh) return {Decision::Step::Use, fresh->node, Reason::ReadOnReplica};

    const Candidate* unasked =
        choose(candidates, random, [](const Candidate& candidate) { return !candidate.open; });
    if (unasked) return {Decision::Step::Ask, unasked->node, Reason::PositionUnknown};

    return {Decision::Step::Use, kLeader, reason_for_leader(candidates)};
}

}  // namespace freshread
