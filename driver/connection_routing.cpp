// Where a statement of a connection runs: from the session, the policy, the user's position and the replicas
// to an open backend that carries the session.
#include <algorithm>

#include "driver/connection.h"
#include "driver/encoding.h"
#include "driver/statement.h"
#include "routing/temporary_names.h"

namespace freshread {

namespace {

// How long a settled route is not questioned: then the age of the catalog is looked at.
constexpr std::chrono::seconds kLookAgain{10};

// SplitMix64: spreads sessions over replicas; nothing depends on its quality.
std::uint64_t next_random(std::uint64_t& state) {
    std::uint64_t z = (state += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

// What a replica's connection never gets: it is always in autocommit, and its transactions are not the
// application's.
bool stays_on_leader(SQLINTEGER attribute) {
    return attribute == SQL_ATTR_AUTOCOMMIT || attribute == SQL_ATTR_TXN_ISOLATION ||
           attribute == SQL_ATTR_ACCESS_MODE;
}

// What transactions are by default may be something else behind it.
bool concerns_transactions(const SettingChange& change) {
    return change.kind == SettingChange::Kind::ResetAll || change.kind == SettingChange::Kind::DiscardAll ||
           change.names.empty() ||
           std::any_of(change.names.begin(), change.names.end(), [](const std::string& name) {
               return name.find("transaction_") != std::string::npos;
           });
}

// No server would do what it says, though PostgreSQL takes any name with a dot for a setting.
[[noreturn]] void refuse_own_among_others() {
    throw DriverError("42601", "SET, RESET and SHOW of freshread have to be a statement of their own");
}

// What the comments of a read make of the policy: the strongest word in them counts.
Policy policy_of_read(Policy chosen, const Hints& hints) {
    const Policy policy = hints.policy.value_or(hints.replica ? Policy::Any : chosen);
    return hints.fresh && policy != Policy::Leader ? Policy::Position : policy;
}

}  // namespace

void Connection::append_wide(std::basic_string_view<SQLWCHAR> text) {
    append_utf8(text, scratch_);
}

Connection::Route Connection::route_anew(const ClassifiedText& text, bool leader_only) {
    const StatementClass& statement = text.is;
    constexpr std::chrono::milliseconds kShowEvery{250};
    if (const BootTime now = coarse_now(); now >= counts_shown_ + kShowEvery) {
        counts_shown_ = now;
        show_counts();
    }
    follow_transaction(false);
    if (statement.own_among_others) refuse_own_among_others();
    const UserKey& user = acting_user(statement.hints.user);
    if (snapshot_lost_ && statement.kind != StatementKind::Transaction) lose_snapshot();
    if (transaction_replica_ && one_snapshot_) return route_in_snapshot(statement, leader_only);
    const SessionDemand demand = session_.before(statement);
    Route route{leader_, Reason::NoReplicas, demand.tracking, false};
    const auto on_leader = [&](Reason reason) {
        route.reason = reason;
        if (route.tracking == Tracking::None) route.tracking = tracking_of_read(text);
        return route;
    };
    if (text.missed) want_catalog();
    if (demand.leader) return on_leader(*demand.leader);
    if (leader_only) return on_leader(Reason::UpdatableCursor);
    if (statement.hints.leader) return on_leader(Reason::HintLeader);
    if (sources_.size() == 1) return on_leader(Reason::NoReplicas);
    if (tracker_.unrecorded()) return on_leader(Reason::StoreUnavailable);
    const bool transactional = session_.transactional();
    const Splitting splitting = transactional ? learn_splitting(statement) : Splitting::EachStatement;
    if (splitting == Splitting::Leader) return on_leader(Reason::InTransaction);

    const Policy policy = policy_of_read(choices_.policy, statement.hints);
    const bool asks_again =
        !transactional && (policy == Policy::Fallback ||
                           (choices_.empty_read == EmptyRead::Leader && !statement.hints.replica));
    // Which of several results is empty nobody knows before the last one.
    if (asks_again && statement.statements > 1) return on_leader(Reason::EmptyRead);
    Witness witness;
    Requirement requirement =
        requirement_of_read(policy, needs_user_facts(policy) ? ask_store(user, witness) : UserFacts{});
    if ((token_.known() || !statement.hints.token.empty()) && !statement.hints.replica)
        requirement = join(requirement, requirement_of_tokens(statement.hints.token));
    last_requirement_ = requirement.position;
    if (requirement.level == Requirement::Level::LeaderOnly) return on_leader(requirement.reason);

    fill_candidates(requirement);
    if (transaction_replica_)
        for (Candidate& candidate : candidates_)
            candidate.in_service = candidate.in_service && candidate.node == transaction_replica_->node();
    while (true) {
        const Decision decision = freshread::route(requirement, candidates_, next_random(random_));
        if (decision.node == kLeader) {
            if (decision.reason == Reason::ReplicaBehind && knowledge_) knowledge_->want_progress();
            return on_leader(decision.reason);
        }
        Candidate& candidate = candidates_[decision.node - std::size_t{1}];
        Backend* backend = open_replica(decision.node);
        if (!backend || (positions_ && !backend->in_recovery())) {
            candidate.in_service = false;
            continue;
        }
        candidate.open = true;
        candidate.position = backend->position();
        if (decision.step == Decision::Step::Ask) {
            refresh(*backend, requirement);
            candidate.position = backend->position();
            continue;
        }
        const bool carried = (transaction_replica_ || carry_session(*backend)) &&
                             (!transactional || carry_transaction(*backend, splitting));
        if (!carried) {
            candidate.in_service = false;
            continue;
        }
        one_snapshot_ = transactional && splitting == Splitting::Whole;
        last_replica_ = backend;
        last_on_replica_ = true;
        keep_catalog_for_replicas(text);
        // With temporary objects a read is not free before its names were looked at.
        if (policy == Policy::Position && text.free_to_go && !asks_again && !session_.has_temporary() &&
            !transactional)
            settled_ = {backend,
                        epoch_.load(std::memory_order_relaxed),
                        std::move(witness),
                        text.proof,
                        catalog_revision_,
                        coarse_now() + kLookAgain};
        route.backend = backend;
        route.reason = Reason::ReadOnReplica;
        route.nothing_asks_leader = asks_again;
        return route;
    }
}

UserFacts Connection::ask_store(const UserKey& user, Witness& witness) {
    UserFacts facts;
    if (!knowledge_) return facts;
    try {
        UserLook look = tracker_.look(user);
        witness = std::move(look.witness);
        const BootTime now = boot_now();
        facts.store_available = true;
        facts.base_set = look.base_set;
        facts.mark_open = look.mark_open;
        facts.required = look.required;
        facts.within_window = now < look.pinned_until || now < look.born + choices_.window;
        // A new table waits for a leader sample begun MarkAge after its birth, a mark of a dead writer for
        // one begun MarkAge after it was opened: somebody has to take it.
        if (!look.base_set || look.mark_open) knowledge_->want_progress();
        if (look.mark_open) tracker_.take_back_if_overdue();
    } catch (const StoreUnavailable&) {
        facts.store_available = false;
    }
    return facts;
}

void Connection::show_counts() {
    if (knowledge_) knowledge_->publish_counts(NodeRecord::served_by_all());
}

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
        // One that is open serves until it fails itself.
        candidate.in_service = backend || !sources_[node].record->avoided(now);
        if (!backend) continue;
        if (requirement.level == Requirement::Level::AtLeast) refresh(*backend, requirement);
        candidate.open = true;
        candidate.last_used = backend == last_replica_;
        candidate.in_service = candidate.in_service && (!positions_ || backend->in_recovery());
        candidate.position = backend->position();
    }
}

void Connection::refresh(Backend& backend, const Requirement& requirement) {
    if (!knowledge_ || satisfies(backend.position(), requirement.position)) return;
    const auto sample = knowledge_->sample(backend.node());
    // The board is another than when it was opened: what is begun from now on counts.
    if (sample && sample->ticket.board != backend.opened.board) backend.opened = knowledge_->ticket();
    if (sample) backend.learn(*sample);
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

bool Connection::carry_session(Backend& backend) {
    if (backend.attributes_revision != attributes_revision_) {
        for (const Attribute& attribute : attributes_) {
            if (attribute.revision <= backend.attributes_revision || stays_on_leader(attribute.id)) continue;
            if (!SQL_SUCCEEDED(backend.set_attribute(attribute))) return false;
        }
        backend.attributes_revision = attributes_revision_;
    }
    return carry_settings(backend);
}

bool Connection::carry_settings(Backend& backend) {
    if (session_.take_doubt() && !session_values_query(dialect_).empty()) change_session_settings().doubt();
    if (backend.settings_revision == session_settings_.revision()) return true;
    if (session_settings_.in_doubt(backend.settings_revision) && !carry_leaders_values(backend)) return false;
    if (session_settings_.has_unknown_values(backend.settings_revision) &&
        !ask_setting_values(backend.settings_revision))
        return false;
    for (const SessionSettings::Entry& entry : session_settings_.durable()) {
        if (entry.revision <= backend.settings_revision) continue;
        if (!backend.run(entry.text)) {
            setting_refused(backend);
            return false;
        }
        backend.settings_revision = entry.revision;
    }
    backend.settings_revision = session_settings_.revision();
    return true;
}

void Connection::setting_refused(const Backend& backend) {
    if (logs(LogLevel::Warn))
        log(LogLevel::Warn, "The replica '" + sources_[backend.node()].name +
                                "' refused a setting of the session, which reads on the leader from now on");
    // Another one may not refuse it, but the application believes in one database.
    change_session().keep_on_leader_until_discarded();
}

bool Connection::carry_leaders_values(Backend& backend) {
    if (session_settings_.wants_leaders_values()) {
        // As in ask_setting_values.
        const std::unique_lock calls(leader_->call_mutex, std::try_to_lock);
        if (!calls || session_.in_transaction() || !session_.autocommit()) return false;
        auto values = leader_->setting_values(dialect_);
        if (!values) return false;
        change_session_settings().learn(std::move(*values));
    }
    if (!session_settings_.unchanged_since(backend.settings_revision)) {
        const auto had = backend.setting_values(dialect_);
        if (!had) return false;
        const auto statements = statements_between(*had, session_settings_.leaders_values(), dialect_);
        const bool carried =
            statements && std::all_of(statements->begin(), statements->end(),
                                      [&](const std::string& statement) { return backend.run(statement); });
        if (!carried) {
            setting_refused(backend);
            return false;
        }
    }
    backend.settings_revision = session_settings_.leaders_at();
    return true;
}

bool Connection::ask_setting_values(std::uint64_t revision) {
    // Whoever holds it uses the leader's connection now, and goes before `mutex`: this read does not wait.
    const std::unique_lock calls(leader_->call_mutex, std::try_to_lock);
    if (!calls || session_.in_transaction() || !session_.autocommit()) return false;
    return session_settings_.learn_values(
        [&](const std::string& name) { return leader_->setting_value(name); }, revision);
}

void Connection::note_session_state(const ClassifiedText& text) {
    const StatementClass& is = text.is;
    const bool postgresql = dialect_ == Dialect::PostgreSql;
    if (is.kind == StatementKind::SessionState) {
        SettingChange change = read_setting_change(text.text, dialect_);
        std::string repeated = text.text;
        // Behind a read on the replica the value is what the leader has now.
        if (transaction_replica_ && !change.repeatable) {
            if (const auto values = leaders_values(change.names)) {
                repeated = *values;
                change.repeatable = true;
            }
        }
        Session& session = change_session();
        if (is.local_setting) {
            if (session.transactional() && !change_session_settings().note_local(change, repeated))
                session.stay_on_leader();
            return;
        }
        if (concerns_transactions(change)) session.forget_default_modes(true);
        // Settings of other engines know no transactions.
        const bool inside = postgresql && (session.in_transaction() || !session.autocommit());
        if (change.kind == SettingChange::Kind::DiscardAll) session.discarded_all();
        // The data source's word stands.
        const bool reset =
            change.kind == SettingChange::Kind::DiscardAll || change.kind == SettingChange::Kind::ResetAll;
        if (reset && settings_.read_only) (void)make_read_only();
        if (reset) forget_choices();
        if (change.kind == SettingChange::Kind::DiscardTemporary) session.discarded_temporary();
        const bool askable = postgresql || change.repeatable;
        if (is.statements != 1 || !askable || !change_session_settings().note(change, repeated, inside))
            session.keep_on_leader_until_discarded();
        return;
    }
    if (is.defines && session_.has_temporary()) note_temporary_names(change_session(), text.text, dialect_);
    switch (is.verb) {
        case TransactionVerb::Commit:
        case TransactionVerb::CommitAndChain:
        case TransactionVerb::PrepareTransaction:  // its settings stay in the session
            settings_committed();
            break;
        case TransactionVerb::Rollback:
        case TransactionVerb::RollbackAndChain:
            settings_rolled_back();
            break;
        case TransactionVerb::Savepoint:
            note_savepoint(text.text);
            break;
        default:
            break;
    }
    const bool chained =
        is.verb == TransactionVerb::CommitAndChain || is.verb == TransactionVerb::RollbackAndChain;
    if (!chained) return;
    snapshot_lost_ = false;
    if (transaction_replica_) end_on_replica(is.verb == TransactionVerb::CommitAndChain);
}

std::optional<std::string> Connection::leaders_values(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        const auto value = leader_->setting_value(name);
        if (!value) return std::nullopt;
        SessionSettings::add_assignment(text, name, *value);
    }
    return text.empty() ? std::nullopt : std::optional(std::move(text));
}

void Connection::settings_committed() {
    const bool surely = !session_.may_be_aborted() && !session_.may_have_ended();
    if (!change_session_settings().committed(surely)) change_session().keep_on_leader_until_discarded();
}

void Connection::settings_rolled_back() {
    if (session_.may_have_ended())
        settings_committed();
    else
        change_session_settings().rolled_back();
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

std::string Connection::told(NodeId node, Reason reason) const {
    return std::string(name_of(reason)) + ": served by " +
           (node == kLeader ? "the leader '" : "the replica '") + name_of_node(node) + "'";
}

void Connection::log_route(const Backend& backend, Reason reason) {
    log(LogLevel::Debug, told(backend.node(), reason));
    if (reason != Reason::SessionUnreplicated && reason != Reason::StoreUnavailable) return;
    if (warned_.exchange(true)) return;
    log(LogLevel::Warn,
        reason == Reason::StoreUnavailable
            ? "the store of users' positions cannot be used: reads go to the leader"
            : "the session has state that replicas cannot be given: its reads go to the leader");
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
