// Policy=synchronous: a write or commit returns when replicas have applied it.
//
//   the call returned --> position asked (end_write) --> await_replicas: SyncReplicas= of the samples on the
//                         board are as far --> base is raised to it --> success
//                                         \--> SyncTimeout=, SQLCancel, the position is not known, the store
//                                              cannot be told: the user's entry protects the user alone
//
// Base is what every read of `position` and `synchronous` needs, whoever reads (state/user_table.h). So who
// may serve needs no rule of its own: a replica that was not waited for, that died, that comes back or comes
// new serves when it has come as far as base.
#include "driver/connection.h"
#include "driver/setting_value.h"
#include "driver/statement.h"

namespace freshread {

bool Connection::writes_synchronously(Tracking tracking, std::optional<Policy> hinted) {
    if (tracking != Tracking::Commit || sources_.size() == 1 || !positions_ || !settings_.monitor)
        return false;
    const std::scoped_lock lock(mutex);
    return choices_.shadow == Shadow::No && hinted.value_or(choices_.policy) == Policy::Synchronous;
}

void Connection::await_replicas(const Position& written, Statement* statement) {
    std::string why = "how far the leader was behind it is not known";
    if (written.known()) {
        try {
            if (await_enough(written, statement)) return knowledge_->raise_base(written);
            why = "not enough replicas have applied it within " + shown_duration(settings_.sync_timeout);
        } catch (const StoreUnavailable& error) {
            why = std::string("the store of users' positions could not be told: ") + error.what();
        }
    }
    log(LogLevel::Warn, "a write that Policy=synchronous had wait for replicas is the user's alone: " + why);
    if (settings_.on_sync_timeout == OnSyncTimeout::Track) return;
    throw DriverError("HYT00", "The write stands on the leader and must not be repeated, but " + why);
}

bool Connection::await_enough(const Position& position, Statement* statement) {
    const BootTime end = boot_now() + settings_.sync_timeout;
    std::optional<Statement::Waiting> waiting;
    if (statement) waiting.emplace(*statement);
    if (logs(LogLevel::Debug)) log(LogLevel::Debug, "a write waits for replicas");
    while (true) {
        // Read before it is looked at what they tell of: what comes later ends the wait.
        const std::uint32_t seen = knowledge_->news();
        if (enough_have_applied(position)) return true;
        if ((statement && statement->cancelled()) || boot_now() >= end || !knowledge_->await_news(seen, end))
            return false;
    }
}

bool Connection::enough_have_applied(const Position& position) {
    const std::scoped_lock lock(mutex);
    unsigned in_service = 0;
    unsigned applied = 0;
    for (std::size_t i = 1; i < sources_.size(); ++i) {
        const auto node = static_cast<NodeId>(i);
        const auto sample = knowledge_->sample(node);
        if (!sample) {
            if (!knowledge_->lost(node)) ++in_service;  // nobody has come to ask it yet
            continue;
        }
        // What serves nobody is not waited for.
        if (!sample->in_recovery || sample->position.timeline != position.timeline ||
            is_too_far(node, nullptr))
            continue;
        ++in_service;
        if (satisfies(sample->position, position)) ++applied;
    }
    return applied >= (settings_.sync_replicas == 0 ? in_service : settings_.sync_replicas);
}

}  // namespace freshread
