// A statement handle: the spec of what the application asked for, one underlying statement per node it ran
// on, and which of them holds the result.
//
//            prepare / setters: written through to active(), then recorded
//   +------+ ----------------> +---------------+ execute (driver/execution.h): carry, call  +-----------+
//   | bare |                   | spec revision |------------------------------------------> | result on |
//   +------+                   +---------------+ <----------------------------------------- |  active() |
//                                                 SQLCloseCursor, SQLFreeStmt(SQL_CLOSE)    +-----------+
//
// Carrying: an underlying statement remembers the revision of the spec it carries; before an execution only
// what is newer is applied. When nothing changed since the last run on that node, the cost is one comparison.
//
// Threads: ODBC lets one thread at a time use a statement, but for SQLCancel, which takes `cancel_mutex_`
// only; a change of the active underlying statement takes it, too.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "driver/classification_cache.h"
#include "driver/encoding.h"
#include "driver/replica_watch.h"
#include "driver/settled_route.h"
#include "driver/statement_text.h"
#include "driver/underlying_statement.h"
#include "routing/session.h"

namespace freshread {

class Connection;

// An execution that waits for data (SQL_NEED_DATA): what its end has to know.
struct PendingExecution {
    std::shared_ptr<const ClassifiedText> text{};
    Tracking tracking = Tracking::None;
};

class Statement {
 public:
    static constexpr HandleTag kTag = HandleTag::Statement;

    HandleTag tag = kTag;

    Diagnostics diagnostics{};
    Descriptor ard;
    Descriptor apd;
    Descriptor ird;
    Descriptor ipd;

    explicit Statement(Connection& connection);
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    void begin_call() {
        diagnostics.clear();
        handed_on_ = ready_ = fetching_ = nullptr;
    }
    void call_failed();
    void end_call() {
        if (handed_on_ == active_if_any() && diagnostics.empty()) ready_ = handed_on_;
    }
    // The active underlying statement while a call can be handed on to it with nothing to do before: the call
    // before was handed on to it, too, and left no records of ours. SQLFetch and SQLGetData are called once a
    // row and once a value: this is what keeps them at a few instructions. Null: go the long way.
    [[nodiscard]] UnderlyingStatement* ready() const { return ready_; }

    // The ready one, on a replica, when it has handed out a row already: whatever SQLFetch comes to now is
    // the application's business alone. Null: there is more to it.
    [[nodiscard]] UnderlyingStatement* fetching() const { return fetching_; }
    // SQLFetch of the ready one handed out rows.
    void fetched(UnderlyingStatement& ready) {
        ++ready.fetches;
        if (!ready.backend().is_leader()) fetching_ = &ready;
    }

    [[nodiscard]] Connection& connection() const { return *connection_; }

    // --- the underlying statements

    // The one that holds the result, or that setters are written through to; made on the session's node when
    // there is none. Throws DriverError.
    [[nodiscard]] UnderlyingStatement& active();
    [[nodiscard]] UnderlyingStatement* active_if_any() const {
        return active_.load(std::memory_order_relaxed);
    }
    // The one on `backend`, made there if it is missing. Throws DriverError.
    [[nodiscard]] UnderlyingStatement& on(Backend& backend) {
        UnderlyingStatement* underlying = active_if_any();
        return underlying && &underlying->backend() == &backend ? *underlying : other_on(backend);
    }
    // Makes it the active one; what another node still held of an earlier execution is closed.
    void activate(UnderlyingStatement& underlying) {
        if (active_if_any() != &underlying) change_active(underlying);
    }
    // Applies what is newer than it carries (statement_carrying.cpp). False when the driver refused
    // something: its records stay on its handle.
    [[nodiscard]] bool carry(UnderlyingStatement& underlying) {
        return underlying.revision == current_revision() || carry_all(underlying);
    }
    // Prepares the prepared text there, unless it is: at most once per node and text.
    [[nodiscard]] bool carry_text(UnderlyingStatement& underlying) {
        return underlying.text_revision == text_revision_ || prepare_on(underlying);
    }

    // --- calls handed on to the active one

