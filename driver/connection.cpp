#include "driver/connection.h"

#include <sys/single_threaded.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "driver/encoding.h"
#include "driver/statement.h"
#include "state/state_directory.h"
#include "state/user_key.h"

namespace freshread {

namespace {

EngineChoice engine_of(const Backend& leader, EngineChoice chosen) {
    if (chosen != EngineChoice::Auto) return chosen;
    const std::string name = leader.information(SQL_DBMS_NAME);
    if (equal_ignoring_case(name, "PostgreSQL")) return EngineChoice::PostgreSql;
    if (equal_ignoring_case(name, "MariaDB")) return EngineChoice::MariaDb;
    if (equal_ignoring_case(name, "MySQL")) return EngineChoice::MySql;
    return EngineChoice::Generic;
}

Dialect dialect_of(EngineChoice engine) {
    switch (engine) {
        case EngineChoice::PostgreSql:
            return Dialect::PostgreSql;
        case EngineChoice::MariaDb:
        case EngineChoice::MySql:
            return Dialect::MariaDb;
        default:
            return Dialect::Generic;
    }
}

// FNV-1a: names the table of an engine that has no identity of its own. Not for secrets.
std::uint64_t hash_of(std::string_view text) {
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    return hash == 0 ? 1 : hash;
}

}  // namespace

Connection::Connection(Environment& environment) : environment_(&environment) {
    environment.add(*this);
}

Connection::~Connection() {
    environment_->remove(*this);
    tag = HandleTag::Freed;
}

SQLRETURN Connection::connect(const std::string& dsn, const KeywordList& given, bool wide) {
    if (connected()) throw DriverError("08002", "The connection is in use");
    settings_ = read_settings(dsn.empty() ? KeywordList{} : read_dsn_section(dsn), given);
    log_ = settings_.log.empty() ? nullptr : Log::open(settings_.log, settings_.log_level);
    warned_ = false;
    completed_ = given;
    wide_ = wide;
    sources_.clear();
    sources_.push_back(resolve_node(settings_.leader, settings_));
    for (const NodeName& replica : settings_.replicas) sources_.push_back(resolve_node(replica, settings_));
    backends_.clear();
    backends_.resize(sources_.size());
    if (policy_before_) settings_.choices.policy = *policy_before_;
    take(settings_.choices);
    last_route_.store({}, std::memory_order_relaxed);
    last_requirement_ = given_token_ = token_ = leader_seen_ = {};
    std::random_device random;
    random_ = (static_cast<std::uint64_t>(random()) << 32) | random();

    open_leader();
    if (!leader_) return SQL_ERROR;
    if (environment_->newer_than(leader_->library()))
        diagnostics.post("01000", "Driver does not support the requested version");
    heed_attributes_set_before();
    try {
        user_values_.uid = settings_.uid ? *settings_.uid : sources_[kLeader].uid;
        if (user_values_.uid.empty()) user_values_.uid = leader_->information(SQL_USER_NAME);
        user_values_.dsn = dsn;
        user_template_ = settings_.user;
        settings_.user = expand_user(user_template_, user_values_);
        identity_.name(Identity::Word::ConnectionString, settings_.user);
        identify();
    } catch (...) {
        leader_ = nullptr;
        backends_[kLeader].reset();
        throw;
    }
    return diagnostics.empty() ? SQL_SUCCESS : SQL_SUCCESS_WITH_INFO;
}

void Connection::open_leader() {
    backends_[kLeader] =
        Backend::open(*environment_, sources_[kLeader], kLeader, wide_, attributes_, diagnostics);
    leader_ = backends_[kLeader].get();
    attributes_at_connect_ = attributes_revision_;
    if (leader_) leader_->attributes_revision = attributes_revision_;
}

void Connection::identify() {
    const EngineChoice engine = engine_of(*leader_, settings_.engine);
    dialect_ = dialect_of(engine);
    classifications_ = ClassificationCache(dialect_);
    positions_ = engine == EngineChoice::PostgreSql;
    sign_of_life_ = engine == EngineChoice::PostgreSql ? SignOfLife::PostgreSql
                    : engine == EngineChoice::MariaDb || engine == EngineChoice::MySql ? SignOfLife::Greeting
                                                                                       : SignOfLife::None;
    if (dialect_ == Dialect::PostgreSql && sources_.size() > 1) change_session().allow_splitting();
    if (settings_.read_only && !make_read_only())
        throw DriverError(
            "HY000",
            "The keyword 'ReadOnly' has the value 'yes', but the leader refuses to make transactions "
            "read-only by default");
    require_possible(choices_);
    if (!positions_) {
        cluster_ = hash_of(sources_[kLeader].identity);
    } else {
        const auto row = leader_->ask(!session_.autocommit());
        cluster_ = row ? row->sample.position.cluster : 0;
        if (cluster_ == 0) {
            diagnostics.post("01000", "The leader '" + sources_[kLeader].name +
                                          "' did not tell its position: every read goes to it");
            return;
        }
    }
    read_given_token();
    try {
        Knowledge::Options options;
        options.state_directory = settings_.state_directory.empty() ? default_state_directory(::geteuid())
                                                                    : settings_.state_directory;
        prepare_state_directory(options.state_directory);
        classifications_.remember_in(RefusedTexts(options.state_directory, cluster_));
        options.store.url = settings_.store;
        options.store.cluster = cluster_;
        options.store.timeout = settings_.store_timeout;
        options.store.mark_age = settings_.mark_age;
        options.monitor_allowed = settings_.monitor && positions_;
        options.monitor.fast = settings_.poll_fast;
        options.monitor.slow = settings_.poll_slow;
        if (dialect_ == Dialect::PostgreSql)
            options.catalog = {leader_->information(SQL_DATABASE_NAME), dialect_};
        if (dialect_ == Dialect::MariaDb) options.catalog = {"login " + user_values_.uid, dialect_};
        for (const NodeSource& source : sources_) options.monitor.nodes.push_back(source.monitor);
        knowledge_ = Knowledge::of(options);
        hides_transactions_ = positions_ && leader_->hides_transactions();
        tracker_.start(knowledge_, positions_, capture_of_writes(), choices_.window);
        open_catalog();
        if (const std::string warning = missing_critical_tables(); !warning.empty())
            diagnostics.post("01000", warning);
        if (positions_ && !leader_->in_recovery())
            knowledge_->leader_sampled(leader_->position(), leader_->asked_at);
    } catch (const StoreUnavailable& error) {
        knowledge_.reset();
        tracker_.stop();
        diagnostics.post(
            "01000", std::string("The store of users' positions cannot be used, so every read goes to the "
                                 "leader: ") +
                         error.what());
    }
}

Capture Connection::capture_of_writes() const {
    const bool monitored = positions_ && settings_.monitor;
    if (settings_.capture == Capture::Monitor && !monitored)
        throw DriverError(
            "HY000",
            "The keyword 'Capture' has the value 'monitor', which needs a monitor and positions of "
            "the engine; here accepted: commit");
    return settings_.capture.value_or(monitored ? Capture::Monitor : Capture::Commit);
}

SQLRETURN Connection::disconnect() {
    Backend& backend = leader();
    {
        const std::scoped_lock calls(backend.call_mutex);
        {
            const std::scoped_lock lock(mutex);
            if (!session_.in_transaction()) tracker_.take_back();
        }
        settle();
        const auto call = backend.library().Disconnect;
        const SQLRETURN result = call(backend.handle());
        if (!SQL_SUCCEEDED(result)) {
            handed_on_ = &backend;
            return result;
        }
    }
    // The underlying driver has freed its own statements and descriptors of that connection (ODBC,
    // SQLDisconnect).
    backend.disconnected();
    end_comparing();
    const std::scoped_lock lock(mutex);
    for (const auto& statement : statements_) statement->abandon(backend);
    for (const auto& descriptor : descriptors_) descriptor->forget(backend);
    statements_.clear();
    descriptors_.clear();
    show_counts();
    leader_ = nullptr;
    last_replica_ = transaction_replica_ = nullptr;
    one_snapshot_ = snapshot_taken_ = snapshot_lost_ = false;
    last_on_replica_ = false;
    forget_seen();
    changed();
    settled_ = {};
    handed_on_ = nullptr;
    retired_.clear();
    backends_.clear();
    tracker_.stop();
    catalog_ = nullptr;
    relations_.reset();
    critical_reads_.reset();
    knowledge_.reset();
    session_ = Session();
    session_settings_.clear();
    ran_unknown_code_ = false;
    identity_ = {};
    return SQL_SUCCESS;
}

bool Connection::names_node(std::string_view data_source) const {
    return data_source.empty() || std::any_of(sources_.begin(), sources_.end(), [&](const NodeSource& node) {
               return equal_ignoring_case(node.name, data_source);
           });
}

Patience Connection::patience_with(NodeId node) const {
    if (node == kLeader || (!settings_.replica_timeout && __libc_single_threaded)) return {};
    return patience_in_hurry();
}

Patience Connection::patience_in_hurry() const {
    constexpr std::chrono::seconds kUsual{5};
    return {settings_.replica_timeout.value_or(kUsual), sign_of_life_};
}

std::optional<Sample> Connection::learnt_of(NodeId node) {
    const std::scoped_lock lock(mutex);
    const Backend* backend = backends_[node].get();
    if (!backend || !positions_) return std::nullopt;
    Sample sample;
    sample.begun = backend->asked_at;
    sample.in_recovery = backend->in_recovery();
    sample.position = backend->position();
    return sample;
}

std::uint64_t Connection::served_by(NodeId node) const {
    std::uint64_t served = 0;
    for (std::size_t i = 0; i < kReasons; ++i)
        served += sources_[node].record->counted(static_cast<Reason>(i));
    return served;
}

std::vector<const NodeRecord*> Connection::node_records() const {
    std::vector<const NodeRecord*> records;
    for (const NodeSource& source : sources_)
        if (std::find(records.begin(), records.end(), source.record) == records.end())
            records.push_back(source.record);
    return records;
}

void Connection::not_open() {
    throw DriverError("08003", "The connection is not open");
}

Statement& Connection::new_statement() {
    leader();
    auto statement = std::make_unique<Statement>(*this);
    const std::scoped_lock lock(mutex);
    return *statements_.emplace_back(std::move(statement));
}

void Connection::free_statement(Statement& statement) {
    std::unique_ptr<Statement> freed;
    const std::scoped_lock lock(mutex);
    const auto found = std::find_if(statements_.begin(), statements_.end(),
                                    [&](const auto& other) { return other.get() == &statement; });
    if (found == statements_.end()) return;
    freed = std::move(*found);
    *found = std::move(statements_.back());
    statements_.pop_back();
}

Descriptor& Connection::new_descriptor() {
    leader();
    auto descriptor = std::make_unique<Descriptor>(Descriptor::Kind::Explicit, *this, nullptr);
    const std::scoped_lock lock(mutex);
    return *descriptors_.emplace_back(std::move(descriptor));
}

void Connection::free_descriptor(Descriptor& descriptor) {
    const std::scoped_lock lock(mutex);
    for (const auto& statement : statements_) statement->forget(descriptor);
    std::erase_if(descriptors_, [&](const auto& other) { return other.get() == &descriptor; });
}

}  // namespace freshread
