#include "driver/statement.h"

#include <algorithm>
#include <array>

#include "driver/connection.h"
#include "driver/statement_attributes.h"
#include "driver/text_call.h"

namespace freshread {

Statement::Statement(Connection& connection)
    : ard(Descriptor::Kind::ApplicationRow, connection, this),
      apd(Descriptor::Kind::ApplicationParameter, connection, this),
      ird(Descriptor::Kind::ImplementationRow, connection, this),
      ipd(Descriptor::Kind::ImplementationParameter, connection, this),
      connection_(&connection),
      row_(&ard),
      parameter_(&apd) {}

Statement::~Statement() {
    tag = HandleTag::Freed;
    const std::scoped_lock lock(cancel_mutex_);
    active_.store(nullptr, std::memory_order_relaxed);
    underlying_.clear();
}

void Statement::call_failed() {
    connection_->call_failed();
}

UnderlyingStatement& Statement::active() {
    UnderlyingStatement* underlying = active_if_any();
    if (underlying) return *underlying;
    Backend& last = connection_->session_backend();
    if (!last.is_leader()) {
        try {
            activate(on(last));
            return *active_if_any();
        } catch (const DriverError&) {
            diagnostics.clear();  // the leader gives one, or the reason why there is none
        }
    }
    activate(on(connection_->leader()));
    return *active_if_any();
}

bool Statement::replica_cannot_tell() const {
    const UnderlyingStatement* replica = active_if_any();
    if (!replica || replica->backend().is_leader() || !prepared_class_ ||
        replica->text_revision != text_revision_)
        return false;
    // Class HY, which applications of ODBC 2 know as S1, is the driver's own, who may say the same of a text
    // that was executed and closed, or of arguments; 07 and 24 are about the order of calls.
    const std::string sqlstate = first_sqlstate(replica->library(), SQL_HANDLE_STMT, replica->handle());
    constexpr std::array<std::string_view, 4> kOfTheDriver{"HY", "S1", "07", "24"};
    return std::none_of(kOfTheDriver.begin(), kOfTheDriver.end(),
                        [&](std::string_view of) { return sqlstate.starts_with(of); });
}

bool Statement::leave_replica() {
    const UnderlyingStatement* replica = active_if_any();
    if (!replica || replica->backend().is_leader() || replica->has_result) return false;
    const bool prepared = prepared_class_ && replica->text_revision == text_revision_;
    UnderlyingStatement& leaders = on(connection_->leader());
    if (!carry(leaders)) refused_what_was_accepted();
    activate(leaders);
    // A text that the leader refuses is refused again by the call that needs it, in the leader's words.
    if (prepared) (void)carry_text(leaders);
    return true;
}

bool Statement::leave_silent_replica() {
    UnderlyingStatement& replica = *active_if_any();
    connection_->replica_failed(replica.backend(), true);
    return leave_replica();
}

UnderlyingStatement& Statement::other_on(Backend& backend) {
    for (const auto& underlying : underlying_)
        if (&underlying->backend() == &backend) return *underlying;
    auto made = std::make_unique<UnderlyingStatement>(backend, diagnostics);
    const std::scoped_lock lock(cancel_mutex_);
    // Statements of a connection that broke and was opened again are of no more use.
    std::erase_if(underlying_, [&](const auto& other) {
        return other->backend().node() == backend.node() && other.get() != active_if_any();
    });
    underlying_.push_back(std::move(made));
    return *underlying_.back();
}

UnderlyingStatement* Statement::ready_to_repeat() {
    if (!ready_ || ready_->has_result || !prepared_class_ || leader_only() || pending_ ||
        ready_->revision != current_revision() || ready_->text_revision != text_revision_ ||
        settled_.replica != &ready_->backend() || connection_->tracker().unsettled() ||
        connection_->tells() || !ready_->library().Execute || !connection_->still(settled_, *prepared_class_))
        return nullptr;
    begin_execution();
    fetching_ = nullptr;
    connection_->count(ready_->backend(), Reason::ReadOnReplica);
    return ready_;
}

void Statement::change_active(UnderlyingStatement& underlying) {
    UnderlyingStatement* before = active_if_any();
    if (before && before->has_result) {
        const WatchedCall watched(before->backend().patience(), WatchedCall::Of::Ours);
        if (before->library().FreeStmt) before->library().FreeStmt(before->handle(), SQL_CLOSE);
        before->has_result = false;
    }
    const std::scoped_lock lock(cancel_mutex_);
    active_.store(&underlying, std::memory_order_relaxed);
}

SQLRETURN Statement::no_such_function() {
    throw DriverError("IM001", "The underlying driver does not support this function");
}

// --- the spec

void Statement::refused_what_was_accepted() {
    throw DriverError("HY000", "The underlying driver refused what it had accepted on another node");
}

UnderlyingStatement& Statement::active_carrying() {
    UnderlyingStatement* underlying = &active();
    handed_on_ = underlying;
    if (carry(*underlying)) return *underlying;
    if (!leave_replica()) refused_what_was_accepted();
    handed_on_ = underlying = active_if_any();
    return *underlying;
}

SQLRETURN Statement::set_attribute(SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER length, bool wide) {
    switch (attribute) {
        case SQL_ATTR_APP_ROW_DESC:
        case SQL_ATTR_APP_PARAM_DESC:
            return set_descriptor(attribute, value);
        case SQL_ATTR_IMP_ROW_DESC:
        case SQL_ATTR_IMP_PARAM_DESC:
            throw DriverError("HY017", "An implementation descriptor cannot be replaced");
        default:
            break;
    }
    active().backend().refuse_asynchronous(attribute, value);
    const auto [result, underlying] = write_through([&](UnderlyingStatement& target) {
        const DriverLibrary& library = target.library();
        const auto set = wide && library.SetStmtAttrW ? library.SetStmtAttrW : library.SetStmtAttr;
        return set ? set(target.handle(), attribute, value, length) : no_such_function();
    });
    if (!SQL_SUCCEEDED(result)) return result;
    const DriverLibrary& library = underlying.library();

    Attribute accepted{attribute, value, length};
    if (result == SQL_SUCCESS_WITH_INFO && is_number(attribute)) {
        // Another value may have been put in its place (01S02). Asking which discards the record that says
        // so: keep it.
        copy_records(library, SQL_HANDLE_STMT, underlying.handle(), diagnostics);
        handed_on_ = nullptr;
        SQLULEN number = 0;
        const auto get = library.GetStmtAttr ? library.GetStmtAttr : library.GetStmtAttrW;
        if (get && SQL_SUCCEEDED(get(underlying.handle(), attribute, &number, SQL_IS_UINTEGER, nullptr)))
            accepted.value = reinterpret_cast<SQLPOINTER>(number);
    }
    if (attribute == SQL_ATTR_QUERY_TIMEOUT)
        query_timeout_ = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(accepted.value));
    if (attribute == SQL_ATTR_CONCURRENCY)
        updatable_cursor_ = reinterpret_cast<SQLULEN>(accepted.value) != SQL_CONCUR_READ_ONLY;
    unknown_attribute_ = unknown_attribute_ || !is_standard(attribute);