    // `function` is a member of DriverLibrary. IM001 when the underlying driver does not have it.
    template <typename Function, typename... Arguments>
    SQLRETURN hand_on(Function DriverLibrary::*function, Arguments... arguments) {
        return on_active([&](UnderlyingStatement& underlying) {
            const auto call = underlying.library().*function;
            return call ? call(underlying.handle(), arguments...) : no_such_function();
        });
    }
    // `call` asks the active one. What a replica cannot say of a prepared text the leader is asked.
    template <typename Call>
    SQLRETURN on_active(const Call& call) {
        UnderlyingStatement* underlying = &active();
        handed_on_ = underlying;
        bool silent = false;
        SQLRETURN result = SQL_ERROR;
        if (underlying->backend().is_leader() || underlying->has_result) {
            result = call(*underlying);
        } else {
            WatchedCall watched(patience(underlying->backend()));
            result = call(*underlying);
            silent = watched.end();
        }
        if (result == SQL_ERROR &&
            (silent ? leave_silent_replica() : replica_cannot_tell() && leave_replica())) [[unlikely]] {
            underlying = active_if_any();
            handed_on_ = underlying;
            result = call(*underlying);
        }
        return result;
    }
    // The active one is a replica's, on which a prepared text waits, and its last error is about more than
    // the arguments of the call.
    [[nodiscard]] bool replica_cannot_tell() const;
    // Makes the leader's the active one, with the whole spec, when it is a replica's that has no result.
    // False when there was nothing to leave. Throws DriverError.
    bool leave_replica();
    // As leave_replica, of one that gave no sign of life.
    bool leave_silent_replica();
    // The active one, when SQLExecute would come to nothing but running there again what is prepared: a read
    // that is settled on a replica that carries everything, its last result closed. Null: go the long way.
    [[nodiscard]] UnderlyingStatement* ready_to_repeat();
    // Whose records are this statement's records, behind its own: null when the last call was answered here.
    [[nodiscard]] UnderlyingStatement* handed_on() const { return handed_on_; }
    void records_of(UnderlyingStatement& underlying) { handed_on_ = &underlying; }
    SQLRETURN no_such_function();

    // --- the spec

    SQLRETURN set_attribute(SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER length, bool wide);
    SQLRETURN get_attribute(SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER capacity, SQLINTEGER* length,
                            bool wide);
    SQLRETURN bind_column(const Binding& binding);
    SQLRETURN bind_parameter(const Binding& binding);
    // SQLFreeStmt: SQL_CLOSE, SQL_UNBIND, SQL_RESET_PARAMS.
    SQLRETURN free(SQLUSMALLINT option);
    template <typename Char>
    SQLRETURN prepare(Char* text, SQLINTEGER length);
    template <typename Char>
    SQLRETURN set_cursor_name(Char* name, SQLSMALLINT length);

    // An explicit descriptor is about to be freed: where it was in force the implicit one is again (ODBC,
    // SQLFreeHandle).
    void forget(const Descriptor& descriptor);

    // The connection of `backend` is gone, and its driver has freed its handles with it.
    void abandon(const Backend& backend);

    // What SQLExecute runs; null when there is nothing.
    [[nodiscard]] const std::shared_ptr<const ClassifiedText>& prepared() const { return prepared_class_; }
    // SQLExecDirect and catalog functions (null) replace what was prepared: the driver manager lets a
    // SQLExecute through that follows them, and drivers then run the direct text again, or have none. The
    // revision is what an underlying statement carries that has run it.
    template <typename View>
    void replace_prepared(std::shared_ptr<const ClassifiedText> is, View text) {
        // Not the text of the class: that may be another one of the same shape.
        text_.assign(text);
        prepared_class_ = std::move(is);
        ran_directly_ = true;
        ++text_revision_;
    }
    // SQLExecDirect was the last to give a text, and gave this one.
    template <typename View>
    [[nodiscard]] bool ran_directly(View text) const {
        return ran_directly_ && text_.is(text);
    }
    void forget_prepared() {
        prepared_class_.reset();
        ++text_revision_;
    }
    [[nodiscard]] std::uint64_t text_revision() const { return text_revision_; }
    [[nodiscard]] const StatementText& text() const { return text_; }
    // Runs that text there once, without keeping it prepared.
    SQLRETURN execute_text(UnderlyingStatement& underlying);
    [[nodiscard]] bool has_parameters() const { return !parameter_->bindings().empty(); }
    // The application chose a cursor through which it could write, or an attribute that only the leader may
    // see.
    [[nodiscard]] bool leader_only() const { return updatable_cursor_ || unknown_attribute_; }
    [[nodiscard]] std::optional<PendingExecution>& pending() { return pending_; }
    [[nodiscard]] SettledRoute& settled() { return settled_; }

    // The active underlying statement is a replica's with something to close. `end_cursor` closes it, and
    // forgets the prepared text, too, if `deleting`.
    [[nodiscard]] bool result_on_replica() const;
    void end_cursor(bool deleting);
    // Before an execution on another node: what the driver that holds an open cursor says to it, if it
    // refuses. Not every driver does, so it is asked; preparing has no effect but on that statement. (Whether
    // a cursor is open cannot be asked otherwise: SQLNumResultCols of psqlodbc may not return behind a
    // catalog function.)
    [[nodiscard]] std::optional<SQLRETURN> refused_by_open_cursor(const Backend& next) {
        UnderlyingStatement* before = active_if_any();
        if (!before || &before->backend() == &next || !before->has_result) return std::nullopt;
        return refused_by(*before);
    }

