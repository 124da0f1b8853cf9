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
#include "driver/session_settings.h"
#include "driver/settings.h"
#include "driver/settled_route.h"
#include "driver/write_tracker.h"
#include "routing/router.h"
#include "routing/session.h"
#include "state/knowledge.h"

namespace freshread {

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
    // ----------------------------------------------------------------------------------------- `dsn`: the
    // keywords of its section are read. `given`: the connection string's keywords. `wide`: through which
    // entry the application came.
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
    // ------------------------------------------------------- Text values: `text` holds them in UTF-8.
    SQLRETURN set_attribute(Attribute attribute);
    SQLRETURN get_attribute(SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER capacity, SQLINTEGER* length,
                            bool wide);
    SQLRETURN end_transaction(SQLSMALLINT completion);
    // Around a call that may publish a write; the caller holds the leader's call_mutex. `begin_write` opens
    // the user's mark, or throws DriverError when it cannot and OnStoreDown=error; `end_write` asks for the
    // position and closes the mark.
    void begin_write(Tracking tracking);
    void end_write(Tracking tracking, bool manual_commit);
    // Tries again what an earlier end_write could not settle. The caller holds the leader's call_mutex.
    void settle();

    // --- calls handed on to the leader
    // --------------------------------------------------------------------------------- Throws DriverError
    // (08003) when not connected.
    Backend& leader() const {
        if (!leader_) not_open();
        return *leader_;
    }
    // Whose records are this connection's records, behind its own; null when the last call was answered here.
    [[nodiscard]] Backend* handed_on() const { return handed_on_; }
    void records_of(Backend& backend) { handed_on_ = &backend; }

    // --- routing (connection_routing.cpp)
    // ---------------------------------------------------------------------------
    template <typename View>
    [[nodiscard]] std::shared_ptr<const ClassifiedText> classify(View text) {
        const std::scoped_lock lock(mutex);
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
    };
    // `leader_only`: the statement has a cursor or attribute that binds it to the leader.
    [[nodiscard]] Route route(const ClassifiedText& text, bool leader_only) {
        const std::scoped_lock lock(mutex);
        if (text.free_to_go && !leader_only && still(settled_))
            return {settled_.replica, Reason::ReadOnReplica, Tracking::None};
        return route_anew(text.is, leader_only);
    }
    // What is settled for reads that are free to go; from any thread. Locks only to give out a new one.
    [[nodiscard]] bool still(const SettledRoute& route) const {
        return route.replica && route.epoch == epoch_.load(std::memory_order_acquire) &&
               knowledge_->still_holds(route.witness);
    }
    void give_settled(SettledRoute& route) {
        const std::scoped_lock lock(mutex);
        route = settled_;
    }
    // Something that routing looks at changes. REQUIRES: the mutex, until it has changed.
    void changed() { epoch_.fetch_add(1, std::memory_order_acq_rel); }
    // The node on which a text is best prepared: the one that would run it now.
    [[nodiscard]] Backend& backend_to_prepare(const Statement& statement, const ClassifiedText& text);
    // The node that served this session last: where a new statement's setters go.
    [[nodiscard]] Backend& session_backend();
    // A replica failed to serve a read. It is avoided for a while; when its connection is dead it is opened
    // anew the next time.
    void replica_failed(Backend& backend);

    [[nodiscard]] const Settings& settings() const { return settings_; }
    [[nodiscard]] const Session& session() const { return session_; }
    [[nodiscard]] Session& change_session() {
        changed();
        return session_;
    }
    [[nodiscard]] bool manual_commit() {
        const std::scoped_lock lock(mutex);
        return !session_.autocommit();
    }
    [[nodiscard]] const WriteTracker& tracker() const { return tracker_; }
    // A statement of the application's succeeded on the leader: what it did to settings and savepoints.
    // REQUIRES: the mutex.
    void note_session_state(const ClassifiedText& text);
    [[nodiscard]] const std::string& name_of_node(NodeId node) const { return sources_[node].name; }
    // Each once, the leader's first.
    [[nodiscard]] std::vector<const NodeRecord*> node_records() const;
    // Counts an execution and keeps its way for SHOW freshread.last_route. From any thread.
    void count(const Backend& backend, Reason reason) {
        backend.record().count(reason);
        last_route_.store({backend.node(), reason, true}, std::memory_order_relaxed);
    }
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
    [[nodiscard]] Dialect dialect() const { return dialect_; }
    // It is the data source of a node, or of none: what a driver calls a connection without one.
    [[nodiscard]] bool names_node(std::string_view data_source) const;
    void leader_served() {
        changed();
        last_on_replica_ = false;
    }

    std::mutex mutex{};

 private:
    [[noreturn]] static void not_open();
    void open_leader();
    // SQL_ATTR_RESET_CONNECTION: the connection goes back to the driver manager's pool.
    SQLRETURN reset(const Attribute& attribute);
    // User= names somebody else now than when the connection was made: the pool must not lend it.
    [[nodiscard]] bool made_for_another() const;
    // Whether replicas can be given the attribute: nobody can say what one is that only its driver knows.
    [[nodiscard]] bool may_be_carried(SQLINTEGER attribute) const;
    void heed_attributes_set_before();
    // The driver manager takes for granted that the end of a transaction did to all cursors what the leader's
    // driver does to its own. The caller holds `mutex`.
    void end_cursors_on_replicas(SQLSMALLINT completion);
    SQLRETURN ending_transaction(Tracking tracking, const std::function<SQLRETURN()>& end);
    void identify();
    void append_wide(std::basic_string_view<SQLWCHAR> text);
    // Null when the node cannot be opened now.
    [[nodiscard]] Backend* open_replica(NodeId node);
    [[nodiscard]] UserFacts ask_store(Witness& witness);
    [[nodiscard]] Route route_anew(const StatementClass& statement, bool leader_only);
    void fill_candidates(const Requirement& requirement);
    void refresh(Backend& backend, const Requirement& requirement);
    [[nodiscard]] bool carry_session(Backend& backend);
    [[nodiscard]] bool carry_settings(Backend& backend);
    // Of the settings whose values the texts do not tell. False: not now.
    [[nodiscard]] bool ask_setting_values();
    [[nodiscard]] SessionSettings& change_session_settings() {
        changed();
        return session_settings_;
    }
    void settings_committed();

    Environment* environment_;
    Settings settings_{};
    std::string user_template_{};  // what settings_.user was made of
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
    bool last_on_replica_ = false;
    SettledRoute settled_{};
    Position last_requirement_{};
    std::atomic<LastRoute> last_route_{LastRoute{}};
    std::atomic<std::uint64_t> epoch_{1};
    Backend* handed_on_ = nullptr;
    std::vector<Attribute> attributes_{};
    std::uint64_t attributes_revision_ = 0;
    std::uint64_t attributes_at_connect_ = 0;
    Dialect dialect_ = Dialect::Generic;
    bool positions_ = false;  // the engine has them
    std::uint64_t cluster_ = 0;
    Session session_{};
    SessionSettings session_settings_{};
    ClassificationCache classifications_{Dialect::Generic};
    std::string scratch_{};
    std::shared_ptr<Knowledge> knowledge_{};
    WriteTracker tracker_{};
    std::vector<std::unique_ptr<Statement>> statements_{};
    std::vector<std::unique_ptr<Descriptor>> descriptors_{};
    std::uint64_t random_ = 0;
};

}  // namespace freshread
