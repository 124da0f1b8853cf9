// A connection handle: the nodes of its DSN and the underlying connections to them, the session machine, and
// what the application set.
//
//   +-----------+  connect: settings, leader opened, cluster and user found   +-----------+
//   | allocated | ----------------------------------------------------------> | connected |
//   +-----------+ <---------------------------------------------------------- +-----------+
//                  disconnect: writes settled, statements and backends freed
//
// `mutex` guards everything below it; it is held while deciding where a statement runs and while noting what
// came of it, never while the underlying driver executes. Leader calls that must not overlap with our own
// query are ordered by Backend::call_mutex, which is taken before `mutex`, never while holding it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "driver/backend.h"
#include "driver/classification_cache.h"
#include "driver/environment.h"
#include "driver/identity.h"
#include "driver/session_settings.h"
#include "driver/settings.h"
#include "driver/settled_route.h"
#include "driver/user_trackers.h"
#include "routing/critical_reads.h"
#include "routing/router.h"
#include "routing/session.h"
#include "state/knowledge.h"

namespace freshread {

struct ComparedSession;
class Descriptor;
class Statement;

class Connection {
 public:
    static constexpr HandleTag kTag = HandleTag::Connection;

    HandleTag tag = kTag;
    Diagnostics diagnostics{};

    explicit Connection(Environment& environment);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Locked: threads that share a connection may allocate statements at the same time.
    void begin_call() {
        const std::scoped_lock lock(mutex);
        diagnostics.clear();
        handed_on_ = nullptr;
    }

    // --- life (connection.cpp)

    // `dsn`: the keywords of its section are read. `given`: the connection string's keywords. `wide`: through
    // which entry the application came.
    SQLRETURN connect(const std::string& dsn, const KeywordList& given, bool wide);
    SQLRETURN disconnect();
    [[nodiscard]] bool connected() const { return leader_ != nullptr; }
    // The keywords that connect again.
    [[nodiscard]] const KeywordList& completed() const { return completed_; }
    // SQLBrowseConnect: what the application has given so far, before the connection is open.
    KeywordList browsed{};
    [[nodiscard]] Environment& environment() const { return *environment_; }

    [[nodiscard]] Statement& new_statement();
    void free_statement(Statement& statement);
    [[nodiscard]] Descriptor& new_descriptor();
    void free_descriptor(Descriptor& descriptor);

    // --- attributes and transactions (connection_attributes.cpp)

    // Text values: `text` holds them in UTF-8.
    SQLRETURN set_attribute(Attribute attribute);
    SQLRETURN get_attribute(SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER capacity, SQLINTEGER* length,
                            bool wide);
    SQLRETURN end_transaction(SQLSMALLINT completion);
    // Around a call that may publish a write; the caller holds the leader's call_mutex. `begin_write` opens
    // the user's mark, or throws DriverError when it cannot and OnStoreDown=error; `end_write` leaves the
    // mark to a monitor, where it may and can, or asks for the position and closes it. `hinted`: whom a
    // comment of the statement names. `capture`: Commit unless the call succeeded, since what became of it is
    // found out by asking.
    void begin_write(Tracking tracking, std::string_view hinted = {});
    // `synchronous`: the position is asked for, and returned, unknown when it could not be had: the caller
    // has it awaited.
    std::optional<Position> end_write(Tracking tracking, bool manual_commit, Capture capture,
                                      bool synchronous = false);
    // --- Policy=synchronous (connection_synchronous.cpp)
    // Whether a write of this tracking waits for replicas; `hinted`: the policy that a comment says.
    [[nodiscard]] bool writes_synchronously(Tracking tracking, std::optional<Policy> hinted);
    // Behind the write, without locks: waits until SyncReplicas= have applied it, or SQLCancel or
    // SyncTimeout= ends that. `statement`: what SQLCancel is called on, if it is one. Throws DriverError
    // (HYT00) with OnSyncTimeout=error.
    void await_replicas(const Position& written, Statement* statement);
    // Tries again what an earlier end_write could not settle. The caller holds the leader's call_mutex.
    void settle();