    // SQLCancel: from any thread, at once.
    SQLRETURN cancel();
    void begin_execution() { cancelled_.store(false, std::memory_order_relaxed); }
    [[nodiscard]] bool cancelled() const { return cancelled_.load(); }
    // While it lives the statement waits for news of the nodes, and SQLCancel announces some.
    class Waiting {
     public:
        explicit Waiting(Statement& statement) : waits_(statement.waits_) { waits_ = true; }
        ~Waiting() { waits_ = false; }
        Waiting(const Waiting&) = delete;
        Waiting& operator=(const Waiting&) = delete;

     private:
        std::atomic<bool>& waits_;
    };
    // SQLCancel was called since, or the application set a query timeout.
    [[nodiscard]] bool may_be_cancelled() const { return cancelled() || query_timeout_ != 0; }
    // SQL_ATTR_QUERY_TIMEOUT in seconds; zero for none. It is for the whole execution, whoever has a share in
    // it.
    [[nodiscard]] std::uint32_t query_timeout() const { return query_timeout_; }
    // The next executions there have this one; zero: the statement's own again.
    void limit_time(UnderlyingStatement& underlying, std::chrono::seconds timeout) const;
    // How long opening a replica may take; zero when the application set no query timeout.
    [[nodiscard]] std::chrono::milliseconds hurry() const { return std::chrono::seconds(query_timeout_) / 2; }
    // With a replica: half of the query timeout at most, so that the leader has the other half.
    [[nodiscard]] Patience patience(const Backend& backend) const {
        return query_timeout_ == 0 ? backend.patience() : patience_in_time(backend);
    }

 private:
    [[nodiscard]] std::uint64_t current_revision() const {
        return revision_ + row_->revision() + parameter_->revision() + ipd.revision();
    }
    [[nodiscard]] UnderlyingStatement& other_on(Backend& backend);
    void change_active(UnderlyingStatement& underlying);
    [[nodiscard]] bool carry_all(UnderlyingStatement& underlying);
    [[nodiscard]] bool prepare_on(UnderlyingStatement& underlying);
    [[nodiscard]] std::optional<SQLRETURN> refused_by(UnderlyingStatement& before);
    [[nodiscard]] bool carry_attributes(UnderlyingStatement& underlying) const;
    [[nodiscard]] bool carry_row(UnderlyingStatement& underlying) const;
    [[nodiscard]] bool carry_parameters(UnderlyingStatement& underlying) const;
    [[nodiscard]] Patience patience_in_time(const Backend& backend) const;
    SQLRETURN set_descriptor(SQLINTEGER attribute, SQLPOINTER value);
    template <typename Char>
    SQLRETURN prepare_as(std::shared_ptr<const ClassifiedText> classified, Char* text, SQLINTEGER length);
    // The active one, with the whole spec carried. Throws DriverError.
    UnderlyingStatement& active_carrying();
    [[noreturn]] static void refused_what_was_accepted();
    // A setter: on the active one, as `on_active`, and which one that was.
    struct WrittenThrough {
        SQLRETURN result;
        UnderlyingStatement& underlying;
    };
    template <typename Call>
    WrittenThrough write_through(const Call& call) {
        UnderlyingStatement* underlying = &active_carrying();
        SQLRETURN result = call(*underlying);
        if (result == SQL_ERROR && leave_replica()) {
            handed_on_ = underlying = active_if_any();
            result = call(*underlying);
        }
        return {result, *underlying};
    }

    UnderlyingStatement* ready_ = nullptr;
    UnderlyingStatement* fetching_ = nullptr;
    UnderlyingStatement* handed_on_ = nullptr;
    std::atomic<UnderlyingStatement*> active_{nullptr};
    Connection* connection_;
    Descriptor* row_;
    Descriptor* parameter_;
    // Raised by 2^32 when a descriptor is exchanged, so that the sum in current_revision never repeats.
    std::uint64_t revision_ = 1;
    std::vector<Attribute> attributes_{};
    std::uint64_t attributes_revision_ = 0;
    StatementText text_{};
    std::uint64_t text_revision_ = 0;
    bool ran_directly_ = false;
    std::shared_ptr<const ClassifiedText> prepared_class_{};
    std::string cursor_name_{};
    std::uint64_t cursor_name_revision_ = 0;
    std::uint32_t query_timeout_ = 0;
    bool updatable_cursor_ = false;
    bool unknown_attribute_ = false;
    std::optional<PendingExecution> pending_{};
    SettledRoute settled_{};
    std::vector<std::unique_ptr<UnderlyingStatement>> underlying_{};
    std::mutex cancel_mutex_{};
    std::atomic<bool> cancelled_{false};
    std::atomic<bool> waits_{false};
};

}  // namespace freshread
