#include "driver/comparing_worker.h"

#include <algorithm>

#include "driver/rate_limit.h"

namespace freshread {

namespace {

constexpr std::size_t kMostOpen = 8;       // sessions that have connections
constexpr std::size_t kMostSuspects = 64;  // others are not compared
constexpr unsigned kMostLooks = 3;
constexpr std::chrono::milliseconds kLookEvery{10};
constexpr std::chrono::milliseconds kWaitsForReplica{1'000};
constexpr std::uint32_t kToldPerSecond = 10;

void tell(const ComparedRead& read, Comparison comparison) {
    static RateLimit told;
    const LogLevel level = comparison == Comparison::Differed ? LogLevel::Warn : LogLevel::Info;
    const bool wanted = comparison == Comparison::Differed || comparison == Comparison::Older;
    if (!wanted || !read.log || !read.log->wants(level) || !told.take(kToldPerSecond, boot_now())) return;
    read.log->write(level, "the replica '" + read.session->nodes[read.replica].name + "' " +
                               (comparison == Comparison::Differed
                                    ? "answers a read otherwise than the leader, which it has caught up with"
                                    : "would have answered a read with what is older than the leader's") +
                               named_by(read.is->is));
}

// Why an answer cannot be compared; nothing when it can be.
std::optional<Comparison> hindrance(const Answer& answer) {
    if (answer.is == Answer::Is::Failed) return Comparison::Failed;
    if (answer.is == Answer::Is::TooLarge) return Comparison::TooLarge;
    return std::nullopt;
}

}  // namespace

void ComparingWorker::compare(ComparedRead read) noexcept {
    const auto compared = [&]() -> std::optional<Comparison> {
        ComparedNodes& nodes = nodes_of(read.session);
        const Answer replica = nodes.ask(read.replica, read.text);
        if (const auto hindered = hindrance(replica)) return hindered;
        if (read.nothing_asks_leader && replica.rows == 0) return Comparison::Equal;
        const Answer leader = nodes.ask(kLeader, read.text);
        if (const auto hindered = hindrance(leader)) return hindered;
        if (replica == leader) return Comparison::Equal;
        if (suspects_.size() == kMostSuspects) return Comparison::Busy;
        Suspect suspect;
        suspect.read = read;
        suspect.leader = leader;
        if (!await(suspect)) return Comparison::Failed;
        suspects_.push_back(std::move(suspect));
        return std::nullopt;
    };
    try {
        if (const auto comparison = compared()) read.count(*comparison);
    } catch (const std::exception&) {
        read.count(Comparison::Failed);
    }
}

std::optional<BootTime> ComparingWorker::next_look() const {
    return suspects_.empty() ? std::nullopt : std::optional(suspects_.front().not_before);
}

void ComparingWorker::look_again() noexcept {
    Suspect suspect = std::move(suspects_.front());
    suspects_.pop_front();
    try {
        const auto comparison = look(suspect);
        if (!comparison) {
            suspect.not_before = std::max(suspect.not_before, boot_now() + kLookEvery);
            suspects_.push_back(std::move(suspect));
            return;
        }
        suspect.read.count(*comparison);
        tell(suspect.read, *comparison);
    } catch (const std::exception&) {
        suspect.read.count(Comparison::Failed);
    }
}

std::optional<Comparison> ComparingWorker::look(Suspect& suspect) {
    ComparedRead& read = suspect.read;
    ComparedNodes& nodes = nodes_of(read.session);
    if (read.session->positions && !satisfies(nodes.position(read.replica, kLookEvery), suspect.position))
        return boot_now() < suspect.until ? std::nullopt : std::optional(Comparison::Older);
    const Answer replica = nodes.ask(read.replica, read.text);
    if (const auto hindered = hindrance(replica)) return hindered;
    const Answer leader = nodes.ask(kLeader, read.text);
    if (const auto hindered = hindrance(leader)) return hindered;
    if (replica == leader || replica == suspect.leader) return Comparison::Older;
    suspect.changing = suspect.changing || leader != suspect.leader;
    suspect.leader = leader;
    if (++suspect.looks == kMostLooks) return suspect.changing ? Comparison::Changing : Comparison::Differed;
    return await(suspect) ? std::nullopt : std::optional(Comparison::Failed);
}

bool ComparingWorker::await(Suspect& suspect) {
    const BootTime now = boot_now();
    suspect.until = now + kWaitsForReplica;
    if (!suspect.read.session->positions) {
        // There is nothing to wait for but the time.
        suspect.not_before = now + kWaitsForReplica / kMostLooks;
        return true;
    }
    suspect.not_before = now;
    suspect.position = nodes_of(suspect.read.session).position(kLeader, {});
    return suspect.position.known();
}

void ComparingWorker::forget(const ComparedSession& session) noexcept {
    std::erase_if(suspects_, [&](const Suspect& suspect) {
        if (suspect.read.session.get() != &session) return false;
        suspect.read.count(Comparison::Ended);
        return true;
    });
    nodes_.remove_if([&](const auto& nodes) { return nodes.first.get() == &session; });
}

ComparedNodes& ComparingWorker::nodes_of(const SharedSession& session) {
    const auto known =
        std::find_if(nodes_.begin(), nodes_.end(), [&](const auto& nodes) { return nodes.first == session; });
    if (known != nodes_.end()) {
        nodes_.splice(nodes_.end(), nodes_, known);
    } else {
        if (nodes_.size() == kMostOpen) nodes_.pop_front();
        nodes_.emplace_back(session, std::make_unique<ComparedNodes>(*session));
    }
    return *nodes_.back().second;
}

}  // namespace freshread