    // --- what the application decides while the connection lives (connection_choices.cpp)
    [[nodiscard]] SessionChoices choices() {
        const std::scoped_lock lock(mutex);
        return choices_;
    }
    [[nodiscard]] std::string user() {
        const std::scoped_lock lock(mutex);
        return identity_.user();
    }
    // A keyword of driver/session_choices.h gets the value; without one, the connection string's. False when
    // it is none of those. Throws DriverError (HY000) for a value that is not accepted, or that this database
    // cannot have; nothing has changed then. `may_choose` changes nothing at all. A policy may be chosen
    // before the connection is open; it then beats the connection string's.
    [[nodiscard]] bool may_choose(std::string_view keyword, const std::optional<std::string>& value);
    void choose(std::string_view keyword, const std::optional<std::string>& value);
    // SET freshread.user; nothing takes it back.
    void act_for(Identity::Word word, const std::optional<std::string>& user);
    // --- commit tokens (connection_tokens.cpp)
    // Of all that the session has written and seen, asked of the leader. Throws DriverError (25001) inside a
    // transaction. Takes the leader's call_mutex.
    [[nodiscard]] std::string token();
    // What a token stands for. Throws DriverError (22023).
    [[nodiscard]] Position position_in(std::string_view token) const;
    // The session's reads see what it stands for from now on. A warning; empty when there is nothing to warn
    // of. Throws DriverError (22023); nothing has changed then. Takes the leader's call_mutex.
    [[nodiscard]] std::string heed_token(const std::string& token);
    // As the connection string has it.
    void forget_token();

    // A warning that CriticalTables= names what the catalog does not have; empty when there is nothing to
    // warn of.
    [[nodiscard]] std::string missing_critical_tables();

    // RESET ALL and its like: as the connection string has it again. REQUIRES: the mutex.
    void forget_choices();
    // A statement is executed for whom it says, or the connection. REQUIRES: the mutex.
    const UserKey& acting_user(std::string_view hinted);

    // --- calls handed on to the leader

    // Throws DriverError (08003) when not connected.
    Backend& leader() const {
        if (!leader_) not_open();
        return *leader_;
    }
    // Whose records are this connection's records, behind its own; null when the last call was answered here.
    [[nodiscard]] Backend* handed_on() const { return handed_on_; }
    void records_of(Backend& backend) { handed_on_ = &backend; }

    // --- routing (connection_routing.cpp)