    accepted.revision = ++attributes_revision_;
    std::erase_if(attributes_, [&](const Attribute& other) { return other.id == attribute; });
    attributes_.push_back(std::move(accepted));
    ++revision_;
    underlying.attributes_revision = attributes_revision_;
    underlying.revision = current_revision();
    return result;
}

SQLRETURN Statement::set_descriptor(SQLINTEGER attribute, SQLPOINTER value) {
    const bool row = attribute == SQL_ATTR_APP_ROW_DESC;
    Descriptor& implicit = row ? ard : apd;
    Descriptor* chosen = &implicit;
    if (value != SQL_NULL_HDESC && value != &implicit) {
        chosen = handle_cast<Descriptor>(value);
        if (!chosen) throw DriverError("HY024", "The value is not a descriptor");
        if (&chosen->connection() != connection_)
            throw DriverError("HY024", "The descriptor belongs to another connection");
        if (!chosen->is_explicit())
            throw DriverError("HY017",
                              "An automatically allocated descriptor of another statement cannot be used");
    }
    (row ? row_ : parameter_) = chosen;
    constexpr std::uint64_t kExchange = std::uint64_t{1} << 32;
    revision_ += kExchange;
    active_carrying();
    return SQL_SUCCESS;
}

SQLRETURN Statement::get_attribute(SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER capacity,
                                   SQLINTEGER* length, bool wide) {
    Descriptor* descriptor = nullptr;
    switch (attribute) {
        case SQL_ATTR_APP_ROW_DESC:
            descriptor = row_;
            break;
        case SQL_ATTR_APP_PARAM_DESC:
            descriptor = parameter_;
            break;
        case SQL_ATTR_IMP_ROW_DESC:
            descriptor = &ird;
            break;
        case SQL_ATTR_IMP_PARAM_DESC:
            descriptor = &ipd;
            break;
        default: {
            UnderlyingStatement& underlying = active_carrying();
            if (underlying.shortened_timeout) limit_time(underlying, {});
            const DriverLibrary& library = underlying.library();
            const auto get = wide && library.GetStmtAttrW ? library.GetStmtAttrW : library.GetStmtAttr;
            return get ? get(underlying.handle(), attribute, value, capacity, length) : no_such_function();
        }
    }
    if (value) *static_cast<SQLHDESC*>(value) = descriptor;
    if (length) *length = SQL_IS_POINTER;
    return SQL_SUCCESS;
}

