#include "driver/execution.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

#include "driver/command.h"
#include "driver/connection.h"
#include "driver/empty_read.h"

namespace freshread {

namespace {

const std::shared_ptr<const ClassifiedText>& positioned_write() {
    static const std::shared_ptr<const ClassifiedText> text = [] {
        auto write = std::make_shared<ClassifiedText>();
        write->is.kind = StatementKind::Write;
        write->is.reason = Reason::Write;
        write->is.statements = 1;
        return write;
    }();
    return text;
}

bool waits_for_data(SQLRETURN result) {
    return result == SQL_NEED_DATA || result == SQL_PARAM_DATA_AVAILABLE;
}

// The application ended it itself, called out of order or did not bind what the text needs: the answer is its
// own, wherever the statement ran.
bool answers_application(const Statement& statement, std::string sqlstate) {
    if (sqlstate.starts_with("S1")) sqlstate.replace(0, 2, "HY");  // as drivers tell applications of ODBC 2
    if (sqlstate == "HY008" || sqlstate == "HYT00" || sqlstate == "HY010" || sqlstate == "24000") return true;
    // PostgreSQL reports a cancelled query and a query timeout alike, and a limit of the replica's own, too.
    if (sqlstate == "57014") return statement.may_be_cancelled();
    return sqlstate.starts_with("07");
}

// What a driver finds wrong with a fetch itself, or with a value of a row, is the same on every node.
bool is_about_the_call(std::string_view sqlstate) {
    if (sqlstate == "HY000" || sqlstate == "S1000") return false;
    constexpr std::array<std::string_view, 6> kOfTheDriver{"HY", "S1", "01", "07", "22", "24"};
    return std::any_of(kOfTheDriver.begin(), kOfTheDriver.end(),
                       [&](std::string_view of) { return sqlstate.starts_with(of); });
}

// A replica refused it as a write: what was taken for a read is one. Source: PostgreSQL, "Error Codes"
// (read_only_sql_transaction); MariaDB, "Error Codes" (ER_OPTION_PREVENTS_STATEMENT,
// ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION).
bool refused_as_write(const DiagnosticRecord& record) {
    constexpr SQLINTEGER kReadOnlyServer = 1290;
    constexpr SQLINTEGER kReadOnlyTransaction = 1792;
    if (record.sqlstate == "25006") return true;
    return (record.sqlstate == "HY000" || record.sqlstate == "S1000") &&
           (record.native == kReadOnlyServer || record.native == kReadOnlyTransaction);
}

void close_result(UnderlyingStatement& underlying) {
    if (underlying.library().FreeStmt) underlying.library().FreeStmt(underlying.handle(), SQL_CLOSE);
    underlying.has_result = false;
}

// What became of a statement on the leader: the write's position, then the session machine. Gives what
// Policy=synchronous has to await, as Connection::end_write.
std::optional<Position> note_outcome(Connection& connection, UnderlyingStatement& underlying,
                                     const ClassifiedText& text, Tracking tracking, SQLRETURN result,
                                     bool prepared = false) {
    const bool succeeded = SQL_SUCCEEDED(result) || result == SQL_NO_DATA;
    std::optional<Position> written;
    // A transaction is open again behind it: our query must not run inside that, so a mark that is not left
    // to a monitor stays until it ends.
    const bool chained =
        text.is.verb == TransactionVerb::CommitAndChain || text.is.verb == TransactionVerb::RollbackAndChain;
    if (tracking != Tracking::None) {
        // psqlodbc composes a statement's records when they are first asked for, from the connection's last
        // error: before our query.
        if (result != SQL_SUCCESS)
            (void)first_sqlstate(underlying.library(), SQL_HANDLE_STMT, underlying.handle());
        const Tracking ended = chained ? Tracking::Effect : tracking;
        const bool synchronous = succeeded && connection.writes_synchronously(ended, text.is.hints.policy);
        written = connection.end_write(ended, connection.manual_commit(),
                                       succeeded ? Capture::Monitor : Capture::Commit, synchronous);
    }
    const std::scoped_lock lock(connection.mutex);
    if (succeeded) connection.note_session_state(text);
    const auto outcome = succeeded ? Session::Outcome::Succeeded : Session::Outcome::Failed;
    const bool harmless = text.is.kind == StatementKind::Read || text.is.only_sets;
    if (harmless && tracking != Tracking::None) {
        // Not proven after all: the catalog was too old.
        StatementClass unproven = text.is;
        unproven.kind = StatementKind::Unknown;
        unproven.effect_before_commit = unproven.may_set = true;
        connection.change_session().after(unproven, outcome);
    } else {
        Session& session = connection.change_session();
        const bool open = session.in_transaction();
        session.after(text.is, outcome);
        if (prepared && !open && session.in_transaction() && session.autocommit()) session.opened_unnoticed();
    }
    connection.end_of_definitions();
    if (text.is.defines) connection.defined();
    connection.follow_transaction(text.is.verb == TransactionVerb::Commit);
    connection.leader_served();
    return written;
}

[[gnu::noinline]] void settle_now(Connection& connection) {
    const std::scoped_lock calls(connection.leader().call_mutex);
    connection.settle();
}

void settle(Connection& connection) {
    if (connection.tracker().unsettled()) settle_now(connection);
}

// What a replica has left of the query timeout that the application set; zero when it set none.
std::chrono::seconds time_left(const Statement& statement, BootTime begun) {
    if (statement.query_timeout() == 0) return {};
    const auto spent = boot_now() - begun;
    const auto left =
        std::chrono::ceil<std::chrono::seconds>(std::chrono::seconds(statement.query_timeout()) - spent);
    if (left.count() <= 0) throw DriverError("HYT00", "The query timeout expired");
    return left;
}

// Policy=synchronous. Without locks.
[[gnu::noinline]] void await_replicas(Statement& statement, const Position& written) {
    try {
        statement.connection().await_replicas(written, &statement);
    } catch (const DriverError&) {
        // The driver manager allows nothing to be fetched behind an error.
        if (UnderlyingStatement* underlying = statement.active_if_any()) close_result(*underlying);
        throw;
    }
}

// What a call on the leader leaves to do; `calls` is the leader's call_mutex, given back before anything is
// awaited.
void end_on_leader(std::unique_lock<std::mutex> calls, Statement& statement, UnderlyingStatement& underlying,
                   const ClassifiedText& text, Tracking tracking, SQLRETURN result, bool prepared = false) {
    const auto written = note_outcome(statement.connection(), underlying, text, tracking, result, prepared);
    calls.unlock();
    if (written) [[unlikely]]
        await_replicas(statement, *written);
}

// `timeout`: instead of the statement's own; zero for that.
SQLRETURN run_on_leader(Statement& statement, const Execution& execution, Tracking tracking,
                        std::chrono::seconds timeout = {}) {
    Connection& connection = statement.connection();
    Backend& leader = connection.leader();
    if (const auto refused = statement.refused_by_open_cursor(leader)) return *refused;
    UnderlyingStatement& underlying = statement.on(leader);
    statement.records_of(underlying);
    if (!statement.carry(underlying)) return SQL_ERROR;
    if (execution.prepared && !statement.carry_text(underlying)) return SQL_ERROR;
    statement.activate(underlying);
    if (timeout.count() != 0 || underlying.shortened_timeout) [[unlikely]]
        statement.limit_time(underlying, timeout);

    std::unique_lock calls(leader.call_mutex);
    connection.open_on_leader(execution.text->is);
    connection.begin_write(tracking, execution.text->is.hints.user);
    const SQLRETURN result = execution.call(underlying);
    underlying.executed();
    if (waits_for_data(result)) {
        statement.pending() = PendingExecution{execution.text, tracking};
        return result;
    }
    end_on_leader(std::move(calls), statement, underlying, *execution.text, tracking, result,
                  execution.prepared);
    return result;
}

// A replica did not answer a read with a result. What it answered, if that is for the application; nothing
// when the leader has to answer, `tracking` then says how.
[[gnu::noinline]] std::optional<SQLRETURN> not_served(Statement& statement, const ClassifiedText& text,
                                                      UnderlyingStatement& underlying, SQLRETURN result,
                                                      bool silent, Tracking& tracking) {
    if (silent) {
        statement.connection().replica_failed(underlying.backend(), true);
        return std::nullopt;
    }
    if (statement.connection().holds_snapshot(underlying.backend())) {
        if (!underlying.backend().dead()) return result;
        // Gone with its snapshot: the transaction has to be started again, which 40001 says.
        statement.connection().replica_failed(underlying.backend(), false);
        return std::nullopt;
    }
    if (waits_for_data(result)) {
        // Data given piece by piece cannot be given a second time: the leader is asked before the first
        // piece.
        if (const auto cancel = underlying.library().Cancel) cancel(underlying.handle());
        underlying.has_result = false;
        return std::nullopt;
    }
    const DiagnosticRecord record = first_record(underlying.library(), SQL_HANDLE_STMT, underlying.handle());
    if (answers_application(statement, record.sqlstate)) return result;
    if (refused_as_write(record)) {
        tracking = Tracking::Commit;
        statement.connection().refused_as_write(text);
        statement.connection().log(
            LogLevel::Warn, "the replica '" + underlying.backend().record().name() +
                                "' refused a read as a write; such texts go to the leader from now on" +
                                named_by(text.is));
    }
    statement.connection().replica_failed(underlying.backend(), false);
    return std::nullopt;
}

// Runs a read on a replica, `timeout` as with `run_on_leader`. Nothing when the replica could not answer it,
// so that the leader has to; `tracking` then says how.
std::optional<SQLRETURN> run_on_replica(Statement& statement, const Execution& execution, Backend& replica,
                                        Tracking& tracking, std::chrono::seconds timeout = {}) {
    Connection& connection = statement.connection();
    if (const auto refused = statement.refused_by_open_cursor(replica)) return *refused;
    UnderlyingStatement* underlying = nullptr;
    WatchedCall watched(statement.patience(replica));
    try {
        underlying = &statement.on(replica);
        if (!statement.carry(*underlying)) return std::nullopt;
        if (execution.prepared && !statement.carry_text(*underlying)) {
            connection.replica_failed(replica, watched.end());
            return std::nullopt;
        }
    } catch (const DriverError&) {
        statement.diagnostics.clear();
        connection.replica_failed(replica, watched.end());
        return std::nullopt;
    }
    statement.activate(*underlying);
    if (timeout.count() != 0 || underlying->shortened_timeout) [[unlikely]]
        statement.limit_time(*underlying, timeout);
    statement.records_of(*underlying);
    const SQLRETURN result = execution.call(*underlying);
    const bool silent = watched.end() || execution.silent;
    underlying->executed();
    if (result != SQL_ERROR && result != SQL_INVALID_HANDLE && !waits_for_data(result)) return result;
    return not_served(statement, *execution.text, *underlying, result, silent, tracking);
}

// As Connection::route, which the statement remembers for itself.
Connection::Route route_of(Statement& statement, const ClassifiedText& text) {
    Connection& connection = statement.connection();
    if (!text.free_to_go || statement.leader_only())
        return connection.route(text, statement.leader_only(), statement.hurry());
    SettledRoute& settled = statement.settled();
    if (connection.still(settled, text))
        return {settled.replica, Reason::ReadOnReplica, Tracking::None, false};
    const Connection::Route route = connection.route(text, false, statement.hurry());
    if (!route.backend->is_leader()) connection.give_settled(settled);
    return route;
}

[[gnu::noinline]] SQLRETURN explain(Statement& statement, const Backend& backend, Reason reason) {
    statement.diagnostics.post("01000", statement.connection().told(backend.node(), reason));
    return SQL_SUCCESS_WITH_INFO;
}

// Cancelled while no driver was running it yet: opening a replica takes its time.
void refuse_if_cancelled(const Statement& statement) {
    if (statement.cancelled()) throw DriverError("HY008", "The execution was cancelled");
}

[[gnu::noinline]] SQLRETURN warn_of_hint(Statement& statement, std::string_view hint, SQLRETURN result) {
    if (!SQL_SUCCEEDED(result)) return result;
    statement.diagnostics.post("01000", "The hint '" + std::string(hint) +
                                            "' is not understood; accepted: leader, replica, fresh, "
                                            "policy=NAME, user=NAME, token=TOKEN");
    return SQL_SUCCESS_WITH_INFO;
}

[[gnu::noinline]] SQLRETURN warn_of_token(Statement& statement, SQLRETURN result) {
    if (!SQL_SUCCEEDED(result)) return result;
    statement.diagnostics.post("01000",
                               "What the token in the comment stands for is not proven to be on the leader");
    return SQL_SUCCESS_WITH_INFO;
}

// True when the leader is to be asked instead, for which nothing stands in the way.
bool leave_empty_result(Statement& statement, SQLRETURN result) {
    UnderlyingStatement& replica = statement.active();
    if (!found_nothing(statement, replica, result) || !statement.connection().may_ask_leader_again())
        return false;
    // Before the leader's statement is made active, which would take it for an open cursor of the
    // application's.
    close_result(replica);
    return true;
}

// Every decision ends here.
SQLRETURN accounted(Statement& statement, const ClassifiedText& text, const Backend& backend, Reason reason,
                    SQLRETURN result) {
    Connection& connection = statement.connection();
    connection.count(backend, reason);
    if (connection.logs(LogLevel::Critical)) [[unlikely]]
        connection.log_route(backend, reason);
    if (!text.is.hints.malformed.empty()) [[unlikely]]
        result = warn_of_hint(statement, text.is.hints.malformed, result);
    if (reason == Reason::TokenUnproven && !text.is.hints.token.empty()) [[unlikely]]
        result = warn_of_token(statement, result);
    const bool wanted = connection.explains() && SQL_SUCCEEDED(result);
    return wanted ? explain(statement, backend, reason) : result;
}

// The driver answers: a node is sent what stands for it.
SQLRETURN answer(Statement& statement, const ClassifiedText& text) {
    Connection& connection = statement.connection();
    const Command command(connection, text.text);
    std::string sent = command.sent();
    const auto ask = [&](UnderlyingStatement& underlying) {
        const DriverLibrary& library = underlying.library();
        underlying.text_revision = 0;  // whatever was prepared there
        if (library.ExecDirectW && (underlying.backend().is_wide() || !library.ExecDirect)) {
            WideString wide = to_wide(sent);
            return library.ExecDirectW(underlying.handle(), wide.data(), SQLINTEGER{SQL_NTS});
        }
        return library.ExecDirect(underlying.handle(), reinterpret_cast<SQLCHAR*>(sent.data()), SQL_NTS);
    };
    const Execution execution{catalog_read(), false, ask};
    Backend& backend = connection.answering_backend();
    Tracking tracking = Tracking::None;
    std::optional<SQLRETURN> result;
    if (!backend.is_leader()) result = run_on_replica(statement, execution, backend, tracking);
    if (!result) result = run_on_leader(statement, execution, tracking);
    if (!SQL_SUCCEEDED(*result)) return *result;
    const std::string warning = command.succeeded(connection);
    if (warning.empty()) return *result;
    statement.diagnostics.post("01000", warning);
    return SQL_SUCCESS_WITH_INFO;
}

// The application went away from an execution that waited for data: whether it had an effect is not known.
[[gnu::noinline]] void abandon_pending(Statement& statement) {
    const PendingExecution abandoned = *statement.pending();
    statement.pending().reset();
    if (abandoned.tracking != Tracking::None)
        statement.connection().end_write(Tracking::Effect, false, Capture::Commit);
}

}  // namespace

SQLRETURN execute(Statement& statement, const Execution& given) {
    Connection& connection = statement.connection();
    const std::shared_ptr<const ClassifiedText> renewed =
        connection.proof_holds(*given.text) ? nullptr : connection.proven(given.text);
    const Execution execution{current(renewed ? renewed : given.text), given.prepared, given.call,
                              given.silent};
    Backend& leader = connection.leader();
    if (statement.pending()) abandon_pending(statement);
    settle(connection);

    statement.begin_execution();
    const BootTime begun = statement.query_timeout() == 0 ? BootTime{0} : boot_now();
    if (execution.text->is.kind == StatementKind::Freshread) return answer(statement, *execution.text);
    Connection::Route route = route_of(statement, *execution.text);
    std::chrono::seconds timeout{};
    if (route.lags) [[unlikely]] {
        route = connection.on_lag(statement, *execution.text, route, begun);
        timeout = time_left(statement, begun);
    }
    refuse_if_cancelled(statement);
    if (route.backend->is_leader()) {
        if (route.shadowed != kLeader) connection.count_shadowed(route.shadowed);
        const SQLRETURN result = run_on_leader(statement, execution, route.tracking, timeout);
        if (route.shadowed != kLeader && SQL_SUCCEEDED(result))
            connection.compare(statement, execution.text, route);
        return accounted(statement, *execution.text, leader, route.reason, result);
    }
    Tracking tracking = route.tracking;
    Reason reason = Reason::RetriedOnLeader;
    if (const auto served = run_on_replica(statement, execution, *route.backend, tracking, timeout)) {
        if (!route.nothing_asks_leader || !leave_empty_result(statement, *served))
            return accounted(statement, *execution.text, *route.backend, route.reason, *served);
        reason = Reason::EmptyRead;
    }
    refuse_if_cancelled(statement);
    connection.refuse_without_snapshot();
    if (tracking == Tracking::None) tracking = connection.tracking_of_retry(*execution.text);
    return accounted(statement, *execution.text, leader, reason,
                     run_on_leader(statement, execution, tracking, time_left(statement, begun)));
}

bool ask_leader_instead(Statement& statement, SQLRETURN result) {
    Connection& connection = statement.connection();
    UnderlyingStatement& replica = *statement.active_if_any();
    const bool nothing = result == SQL_NO_DATA;
    if (nothing && !replica.nothing_asks_leader) return false;
    const std::shared_ptr<const ClassifiedText> text = statement.prepared();
    if (replica.backend().is_leader() || !replica.has_result || replica.fetches != 1 || !text ||
        replica.text_revision != statement.text_revision() || statement.has_parameters() ||
        connection.inside_transaction())
        return false;
    if (nothing && !connection.may_ask_leader_again()) return false;
    if (!nothing && is_about_the_call(first_sqlstate(replica.library(), SQL_HANDLE_STMT, replica.handle())))
        return false;
    Tracking tracking = Tracking::None;
    if (!nothing && not_served(statement, *text, replica, SQL_ERROR, false, tracking)) return false;
    if (tracking == Tracking::None) tracking = connection.tracking_of_retry(*text);
    close_result(replica);
    settle(connection);
    const auto again = [&](UnderlyingStatement& underlying) { return statement.execute_text(underlying); };
    const SQLRETURN answered = run_on_leader(statement, {current(text), false, again}, tracking);
    connection.count(connection.leader(), nothing ? Reason::EmptyRead : Reason::RetriedOnLeader);
    return SQL_SUCCEEDED(answered);
}

SQLRETURN continue_execution(Statement& statement, const ExecutionCall& call) {
    UnderlyingStatement& underlying = statement.active();
    statement.records_of(underlying);
    if (!statement.pending() || !underlying.backend().is_leader()) {
        const SQLRETURN result = call(underlying);
        if (!waits_for_data(result)) statement.pending().reset();
        return result;
    }
    std::unique_lock calls(underlying.backend().call_mutex);
    const SQLRETURN result = call(underlying);
    if (waits_for_data(result)) return result;
    const PendingExecution finished = *statement.pending();
    statement.pending().reset();
    end_on_leader(std::move(calls), statement, underlying, *finished.text, finished.tracking, result);
    return result;
}

SQLRETURN write_through_cursor(Statement& statement, const ExecutionCall& call) {
    Connection& connection = statement.connection();
    UnderlyingStatement& underlying = statement.active();
    statement.records_of(underlying);
    // A cursor on a replica is read-only: its driver says so itself.
    if (!underlying.backend().is_leader()) return call(underlying);
    std::unique_lock calls(underlying.backend().call_mutex);
    Tracking tracking = Tracking::None;
    const std::string_view hinted =
        statement.prepared() ? statement.prepared()->is.hints.user : std::string_view();
    {
        const std::scoped_lock lock(connection.mutex);
        connection.acting_user(hinted);
        tracking = connection.session().before(positioned_write()->is).tracking;
    }
    connection.begin_write(tracking, hinted);
    const SQLRETURN result = call(underlying);
    if (waits_for_data(result)) {
        statement.pending() = PendingExecution{positioned_write(), tracking};
        return result;
    }
    end_on_leader(std::move(calls), statement, underlying, *positioned_write(), tracking, result);
    return result;
}

void result_closed(Statement& statement) {
    settle(statement.connection());
}

const std::shared_ptr<const ClassifiedText>& catalog_read() {
    static const std::shared_ptr<const ClassifiedText> text = [] {
        auto read = std::make_shared<ClassifiedText>();
        read->is.kind = StatementKind::Read;
        read->is.reason = Reason::ReadOnReplica;
        read->is.statements = 1;
        read->free_to_go = true;
        return read;
    }();
    return text;
}

}  // namespace freshread