    template <typename View>
    [[nodiscard]] std::shared_ptr<const ClassifiedText> classify(View text) {
        const std::scoped_lock lock(mutex);
        heed_catalog();
        if constexpr (std::is_same_v<View, std::string_view>) {
            return classifications_.classify(text);
        } else {
            scratch_.clear();
            append_wide(text);
            return classifications_.classify(scratch_);
        }
    }
    // A replica refused it as a write: so it counts from now on, here and, without its literals, in every
    // process of the account.
    void refused_as_write(const ClassifiedText& text) {
        const std::scoped_lock lock(mutex);
        classifications_.refuse(text);
    }
    // What the session and the policy demand, and the node that follows from it. The node is open, and it
    // carries the session.
    struct Route {
        Backend* backend = nullptr;
        Reason reason = Reason::NoReplicas;
        Tracking tracking = Tracking::None;
        bool nothing_asks_leader = false;  // EmptyRead=leader; with Shadow=, of that replica
        NodeId shadowed = kLeader;         // Shadow=: the replica in whose place the leader serves it
        bool lags = false;                 // the leader for now: `on_lag` says what becomes of it
    };
    // `leader_only`: the statement has a cursor or attribute that binds it to the leader. `hurry`: how long
    // opening a replica may take at most; zero for as long as for others.
    [[nodiscard]] Route route(const ClassifiedText& text, bool leader_only,
                              std::chrono::milliseconds hurry = {}) {
        const std::scoped_lock lock(mutex);
        hurry_ = hurry;
        if (!leader_only && still(settled_, text))
            return {settled_.replica, Reason::ReadOnReplica, Tracking::None, false};
        return route_anew(text, leader_only);
    }
    // --- reads that no replica is far enough for (connection_lag.cpp)
    // OnLag= and LeaderBudget= of a read whose route lags: waits for a replica, without the mutex, as long as
    // they say and the statement is not cancelled. `begun`: the execution, if there is a query timeout.
    // Throws DriverError (HYT00).
    [[nodiscard]] Route on_lag(Statement& statement, const ClassifiedText& text, Route route, BootTime begun);
    // Those who wait on this host look again whether they still have to.
    void announce() {
        if (knowledge_) knowledge_->announce();
    }
    // What the text was proven with is what is known now. From any thread, without a lock.
    [[nodiscard]] bool proof_holds(const ClassifiedText& text) const {
        return text.proof == 0 || !catalog_ ||
               (text.proof == proof_.load(std::memory_order_relaxed) &&
                catalog_->revision() == catalog_revision_.load(std::memory_order_relaxed) &&
                !catalog_->unsure() && !ask_catalog_.load(std::memory_order_relaxed));
    }
    // The text, proven anew when its proof does not hold. Asks the leader about its catalog of relations
    // before when this process has changed it, or when nobody else asks; not inside a transaction. Without
    // locks held.
    [[nodiscard]] std::shared_ptr<const ClassifiedText> proven(std::shared_ptr<const ClassifiedText> text);
    // What is settled for reads that are free to go; from any thread. Locks only to give out a new one.
    [[nodiscard]] bool still(const SettledRoute& route, const ClassifiedText& text) const {
        return route.replica && text.free_to_go && (text.proof == 0 || text.proof == route.proof) &&
               route.epoch == epoch_.load(std::memory_order_acquire) &&
               (!catalog_ || (route.catalog == catalog_->revision() && coarse_now() < route.until)) &&
               knowledge_->still_holds(route.witness);
    }
    void give_settled(SettledRoute& route) {
        const std::scoped_lock lock(mutex);
        route = settled_;
    }
    // Something that routing looks at changes. REQUIRES: the mutex, until it has changed.
    void changed() { epoch_.fetch_add(1, std::memory_order_acq_rel); }
    // CREATE, ALTER or DROP ran on the leader. REQUIRES: the mutex.
    void defined();
    // The transaction is over: what was defined in it is there for all, or is not. REQUIRES: the mutex.
    void end_of_definitions() {
        if (defined_ && !session_.in_transaction()) definitions_ended();
    }
    // What a replica found nothing for may be asked on the leader: LeaderBudget= allows it.
    [[nodiscard]] bool may_ask_leader_again() const {
        return sources_[kLeader].record->within_budget(settings_.leader_budget, boot_now());
    }
    // A read that a replica could not answer goes to the leader.
    [[nodiscard]] Tracking tracking_of_retry(const ClassifiedText& text) {
        const std::scoped_lock lock(mutex);
        return tracking_of_read(text);
    }

    // --- replicas (connection_replicas.cpp)

    // The node on which a text is best prepared: the one that would run it now.
    [[nodiscard]] Backend& backend_to_prepare(const Statement& statement, const ClassifiedText& text);
    // The node that served this session last: where a new statement's setters go.
    [[nodiscard]] Backend& session_backend();
    // A replica failed to serve a read. It is avoided for a while; when its connection is dead it is opened
    // anew the next time. `silent`: it gave no sign of life, and its connection was broken off.
    void replica_failed(Backend& backend, bool silent);

    // --- transactions that read on a replica (connection_transactions.cpp)
    // If the transaction was ended, that of the replica's connection is, too. REQUIRES: the mutex.
    void follow_transaction(bool commit);
    // Before a statement of this class is sent to the leader: what the application takes for an open
    // transaction is one there, too, with its first query behind it. The caller holds the leader's
    // call_mutex.
    void open_on_leader(const StatementClass& statement);
    // Throws DriverError (40001) when a read that has to come from the transaction's replica cannot.
    void refuse_without_snapshot();
    // What this backend answers is the answer: the rest of the transaction's reads must not come from
    // elsewhere.
    [[nodiscard]] bool holds_snapshot(const Backend& backend) {
        const std::scoped_lock lock(mutex);
        return &backend == transaction_replica_ && snapshot_taken_;
    }