SQLRETURN Statement::bind_column(const Binding& binding) {
    const auto [result, underlying] = write_through([&](UnderlyingStatement& target) {
        const auto bind = target.library().BindCol;
        return bind ? bind(target.handle(), binding.number, binding.c_type, binding.buffer,
                           binding.buffer_length, binding.indicator)
                    : no_such_function();
    });
    if (!SQL_SUCCEEDED(result)) return result;
    row_->bind(binding);
    underlying.row = {row_, row_->revision()};
    underlying.revision = current_revision();
    return result;
}

SQLRETURN Statement::bind_parameter(const Binding& binding) {
    const auto [result, underlying] = write_through([&](UnderlyingStatement& target) {
        const auto bind = target.library().BindParameter;
        return bind ? bind(target.handle(), binding.number, binding.io_type, binding.c_type, binding.sql_type,
                           binding.column_size, binding.digits, binding.buffer, binding.buffer_length,
                           binding.indicator)
                    : no_such_function();
    });
    if (!SQL_SUCCEEDED(result)) return result;
    Binding bound = binding;
    bound.through = this;
    parameter_->bind(bound);
    parameter_->note_bound_on(underlying.backend());
    underlying.parameter = {parameter_, parameter_->revision()};
    underlying.revision = current_revision();
    return result;
}

SQLRETURN Statement::free(SQLUSMALLINT option) {
    UnderlyingStatement* underlying = active_if_any();
    if (!underlying) return SQL_SUCCESS;
    if (option != SQL_CLOSE) active_carrying();
    handed_on_ = underlying;
    const auto call = underlying->library().FreeStmt;
    if (!call) return no_such_function();
    const SQLRETURN result = call(underlying->handle(), option);
    if (!SQL_SUCCEEDED(result)) return result;
    switch (option) {
        case SQL_CLOSE:
            underlying->has_result = false;
            break;
        case SQL_UNBIND:
            row_->clear_bindings();
            underlying->row = {row_, row_->revision()};
            underlying->revision = current_revision();
            break;
        case SQL_RESET_PARAMS:
            parameter_->clear_bindings();
            ipd.clear_bindings();
            underlying->parameter = {parameter_, parameter_->revision()};
            underlying->implementation_parameter_revision = ipd.revision();
            underlying->revision = current_revision();
            break;
        default:
            break;
    }
    return result;
}

