// Connection attributes and the end of transactions: what of them is the leader's, what is the session's, and
// what other nodes are given.
#include <algorithm>
#include <array>
#include <filesystem>

#include "driver/connection.h"
#include "driver/encoding.h"
#include "driver/statement.h"
#include "driver/text_attributes.h"
#include "driver/text_call.h"

namespace freshread {

namespace {

// Attributes of the standard whose values Freshread knows how to give to another node.
constexpr bool is_standard_of_connection(SQLINTEGER attribute) {
    switch (attribute) {
        case SQL_ATTR_ACCESS_MODE:
        case SQL_ATTR_ANSI_APP:
        case SQL_ATTR_ASYNC_ENABLE:
        case SQL_ATTR_AUTO_IPD:
        case SQL_ATTR_AUTOCOMMIT:
        case SQL_ATTR_CONNECTION_DEAD:
        case SQL_ATTR_CONNECTION_TIMEOUT:
        case SQL_ATTR_CURRENT_CATALOG:
        case SQL_ATTR_LOGIN_TIMEOUT:
        case SQL_ATTR_METADATA_ID:
        case SQL_ATTR_ODBC_CURSORS:
        case SQL_ATTR_PACKET_SIZE:
        case SQL_ATTR_QUIET_MODE:
        case SQL_ATTR_RESET_CONNECTION:
        case SQL_ATTR_TRACE:
        case SQL_ATTR_TRACEFILE:
        case SQL_ATTR_TRANSLATE_LIB:
        case SQL_ATTR_TRANSLATE_OPTION:
        case SQL_ATTR_TXN_ISOLATION:
        // ODBC 2 applications set statement options on the connection, as defaults of its statements.
        case SQL_ATTR_QUERY_TIMEOUT:
        case SQL_ATTR_MAX_ROWS:
        case SQL_ATTR_NOSCAN:
        case SQL_ATTR_MAX_LENGTH:
        case SQL_ATTR_ROW_BIND_TYPE:
        case SQL_ATTR_CURSOR_TYPE:
        case SQL_ATTR_CONCURRENCY:
        case SQL_ATTR_KEYSET_SIZE:
        case SQL_ROWSET_SIZE:
        case SQL_ATTR_SIMULATE_CURSOR:
        case SQL_ATTR_RETRIEVE_DATA:
        case SQL_ATTR_USE_BOOKMARKS:
            return true;
        default:
            return false;
    }
}

// psqlodbc's own (SQL_ATTR_PGOPT_...), which are numbers all.
bool is_of_psqlodbc(SQLINTEGER attribute, const DriverLibrary& library) {
    constexpr SQLINTEGER kFirst = 65536;
    constexpr SQLINTEGER kLast = 65551;
    if (attribute < kFirst || attribute > kLast) return false;
    return std::filesystem::path(library.path).filename().string().starts_with("psqlodbc");
}

// SET TRANSACTION, as far as where it runs is concerned.
StatementClass setting_of_transactions() {
    StatementClass is;
    is.kind = StatementKind::Transaction;
    is.verb = TransactionVerb::SetTransaction;
    return is;
}

bool turns_autocommit_on(const Attribute& attribute) {
    return reinterpret_cast<std::uintptr_t>(attribute.value) == SQL_AUTOCOMMIT_ON;
}

}  // namespace

SQLRETURN Connection::set_attribute(Attribute attribute) {
    const auto record = [&] {
        changed();
        attribute.revision = ++attributes_revision_;
        std::erase_if(attributes_, [&](const Attribute& other) { return other.id == attribute.id; });
        attributes_.push_back(attribute);
    };
    const bool autocommit = attribute.id == SQL_ATTR_AUTOCOMMIT;
    if (attribute.id == SQL_ATTR_RESET_CONNECTION && connected()) return reset(attribute);
    if (!connected()) {
        // Validated by the underlying driver when it is opened.
        record();
        if (autocommit) change_session().set_autocommit(turns_autocommit_on(attribute));
        return SQL_SUCCESS;
    }
    Backend& backend = leader();
    backend.refuse_asynchronous(attribute.id, attribute.value);
    SQLRETURN result = SQL_SUCCESS;
    std::optional<Position> written;
    if (autocommit) {
        const bool on = turns_autocommit_on(attribute);
        const Tracking tracking = on ? session_.tracking_of_end(true) : Tracking::None;
        result = ending_transaction(tracking, written, [&] { return backend.set_attribute(attribute); });
        // psqlodbc reports success when the connection was lost while it committed.
        if (SQL_SUCCEEDED(result) && tracking != Tracking::None && backend.dead())
            throw DriverError(
                "08007",
                "The connection was lost while the transaction was being committed: what became of it is "
                "not known");
        if (SQL_SUCCEEDED(result)) {
            const std::scoped_lock lock(mutex);
            if (on && !session_.autocommit()) {
                settings_committed();
                end_cursors_on_replicas(SQL_COMMIT);
            }
            change_session().set_autocommit(on);
            end_of_definitions();
            follow_transaction(on);
        }
    } else {
        const std::scoped_lock calls(backend.call_mutex);
        // Drivers refuse it in a transaction.
        if (attribute.id == SQL_ATTR_TXN_ISOLATION) open_on_leader(setting_of_transactions());
        handed_on_ = &backend;
        result = backend.set_attribute(attribute);
    }
    if (!SQL_SUCCEEDED(result)) return result;
    {
        const std::scoped_lock lock(mutex);
        record();
        heed(attribute);
        backend.attributes_revision = attributes_revision_;
        if (!may_be_carried(attribute.id)) change_session().keep_on_leader();
    }
    if (written) await_replicas(*written, nullptr);
    return result;
}

bool Connection::may_be_carried(SQLINTEGER attribute) const {
    if (is_standard_of_connection(attribute)) return true;
    // What another driver would make of a number of psqlodbc's nobody knows.
    const DriverLibrary& library = leader_->library();
    return is_of_psqlodbc(attribute, library) &&
           std::all_of(sources_.begin(), sources_.end(),
                       [&](const NodeSource& source) { return source.library == library.path; });
}

SQLRETURN Connection::reset(const Attribute& attribute) {
    Backend& backend = leader();
    {
        const std::scoped_lock lock(mutex);
        returned_to_pool();
    }
    const std::scoped_lock calls(backend.call_mutex);
    handed_on_ = &backend;
    const SQLRETURN result = backend.set_attribute(attribute);
    // A driver that knows nothing of it (psqlodbc) has kept the session, and so have the others.
    if (!SQL_SUCCEEDED(result)) return result;
    SQLUINTEGER autocommit = SQL_AUTOCOMMIT_ON;
    if (backend.library().GetConnectAttr)
        backend.library().GetConnectAttr(backend.handle(), SQL_ATTR_AUTOCOMMIT, &autocommit, SQL_IS_UINTEGER,
                                         nullptr);
    const std::scoped_lock lock(mutex);
    attributes_.clear();
    backend.attributes_revision = ++attributes_revision_;
    change_session().set_autocommit(autocommit == SQL_AUTOCOMMIT_ON);
    // What of the settings the driver has undone is not known.
    if (!session_settings_.empty()) change_session().keep_on_leader();
    change_session_settings().clear();
    last_replica_ = nullptr;
    last_on_replica_ = false;
    for (auto& replica : backends_) {
        if (!replica || replica->is_leader()) continue;
        replica->attributes_revision = attributes_revision_;
        replica->settings_revision = 0;
        if (!SQL_SUCCEEDED(replica->set_attribute(attribute))) retired_.push_back(std::move(replica));
    }
    return result;
}

bool Connection::made_for_another() const {
    if (user_template_.find("{env:") == std::string::npos) return false;
    try {
        return expand_user(user_template_, user_values_) != settings_.user;
    } catch (const DriverError&) {
        return true;
    }
}

void Connection::heed(const Attribute& attribute) {
    const auto value = reinterpret_cast<std::uintptr_t>(attribute.value);
    if (attribute.id == kDeclaresCursors) hides_transactions_ = leader_->hides_transactions();
    if (attribute.id == SQL_ATTR_TXN_ISOLATION) change_session().forget_default_modes(true);
    if (attribute.id == SQL_ATTR_ACCESS_MODE) change_session().promise_read_only(value == SQL_MODE_READ_ONLY);
}

void Connection::heed_attributes_set_before() {
    for (const Attribute& attribute : attributes_) {
        heed(attribute);
        if (attribute.id == SQL_ATTR_AUTOCOMMIT)
            change_session().set_autocommit(turns_autocommit_on(attribute));
    }
    const bool all = std::all_of(attributes_.begin(), attributes_.end(),
                                 [&](const Attribute& attribute) { return may_be_carried(attribute.id); });
    if (!all) change_session().keep_on_leader();
}

SQLRETURN Connection::get_attribute(SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER capacity,
                                    SQLINTEGER* length, bool wide) {
    if (!connected()) {
        for (const Attribute& set : attributes_) {
            if (set.id != attribute || set.is_text) continue;
            if (value)
                *static_cast<SQLUINTEGER*>(value) =
                    static_cast<SQLUINTEGER>(reinterpret_cast<std::uintptr_t>(set.value));
            return SQL_SUCCESS;
        }
        throw DriverError("08003", "The connection is not open");
    }
    Backend& backend = leader();
    if (attribute == SQL_ATTR_CONNECTION_DEAD && value && made_for_another()) {
        *static_cast<SQLUINTEGER*>(value) = SQL_CD_TRUE;
        return SQL_SUCCESS;
    }
    if (attribute == SQL_ATTR_CONNECTION_DEAD) borrowed();
    handed_on_ = &backend;
    const DriverLibrary& library = backend.library();
    if (wide && !library.GetConnectAttrW && is_text_attribute(attribute)) {
        const SQLRETURN result = call_for_text<Unit::Bytes>(
            library.GetConnectAttr, library.GetConnectAttrW, static_cast<SQLWCHAR*>(value), capacity, length,
            [&](auto call, auto* buffer, SQLINTEGER room, SQLINTEGER* got) {
                return call(backend.handle(), attribute, buffer, room, got);
            });
        if (result != kNoSuchFunction) return result;
    }
    const auto get = wide && library.GetConnectAttrW ? library.GetConnectAttrW : library.GetConnectAttr;
    if (!get) throw DriverError("IM001", "The underlying driver does not support this function");
    return get(backend.handle(), attribute, value, capacity, length);
}

SQLRETURN Connection::end_transaction(SQLSMALLINT completion) {
    Backend& backend = leader();
    const auto call = backend.library().EndTran;
    if (!call) throw DriverError("IM001", "The underlying driver does not support this function");
    std::optional<Position> written;
    const SQLRETURN result =
        ending_transaction(session_.tracking_of_end(completion == SQL_COMMIT), written,
                           [&] { return call(SQL_HANDLE_DBC, backend.handle(), completion); });
    if (!SQL_SUCCEEDED(result)) return result;
    {
        const std::scoped_lock lock(mutex);
        if (completion == SQL_COMMIT)
            settings_committed();
        else
            settings_rolled_back();
        change_session().end_transaction();
        end_of_definitions();
        end_cursors_on_replicas(completion);
        follow_transaction(completion == SQL_COMMIT);
    }
    if (written) await_replicas(*written, nullptr);
    return result;
}

void Connection::end_cursors_on_replicas(SQLSMALLINT completion) {
    const bool any = std::any_of(statements_.begin(), statements_.end(),
                                 [](const auto& statement) { return statement->result_on_replica(); });
    if (!any) return;
    const auto behaviour = leader_->number<SQLUSMALLINT>(
        completion == SQL_COMMIT ? SQL_CURSOR_COMMIT_BEHAVIOR : SQL_CURSOR_ROLLBACK_BEHAVIOR);
    if (behaviour == SQL_CB_PRESERVE) return;
    for (const auto& statement : statements_)
        if (statement->result_on_replica()) statement->end_cursor(behaviour == SQL_CB_DELETE);
}

SQLRETURN Connection::ending_transaction(Tracking tracking, std::optional<Position>& written,
                                         const std::function<SQLRETURN()>& end) {
    Backend& backend = leader();
    const std::scoped_lock calls(backend.call_mutex);
    begin_write(tracking);
    const SQLRETURN result = end();
    handed_on_ = &backend;
    if (tracking == Tracking::None) return result;
    if (result != SQL_SUCCESS) {
        // Our query on the same connection would discard its records.
        copy_records(backend.library(), SQL_HANDLE_DBC, backend.handle(), diagnostics);
        handed_on_ = nullptr;
    }
    // Lost while it committed: psqlodbc may report success.
    const bool lost = SQL_SUCCEEDED(result) && backend.dead();
    if (!SQL_SUCCEEDED(result) || lost) {
        // What became of the transaction is not known, and it must not be touched: the mark stays.
        end_write(Tracking::Effect, false, Capture::Commit);
        return result;
    }
    const bool synchronous = writes_synchronously(tracking, std::nullopt);
    if (!synchronous && leave_write()) return result;
    // Switched on, autocommit stays on around our query whatever it was before.
    SQLUINTEGER autocommit = SQL_AUTOCOMMIT_ON;
    if (backend.library().GetConnectAttr)
        backend.library().GetConnectAttr(backend.handle(), SQL_ATTR_AUTOCOMMIT, &autocommit, SQL_IS_UINTEGER,
                                         nullptr);
    written = end_write(tracking, autocommit == SQL_AUTOCOMMIT_OFF, Capture::Commit, synchronous);
    return result;
}

void Connection::begin_write(Tracking tracking, std::string_view hinted) {
    if (tracking == Tracking::None) return;
    const std::scoped_lock lock(mutex);
    changed();
    // Nothing changes for an application whose replicas are only thought of.
    const bool refuses = settings_.on_store_down == OnStoreDown::Error && choices_.shadow == Shadow::No;
    const char* why = "it could not be opened when the connection was made";
    std::string reason;
    if (tracker_.active()) {
        try {
            tracker_.begin(identity_.key(hinted), tracking == Tracking::Commit && session_.in_transaction());
            return;
        } catch (const StoreUnavailable& error) {
            reason = error.what();
            why = reason.c_str();
        }
        if (!refuses) {
            tracker_.begin_unmarked();
            return;
        }
    }
    tracker_.refuse();
    if (refuses)
        throw DriverError(
            "HY000", std::string("The write was not sent, because the store of users' positions cannot be "
                                 "used and OnStoreDown is 'error': ") +
                         why);
}

bool Connection::leave_write() {
    const std::scoped_lock lock(mutex);
    changed();
    // In a transaction that may have ended nobody knows what is committed by now.
    return tracker_.active() && !hides_transactions_ && !session_.may_have_ended() &&
           tracker_.leave(leader_->instance());
}

std::optional<Position> Connection::end_write(Tracking tracking, bool manual_commit, Capture capture,
                                              bool synchronous) {
    if (tracking == Tracking::None || !tracker_.active()) return std::nullopt;
    if (capture == Capture::Monitor && !synchronous && leave_write()) return std::nullopt;
    if (tracking == Tracking::Effect) {
        const std::scoped_lock lock(mutex);
        changed();
        tracker_.keep();
        return std::nullopt;
    }
    if (!tracker_.wants_position()) {
        const std::scoped_lock lock(mutex);
        changed();
        tracker_.end(Position{});
        return std::nullopt;
    }
    {
        const std::scoped_lock lock(mutex);
        tracker_.before_asking();
    }
    const auto row = leader_->ask_after_commit(manual_commit);
    const std::scoped_lock lock(mutex);
    changed();
    const bool usable = row && !row->in_transaction;
    tracker_.end(usable ? std::optional(row->position) : std::nullopt);
    if (usable) knowledge_->leader_sampled(row->position, leader_->asked_at);
    // Whatever was thought of the transaction: the server says that none is open.
    if (usable && session_.in_transaction()) {
        if (session_.may_have_ended()) settings_committed();
        change_session().end_transaction();
    }
    if (!synchronous) return std::nullopt;
    return usable ? row->position : Position{};
}

void Connection::settle() {
    bool wanted = false;
    {
        const std::scoped_lock lock(mutex);
        wanted = tracker_.active() && tracker_.unsettled() && !session_.in_transaction();
    }
    if (wanted) end_write(Tracking::Commit, !session_.autocommit(), Capture::Commit);
}

}  // namespace freshread