    [[nodiscard]] const Settings& settings() const { return settings_; }
    [[nodiscard]] Dialect dialect() const { return dialect_; }
    [[nodiscard]] const Session& session() const { return session_; }
    [[nodiscard]] Session& change_session() {
        changed();
        return session_;
    }
    [[nodiscard]] bool manual_commit() {
        const std::scoped_lock lock(mutex);
        return !session_.autocommit();
    }
    // A call on it or on one of its statements failed.
    void call_failed();
    [[nodiscard]] bool inside_transaction() {
        const std::scoped_lock lock(mutex);
        return session_.in_transaction() || !session_.autocommit();
    }
    [[nodiscard]] const UserTrackers& tracker() const { return tracker_; }
    // What the store knows of the connection's user. Throws StoreUnavailable.
    [[nodiscard]] UserLook look() {
        const std::scoped_lock lock(mutex);
        return tracker_.look(identity_.key());
    }

    // --- the session (connection_session.cpp)

    // A statement of the application's succeeded on the leader: what it did to settings and savepoints.
    // REQUIRES: the mutex.
    void note_session_state(const ClassifiedText& text);
    [[nodiscard]] std::size_t nodes() const { return sources_.size(); }
    // Null where the store of users' positions cannot be used.
    [[nodiscard]] const std::shared_ptr<Knowledge>& knowledge() const { return knowledge_; }
    [[nodiscard]] bool has_positions() const { return positions_; }
    [[nodiscard]] const std::string& name_of_node(NodeId node) const { return sources_[node].name; }
    // How calls to a node are watched: ReplicaTimeout, if it is given. Otherwise they are watched in a
    // process that has several threads anyway, and for executions in a hurry: with a query timeout. The
    // leader's answer is waited for as the application would wait for it.
    [[nodiscard]] Patience patience_with(NodeId node) const;
    [[nodiscard]] Patience patience_in_hurry() const;
    // What this connection has itself learnt of the node; nothing when it has not opened it.
    [[nodiscard]] std::optional<Sample> learnt_of(NodeId node);
    // How much the node has served in this process.
    [[nodiscard]] std::uint64_t served_by(NodeId node) const;
    [[nodiscard]] bool kept_on_leader() {
        const std::scoped_lock lock(mutex);
        return session_.kept_on_leader();
    }
    [[nodiscard]] const NodeRecord& node_record(NodeId node) const { return *sources_[node].record; }
    // Each once, the leader's first.
    [[nodiscard]] std::vector<const NodeRecord*> node_records() const;
    // Executions are told of one by one: by Explain= or in the log.
    [[nodiscard]] bool tells() const { return explains() || logs(LogLevel::Debug); }
    [[nodiscard]] bool explains() const { return explains_.load(std::memory_order_relaxed); }
    [[nodiscard]] bool logs(LogLevel level) const { return log_ && log_->wants(level); }
    // `message`: without texts of statements, passwords and user names.
    void log(LogLevel level, const std::string& message) const {
        if (logs(level)) log_->write(level, message);
    }
    // An execution's way in words.
    [[nodiscard]] std::string told(NodeId node, Reason reason) const;
    // The decision of an execution; what keeps all of them on the leader is a warning, once.
    void log_route(const Backend& backend, Reason reason);
    // Counts an execution and keeps its way for SHOW freshread.last_route. From any thread.
    void count(const Backend& backend, Reason reason) {
        backend.record().count(reason);
        last_route_.store({backend.node(), reason, true}, std::memory_order_relaxed);
    }
    // Counts a read that the leader served in a replica's place.
    void count_shadowed(NodeId replica) const { sources_[replica].record->count_shadowed(); }
    // --- Shadow=compare (connection_comparing.cpp)
    // The leader has answered a read in a replica's place: with Shadow=compare it is compared what the
    // replica answers, or counted why it is not. Waits for nothing.
    void compare(const Statement& statement, const std::shared_ptr<const ClassifiedText>& text,
                 const Route& route) noexcept;
    struct alignas(std::uint32_t) LastRoute {  // one word
        NodeId node = kLeader;
        Reason reason = Reason::NoReplicas;
        bool known = false;  // something was executed
    };
    [[nodiscard]] LastRoute last_route() const { return last_route_.load(std::memory_order_relaxed); }
    // What the last read had to see that was asked for a position; unknown when none was.
    [[nodiscard]] Position last_requirement() {
        const std::scoped_lock lock(mutex);
        return last_requirement_;
    }
    // Where a question to the driver is answered: not inside the application's transaction, if that can be.
    [[nodiscard]] Backend& answering_backend() {
        const std::scoped_lock lock(mutex);
        const bool inside = session_.in_transaction() || !session_.autocommit();
        return inside && last_replica_ ? *last_replica_ : leader();
    }
    // It is the data source of a node, or of none: what a driver calls a connection without one.
    [[nodiscard]] bool names_node(std::string_view data_source) const;
    void leader_served() {
        changed();
        last_on_replica_ = false;
        if (choices_.monotonic == Monotonic::Strict) read_on_leader();
        // What a temporary object hides, and what it no longer does, is looked at again.
        if (had_temporary_ || session_.has_temporary()) catalog_revision_ = 0;
        had_temporary_ = session_.has_temporary();
    }