void Statement::forget(const Descriptor& descriptor) {
    constexpr std::uint64_t kExchange = std::uint64_t{1} << 32;
    if (row_ == &descriptor || parameter_ == &descriptor) revision_ += kExchange;
    if (row_ == &descriptor) row_ = &ard;
    if (parameter_ == &descriptor) parameter_ = &apd;
    // It must be out of force everywhere before it is gone: on other nodes it may be still, exchanged since
    // or not.
    for (const auto& underlying : underlying_) {
        if (underlying->row.from != &descriptor && underlying->parameter.from != &descriptor) continue;
        if (!carry(*underlying)) underlying->revision = 0;
        if (underlying->row.from == &descriptor) underlying->row = {};
        if (underlying->parameter.from == &descriptor) underlying->parameter = {};
    }
}

void Statement::abandon(const Backend& backend) {
    for (const auto& underlying : underlying_)
        if (&underlying->backend() == &backend) underlying->abandon();
}

bool Statement::result_on_replica() const {
    const UnderlyingStatement* underlying = active_if_any();
    return underlying && underlying->has_result && !underlying->backend().is_leader();
}

void Statement::end_cursor(bool deleting) {
    UnderlyingStatement& underlying = *active_if_any();
    if (underlying.library().FreeStmt) underlying.library().FreeStmt(underlying.handle(), SQL_CLOSE);
    underlying.has_result = false;
    if (deleting) prepared_class_.reset();
}

std::optional<SQLRETURN> Statement::refused_by(UnderlyingStatement& before) {
    const DriverLibrary& library = before.library();
    std::string text = "SELECT 1";
    WideString wide_text = to_wide(text);
    before.text_revision = 0;
    // psqlodbc changes with the first wide call on a connection that was made by an ANSI one.
    const SQLRETURN result =
        before.backend().is_wide()
            ? call_with_text<SQLWCHAR>(library.Prepare, library.PrepareW, before.handle(),
                                       TextArgument{wide_text.data(), SQLINTEGER{SQL_NTS}})
            : call_with_text<SQLCHAR>(
                  library.Prepare, library.PrepareW, before.handle(),
                  TextArgument{reinterpret_cast<SQLCHAR*>(text.data()), SQLINTEGER{SQL_NTS}});
    if (result != SQL_ERROR) return std::nullopt;
    const std::string sqlstate = first_sqlstate(library, SQL_HANDLE_STMT, before.handle());
    if (sqlstate != "HY010" && sqlstate != "S1010" && sqlstate != "24000") return std::nullopt;
    handed_on_ = &before;
    return result;
}

void Statement::limit_time(UnderlyingStatement& underlying, std::chrono::seconds timeout) const {
    const DriverLibrary& library = underlying.library();
    const auto set = library.SetStmtAttr ? library.SetStmtAttr : library.SetStmtAttrW;
    const auto seconds = static_cast<SQLULEN>(timeout.count() == 0 ? query_timeout_ : timeout.count());
    if (set)
        set(underlying.handle(), SQL_ATTR_QUERY_TIMEOUT, reinterpret_cast<SQLPOINTER>(seconds),
            SQL_IS_UINTEGER);
    underlying.shortened_timeout = timeout.count() != 0;
}

Patience Statement::patience_in_time(const Backend& backend) const {
    if (backend.is_leader()) return {};
    Patience patience = connection_->patience_in_hurry();
    patience.patience = std::min(patience.patience, hurry());
    return patience;
}

SQLRETURN Statement::cancel() {
    const std::scoped_lock lock(cancel_mutex_);
    cancelled_.store(true);
    if (waits_) connection_->announce();
    const UnderlyingStatement* underlying = active_if_any();
    if (!underlying) return SQL_SUCCESS;
    const auto call = underlying->library().Cancel;
    // A server that does not answer does not cancel either.
    const WatchedCall watched(underlying->backend().patience(), WatchedCall::Of::Ours);
    return call ? call(underlying->handle()) : SQLRETURN{SQL_ERROR};
}

}  // namespace freshread
