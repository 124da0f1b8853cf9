// The replicas of a connection: what is known of them, opening them, and what becomes of one that fails.
#include <algorithm>

#include "driver/carried_attributes.h"
#include "driver/connection.h"
#include "driver/split_mix.h"
#include "driver/statement.h"

namespace freshread {

void Connection::fill_candidates(const Requirement& requirement) {
    const BootTime now = boot_now();
    candidates_.resize(sources_.size() - 1);
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
        Candidate& candidate = candidates_[i];
        const auto node = static_cast<NodeId>(i + 1);
        Backend* backend = backends_[node].get();
        candidate = {};
        candidate.node = node;
        candidate.weight = sources_[node].weight;
        // A transaction that has read on one goes on there.
        if (transaction_replica_ && transaction_replica_->node() != node) continue;
        // One that is open serves until it fails itself.
        candidate.in_service = backend || !sources_[node].record->avoided(now);
        candidate.too_far = is_too_far(node, backend);
        if (!backend) continue;
        if (requirement.level == Requirement::Level::AtLeast) refresh(*backend, requirement);
        candidate.open = true;
        candidate.last_used = backend == (read_on_ ? read_on_ : last_replica_);
        candidate.in_service = candidate.in_service && (!positions_ || backend->in_recovery());
        candidate.position = backend->position();
    }
}

std::optional<Sample> Connection::learn_of(Backend& backend) const {
    auto sample = knowledge_->sample(backend.node());
    // The board is another than when it was opened: what is begun from now on counts.
    if (sample && sample->ticket.board != backend.opened.board) backend.opened = knowledge_->ticket();
    if (sample) backend.learn(*sample);
    return sample;
}

void Connection::refresh(Backend& backend, const Requirement& requirement) {
    if (!knowledge_ || satisfies(backend.position(), requirement.position)) return;
    const auto sample = learn_of(backend);
    // A proxy may have brought the monitor to another server than this connection.
    const bool told = settings_.monitor && (!sample || sample->instance == backend.instance());
    if (satisfies(backend.position(), requirement.position) || told) return;
    // Where no monitor tells the connection asks for itself, seldom enough not to cost more than it saves.
    if (boot_now() - backend.asked_at >= settings_.poll_slow) (void)backend.ask(false);
}

Backend* Connection::open_replica(NodeId node) {
    if (backends_[node]) return backends_[node].get();
    NodeRecord& record = *sources_[node].record;
    if (!record.may_try(boot_now(), next_random(random_))) return nullptr;
    // Those that the application set later are carried to it with the session: a driver may forget its own
    // when it connects.
    std::vector<Attribute> attributes;
    std::copy_if(attributes_.begin(), attributes_.end(), std::back_inserter(attributes),
                 [&](const Attribute& attribute) {
                     return attribute.revision <= attributes_at_connect_ && !stays_on_leader(attribute.id);
                 });
    Diagnostics unseen;  // the user never pays for our choice (I3)
    std::unique_ptr<Backend> backend;
    try {
        NodeSource source = sources_[node];
        source.patience = patience_with(node);
        if (hurry_.count() != 0) {
            source.patience = patience_in_hurry();
            source.patience.patience = std::min(source.patience.patience, hurry_);
        }
        backend = Backend::open(*environment_, source, node, wide_, attributes, unseen);
    } catch (const DriverError&) {
        backend.reset();
    }
    if (backend && knowledge_) backend->opened = knowledge_->ticket();
    if (backend && positions_ && !backend->ask(false)) backend.reset();
    if (!backend) {
        record.failed(boot_now(), next_random(random_));
        log(LogLevel::Warn,
            "the replica '" + record.name() + "' cannot be opened, and is avoided for a while");
        return nullptr;
    }
    backend->change_patience(patience_with(node));
    backend->attributes_revision = attributes_at_connect_;
    if (record.failing()) log(LogLevel::Info, "the replica '" + record.name() + "' is back");
    record.succeeded();
    backends_[node] = std::move(backend);
    return backends_[node].get();
}

void Connection::replica_failed(Backend& backend, bool silent) {
    const std::scoped_lock lock(mutex);
    changed();
    settled_ = {};
    const bool dead = silent || backend.dead();
    if (transaction_replica_ == &backend) {
        session_.unread_on_replica();
        session_.stay_on_leader();
        snapshot_lost_ = snapshot_taken_;
        if (dead) {
            transaction_replica_ = nullptr;
            one_snapshot_ = snapshot_taken_ = false;
            session_settings_.forget_carried();
        } else {
            end_on_replica(false);
        }
    }
    if (!dead) return;
    backend.record().failed(boot_now(), next_random(random_));
    log(LogLevel::Warn, "the replica '" + backend.record().name() +
                            (silent ? "' gave no sign of life" : "' lost the connection") +
                            ", and is avoided for a while");
    auto& slot = backends_[backend.node()];
    if (slot.get() != &backend) return;
    if (last_replica_ == &backend) last_replica_ = nullptr;
    retired_.push_back(std::move(slot));
}

Backend& Connection::backend_to_prepare(const Statement& statement, const ClassifiedText& text) {
    {
        // To prepare is no reason to open a transaction on a replica.
        const std::scoped_lock lock(mutex);
        if (session_.transactional())
            return transaction_replica_ && text.free_to_go && !statement.leader_only() ? *transaction_replica_
                                                                                       : *leader_;
    }
    return *route(text, statement.leader_only()).backend;
}

Backend& Connection::session_backend() {
    const std::scoped_lock lock(mutex);
    if (transaction_replica_) return *transaction_replica_;
    const bool free_to_go = session_.autocommit() && !session_.in_transaction() && !session_.kept_on_leader();
    if (free_to_go && last_on_replica_ && last_replica_) return *last_replica_;
    return leader();
}

}  // namespace freshread