    std::mutex mutex{};

 private:
    [[noreturn]] static void not_open();
    void open_leader();
    [[nodiscard]] Capture capture_of_writes() const;
    // SQL_ATTR_RESET_CONNECTION: the connection goes back to the driver manager's pool.
    SQLRETURN reset(const Attribute& attribute);
    // User= names somebody else now than when the connection was made: the pool must not lend it.
    [[nodiscard]] bool made_for_another() const;
    // Whether replicas can be given the attribute: nobody can say what one is that only its driver knows.
    [[nodiscard]] bool may_be_carried(SQLINTEGER attribute) const;
    // What an attribute says about transactions.
    void heed(const Attribute& attribute);
    void heed_attributes_set_before();
    // The driver manager takes for granted that the end of a transaction did to all cursors what the leader's
    // driver does to its own. The caller holds `mutex`.
    void end_cursors_on_replicas(SQLSMALLINT completion);
    // False when the position has to be asked.
    [[nodiscard]] bool leave_write();
    // `written`: what is to be awaited then, as `end_write` gives it.
    SQLRETURN ending_transaction(Tracking tracking, std::optional<Position>& written,
                                 const std::function<SQLRETURN()>& end);
    void identify();
    void append_wide(std::basic_string_view<SQLWCHAR> text);
    // Null when the node cannot be opened now.
    [[nodiscard]] Backend* open_replica(NodeId node);
    [[nodiscard]] UserFacts ask_store(const UserKey& user, Witness& witness);
    // Throws DriverError (HY000) for what this database, or this data source, cannot have.
    void require_possible(const SessionChoices& choices) const;
    void require_positions(const SessionChoices& choices) const;
    void require_possible(const CriticalTables& tables) const;
    [[nodiscard]] std::optional<SessionChoices> with_choice(std::string_view keyword,
                                                            const std::optional<std::string>& value) const;
    void take(const SessionChoices& choices);
    // TokenKeyFile= and Token=; the leader has told its position, if it could.
    void read_given_token();
    // Of the session's token, and of the one in a comment.
    [[nodiscard]] Requirement requirement_of_tokens(std::string_view hinted);
    // SQL_ATTR_CONNECTION_DEAD is asked, which is all that tells that the driver manager lends the
    // connection.
    void borrowed();
    // Nothing stays of who had it. REQUIRES: the mutex.
    void returned_to_pool();
    // `stale`: a replica does that is not far enough.
    [[nodiscard]] Route route_anew(const ClassifiedText& text, bool leader_only, bool stale = false);
    // Why the read cannot be compared. REQUIRES: the mutex.
    [[nodiscard]] std::optional<Comparison> hindrance(const Statement& statement,
                                                      const StatementClass& is) const;
    void join_comparing();
    void end_comparing();
    // --- OnLag (connection_lag.cpp)
    // There is more to do about a read that lags than to ask the leader. REQUIRES: the mutex.
    [[nodiscard]] bool heeds_lag() const {
        return choices_.shadow == Shadow::No && (choices_.on_lag != OnLag{} || settings_.leader_budget != 0);
    }
    // MaxLag=: until when the replica is known to be no further behind. Nothing: it is, or nobody knows.
    // `backend`: the connection to it, if there is one. REQUIRES: the mutex, and that MaxLag is set.
    [[nodiscard]] std::optional<BootTime> within_max_lag(NodeId node, Backend* backend) const;
    // The same, whether MaxLag is set or not.
    [[nodiscard]] bool is_too_far(NodeId node, Backend* backend) const {
        return choices_.max_lag.count() != 0 && !within_max_lag(node, backend);
    }
    void want_to_know_lag();
    [[nodiscard]] BootTime end_of_wait(const Statement& statement, const OnLag& on_lag, BootTime begun) const;
    [[nodiscard]] Route await_replica(Statement& statement, const ClassifiedText& text, Route route,
                                      bool budgeted, BootTime end);
    [[noreturn]] void refuse_lagging(Reason reason);
    // --- the catalog of relations (connection_catalog.cpp)
    void open_catalog();
    void refresh_catalog();
    // REQUIRES: the mutex.
    [[nodiscard]] bool may_ask_about_catalog();
    // Asks the leader: what reads are proven with is what it has now. REQUIRES: the mutex, not the leader's
    // call_mutex.
    [[nodiscard]] bool catalog_still_holds();
    // Takes over what has changed of the catalog or of temporary names. REQUIRES: the mutex.
    void heed_catalog() {
        if (catalog_ && catalog_->revision() != catalog_revision_.load(std::memory_order_relaxed))
            renew_proofs();
    }
    void renew_proofs();
    // What the policy demands is demanded of this read: it may touch a critical table.
    [[nodiscard]] bool must_be_fresh(const ClassifiedText& text);
    // A read goes to a replica: the leader is to be asked whether the catalog still holds if that was not
    // done for long. REQUIRES: the mutex.
    void keep_catalog_for_replicas(const ClassifiedText& text);
    void want_catalog();
    void definitions_ended();
    // A read goes to the leader with a catalog too old to say that it writes nothing. REQUIRES: the mutex.
    [[nodiscard]] Tracking tracking_of_read(const ClassifiedText& text);
    // The rest REQUIRES the mutex.
    void end_on_replica(bool commit);
    // Whether the statement may go to a replica although it is inside a transaction, as `splitting` says.
    [[nodiscard]] Splitting learn_splitting(const StatementClass& statement);
    void learn_default_modes();
    // The transaction is open there, and has its settings.
    [[nodiscard]] bool carry_transaction(Backend& backend, Splitting splitting);
    // Something failed in it on the leader, which answers nothing more before it is rolled back.
    [[nodiscard]] bool aborted_on_leader();
    [[nodiscard]] Route route_in_snapshot(const StatementClass& statement, bool leader_only);
    // ReadOnly=yes: says so to the leader, whose word then counts. False when it refuses.
    [[nodiscard]] bool make_read_only();
    [[noreturn]] void lose_snapshot();
    void note_savepoint(std::string_view text);
    void fill_candidates(const Requirement& requirement);
    // The account's other processes see what this one has counted.
    void show_counts();
    // What the board says of it, which is all that is known of it from then on.
    std::optional<Sample> learn_of(Backend& backend) const;
    void refresh(Backend& backend, const Requirement& requirement);
    void settle_on(Backend& backend, const ClassifiedText& text, Witness witness);
    // --- Monotonic= (connection_seen.cpp); the mutex is REQUIRED
    [[nodiscard]] bool keeps_order() const;
    // What a replica must have besides, if it is not the one that is read on.
    [[nodiscard]] Requirement of_what_was_seen();
    // The one that is read on is left for another.
    [[nodiscard]] Requirement of_leaving();
    [[nodiscard]] bool prove_seen();
    void reads_on(Backend& backend);
    void read_on_leader();
    void forget_seen();
    [[nodiscard]] bool enough_have_applied(const Position& position);
    [[nodiscard]] bool await_enough(const Position& position, Statement* statement);
    [[nodiscard]] bool carry_session(Backend& backend);
    [[nodiscard]] bool carry_settings(Backend& backend);
    void setting_refused(const Backend& backend);
    // Of all settings as the leader has them now. False: not now, or not at all.
    [[nodiscard]] bool carry_leaders_values(Backend& backend);
    // Of the newer settings whose values the texts do not tell. False: not now.
    [[nodiscard]] bool ask_setting_values(std::uint64_t revision);
    [[nodiscard]] SessionSettings& change_session_settings() {
        changed();
        return session_settings_;
    }
    // The transaction ended on the leader, with COMMIT or without.
    void settings_committed();
    void settings_rolled_back();
    // As a statement that gives them to another node. The caller holds the leader's call_mutex.
    [[nodiscard]] std::optional<std::string> leaders_values(const std::vector<std::string>& names);

    Environment* environment_;
    Settings settings_{};
    SessionChoices choices_{};
    std::atomic<bool> explains_{false};  // of choices_
    Identity identity_{};
    std::string token_key_{};
    Position given_token_{};                 // of the connection string
    Position token_{};                       // what reads have to see beside; unknown: nothing
    Position leader_seen_{};                 // the leader has been there
    std::optional<Policy> policy_before_{};  // that was chosen before the connection was open
    bool chosen_ = false;                    // the application has changed something of these
    std::shared_ptr<const Log> log_{};
    std::shared_ptr<const ComparedSession> compared_{};  // whose reads are compared; null: none yet
    bool ran_unknown_code_ = false;                      // which may have changed the session's settings
    std::atomic<bool> warned_{false};                    // of what keeps the session on the leader
    std::string user_template_{};                        // what settings_.user was made of
    UserTemplateValues user_values_{};
    KeywordList completed_{};
    bool wide_ = false;
    std::vector<NodeSource> sources_{};                 // by NodeId
    std::vector<std::unique_ptr<Backend>> backends_{};  // by NodeId; null: not open
    std::vector<std::unique_ptr<Backend>>
        retired_{};  // broken, kept while statements may still show results of theirs
    std::vector<Candidate> candidates_{};
    Backend* leader_ = nullptr;
    Backend* last_replica_ = nullptr;
    Backend* transaction_replica_ = nullptr;  // where the open transaction reads, if not on the leader
    bool one_snapshot_ = false;               // its reads have to be of one snapshot
    bool snapshot_taken_ = false;             // and the replica has served one already
    bool snapshot_lost_ = false;              // the transaction has to be ended
    bool last_on_replica_ = false;
    // What the session's reads have shown: what its reads on one replica have (it may be gone since), and
    // what the leader had at a position.
    const Backend* read_on_ = nullptr;
    Position seen_{};
    // A sample of the leader after this covers what was read on `read_on_`, or, if that is null, on the
    // leader.
    std::optional<SampleTicket> left_{};
    SettledRoute settled_{};
    Position last_requirement_{};
    std::chrono::milliseconds hurry_{0};
    std::atomic<LastRoute> last_route_{LastRoute{}};
    std::atomic<std::uint64_t> epoch_{1};
    Backend* handed_on_ = nullptr;
    std::vector<Attribute> attributes_{};
    std::uint64_t attributes_revision_ = 0;
    std::uint64_t attributes_at_connect_ = 0;
    Dialect dialect_ = Dialect::Generic;
    bool positions_ = false;  // the engine has them
    SignOfLife sign_of_life_ = SignOfLife::None;
    std::uint64_t cluster_ = 0;
    Session session_{};
    SessionSettings session_settings_{};
    ClassificationCache classifications_{Dialect::Generic};
    std::string scratch_{};
    std::shared_ptr<Knowledge> knowledge_{};
    Catalog* catalog_ = nullptr;  // the knowledge's; null: relations are taken as plain
    std::shared_ptr<const RelationCatalog> relations_{};  // as reads are proven with
    std::unique_ptr<CriticalReads> critical_reads_{};     // in `relations_`; null: all are
    // Of `relations_`; 0: what they prove has to be looked at again.
    std::atomic<std::uint64_t> catalog_revision_{0};
    std::atomic<std::uint64_t> proof_{1};  // ClassifiedText::proof under `relations_`
    bool had_temporary_ = false;
    bool defined_ = false;                  // in the transaction that is open
    std::atomic<bool> ask_catalog_{false};  // the connection has to, since no monitor can
    BootTime catalog_asked_{0};
    BootTime catalog_took_{0};
    UserTrackers tracker_{};
    bool hides_transactions_ = false;  // the leader's driver does, or may do
    std::vector<std::unique_ptr<Statement>> statements_{};
    std::vector<std::unique_ptr<Descriptor>> descriptors_{};
    std::uint64_t random_ = 0;
    BootTime counts_shown_{0};
};

}  // namespace freshread
