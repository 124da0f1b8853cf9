#include "driver/backend.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "driver/encoding.h"
#include "driver/environment.h"

namespace freshread {

namespace {

// An underlying statement for one query of ours.
class OurStatement {
 public:
    OurStatement(const DriverLibrary& library, SQLHDBC connection, bool wide)
        : library_(library), wide_(wide) {
        if (!SQL_SUCCEEDED(library.AllocHandle(SQL_HANDLE_STMT, connection, &handle_)))
            handle_ = SQL_NULL_HSTMT;
    }
    ~OurStatement() {
        if (handle_) library_.FreeHandle(SQL_HANDLE_STMT, handle_);
    }
    OurStatement(const OurStatement&) = delete;
    OurStatement& operator=(const OurStatement&) = delete;

    // The first row's columns as text; empty when anything went wrong.
    [[nodiscard]] std::vector<std::string> first_row(std::string_view sql, std::size_t columns) const {
        std::vector<std::string> row;
        if (!library_.Fetch || !library_.GetData || !execute(sql)) return row;
        if (!SQL_SUCCEEDED(library_.Fetch(handle_))) return row;
        if (!take_columns(columns, row)) row.clear();
        return row;
    }

    // Calls `take` with each row's columns. False when anything went wrong.
    template <typename Take>
    [[nodiscard]] bool rows(std::string_view sql, std::size_t columns, Take take) const {
        if (!library_.Fetch || !library_.GetData || !execute(sql)) return false;
        std::vector<std::string> row;
        std::vector<std::string_view> views;
        SQLRETURN fetched = SQL_SUCCESS;
        while (SQL_SUCCEEDED(fetched = library_.Fetch(handle_))) {
            row.clear();
            if (!take_columns(columns, row)) return false;
            views.assign(row.begin(), row.end());
            take(views);
        }
        return fetched == SQL_NO_DATA;
    }

    [[nodiscard]] bool execute(std::string_view sql) const {
        if (!handle_) return false;
        if (library_.ExecDirectW && (wide_ || !library_.ExecDirect)) {
            WideString text = to_wide(sql);
            return SQL_SUCCEEDED(
                library_.ExecDirectW(handle_, text.data(), static_cast<SQLINTEGER>(text.size())));
        }
        std::string text(sql);
        return library_.ExecDirect &&
               SQL_SUCCEEDED(library_.ExecDirect(handle_, reinterpret_cast<SQLCHAR*>(text.data()),
                                                 static_cast<SQLINTEGER>(text.size())));
    }

 private:
    // The columns of the row that was fetched; a null column as an empty text.
    [[nodiscard]] bool take_columns(std::size_t columns, std::vector<std::string>& row) const {
        for (std::size_t column = 0; column < columns; ++column) {
            std::string& text = row.emplace_back();
            std::array<SQLCHAR, 1024> piece{};
            SQLRETURN result = SQL_SUCCESS_WITH_INFO;
            while (result == SQL_SUCCESS_WITH_INFO) {  // there is more than the buffer holds
                SQLLEN length = 0;
                result = library_.GetData(handle_, static_cast<SQLUSMALLINT>(column + 1), SQL_C_CHAR,
                                          piece.data(), static_cast<SQLLEN>(piece.size()), &length);
                if (SQL_SUCCEEDED(result) && length != SQL_NULL_DATA)
                    text += reinterpret_cast<const char*>(piece.data());
            }
            if (result != SQL_SUCCESS) return false;
        }
        return true;
    }

    const DriverLibrary& library_;
    bool wide_;
    SQLHSTMT handle_ = SQL_NULL_HSTMT;
};

SQLRETURN driver_connect(const DriverLibrary& library, SQLHDBC handle, const std::string& text, bool wide) {
    if (library.DriverConnectW && (wide || !library.DriverConnect)) {
        WideString in = to_wide(text);
        std::array<SQLWCHAR, 4096> out{};
        SQLSMALLINT length = 0;
        return library.DriverConnectW(handle, nullptr, in.data(), static_cast<SQLSMALLINT>(in.size()),
                                      out.data(), static_cast<SQLSMALLINT>(out.size()), &length,
                                      SQL_DRIVER_NOPROMPT);
    }
    std::string in = text;
    std::array<SQLCHAR, 4096> out{};
    SQLSMALLINT length = 0;
    return library.DriverConnect(handle, nullptr, reinterpret_cast<SQLCHAR*>(in.data()),
                                 static_cast<SQLSMALLINT>(in.size()), out.data(),
                                 static_cast<SQLSMALLINT>(out.size()), &length, SQL_DRIVER_NOPROMPT);
}

// How long a driver may take to connect to a replica, in whole seconds as it wants them.
std::uintptr_t login_seconds(const Patience& patience) {
    constexpr std::uintptr_t kMost = 3;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(patience.patience).count();
    return seconds == 0 ? kMost : std::min(kMost, static_cast<std::uintptr_t>(seconds));
}

SQLPOINTER attribute_number(std::uintptr_t number) {
    return reinterpret_cast<SQLPOINTER>(number);
}

}  // namespace

void copy_records(const DriverLibrary& library, SQLSMALLINT type, SQLHANDLE handle,
                  Diagnostics& diagnostics) {
    constexpr SQLSMALLINT kMostRecords = 32;
    for (SQLSMALLINT number = 1; number <= kMostRecords; ++number) {
        DiagnosticRecord record;
        SQLSMALLINT length = 0;
        if (library.GetDiagRecW) {
            std::array<SQLWCHAR, 6> state{};
            std::array<SQLWCHAR, 2048> text{};
            if (!SQL_SUCCEEDED(library.GetDiagRecW(type, handle, number, state.data(), &record.native,
                                                   text.data(), static_cast<SQLSMALLINT>(text.size()),
                                                   &length)))
                return;
            record.sqlstate = to_utf8(argument_text(state.data(), SQL_NTS));
            record.message = to_utf8(argument_text(text.data(), SQL_NTS));
        } else if (library.GetDiagRec) {
            std::array<SQLCHAR, 6> state{};
            std::array<SQLCHAR, 4096> text{};
            if (!SQL_SUCCEEDED(library.GetDiagRec(type, handle, number, state.data(), &record.native,
                                                  text.data(), static_cast<SQLSMALLINT>(text.size()),
                                                  &length)))
                return;
            record.sqlstate = std::string(argument_text(state.data(), SQL_NTS));
            record.message = std::string(argument_text(text.data(), SQL_NTS));
        } else {
            return;
        }
        diagnostics.copy(std::move(record));
    }
}

DiagnosticRecord first_record(const DriverLibrary& library, SQLSMALLINT type, SQLHANDLE handle) {
    Diagnostics records;
    copy_records(library, type, handle, records);
    const auto* first = records.record(1);
    return first ? *first : DiagnosticRecord();
}

std::string first_sqlstate(const DriverLibrary& library, SQLSMALLINT type, SQLHANDLE handle) {
    return first_record(library, type, handle).sqlstate;
}

std::unique_ptr<Backend> Backend::open(Environment& environment, const NodeSource& source, NodeId node,
                                       bool wide, std::span<const Attribute> attributes,
                                       Diagnostics& diagnostics) {
    const DriverLibrary& library = DriverLibrary::load(source.library, source.threading);
    SQLHENV parent = environment.underlying(library);
    SQLHDBC handle = SQL_NULL_HDBC;
    if (!SQL_SUCCEEDED(library.AllocHandle(SQL_HANDLE_DBC, parent, &handle))) {
        copy_records(library, SQL_HANDLE_ENV, parent, diagnostics);
        throw DriverError("IM005", "The underlying driver '" + source.library +
                                       "' gave no connection (SQLAllocHandle failed)");
    }
    std::unique_ptr<Backend> backend(
        new Backend(library, handle, node, source, wide && library.DriverConnectW));
    std::vector<const Attribute*> refused;
    std::uintptr_t login_timeout = 0;
    for (const Attribute& attribute : attributes) {
        if (!SQL_SUCCEEDED(backend->set_attribute(attribute))) refused.push_back(&attribute);
        if (attribute.id == SQL_ATTR_LOGIN_TIMEOUT)
            login_timeout = reinterpret_cast<std::uintptr_t>(attribute.value);
    }
    // The application chose its database, not this replica: a replica that does not answer is given up early.
    const std::uintptr_t longest = login_seconds(source.patience);
    if (node != kLeader && (login_timeout == 0 || login_timeout > longest))
        backend->set_attribute({SQL_ATTR_LOGIN_TIMEOUT, attribute_number(longest), SQL_IS_UINTEGER});
    const SQLRETURN result = [&] {
        const WatchedCall call(source.patience, WatchedCall::Of::Ours);
        return driver_connect(library, handle, source.connection_string, wide);
    }();
    if (result != SQL_SUCCESS) copy_records(library, SQL_HANDLE_DBC, handle, diagnostics);
    if (!SQL_SUCCEEDED(result)) return nullptr;
    backend->connected_ = true;
    // Some attributes can be set on an open connection only. A replica without one is not what the
    // application set.
    for (const Attribute* attribute : refused)
        if (!SQL_SUCCEEDED(backend->set_attribute(*attribute)) && node != kLeader) return nullptr;
    return backend;
}

Backend::~Backend() {
    if (connected_) library_->Disconnect(handle_);
    library_->FreeHandle(SQL_HANDLE_DBC, handle_);
}

SQLRETURN Backend::set_attribute(const Attribute& attribute) const {
    const auto set = (wide_ || attribute.wide) && library_->SetConnectAttrW ? library_->SetConnectAttrW
                                                                            : library_->SetConnectAttr;
    if (!set) return SQL_ERROR;
    if (!attribute.is_text) return set(handle_, attribute.id, attribute.value, attribute.length);
    if (set == library_->SetConnectAttrW) {
        WideString text = to_wide(attribute.text);
        return set(handle_, attribute.id, text.data(),
                   static_cast<SQLINTEGER>(text.size() * sizeof(SQLWCHAR)));
    }
    std::string text = attribute.text;
    return set(handle_, attribute.id, text.data(), static_cast<SQLINTEGER>(text.size()));
}

std::string Backend::information(SQLUSMALLINT type) const {
    SQLSMALLINT length = 0;
    if (wide_ && library_->GetInfoW) {
        std::array<SQLWCHAR, 256> text{};
        const bool given = SQL_SUCCEEDED(library_->GetInfoW(
            handle_, type, text.data(), static_cast<SQLSMALLINT>(text.size() * sizeof(SQLWCHAR)), &length));
        return given ? to_utf8(argument_text(text.data(), SQL_NTS)) : std::string();
    }
    std::array<SQLCHAR, 256> text{};
    const bool given =
        library_->GetInfo && SQL_SUCCEEDED(library_->GetInfo(handle_, type, text.data(),
                                                             static_cast<SQLSMALLINT>(text.size()), &length));
    return given ? std::string(argument_text(text.data(), SQL_NTS)) : std::string();
}

void Backend::refuse_asynchronous(SQLINTEGER attribute, SQLPOINTER value) const {
    if (attribute != SQL_ATTR_ASYNC_ENABLE || value == attribute_number(SQL_ASYNC_ENABLE_OFF)) return;
    // A driver that cannot do it answers as it likes.
    if (number<SQLUINTEGER>(SQL_ASYNC_MODE) != SQL_AM_NONE)
        throw DriverError("HYC00", "Nothing runs asynchronously: SQL_ASYNC_MODE is SQL_AM_NONE");
}

bool Backend::hides_transactions() const {
    if (!library_->GetConnectAttr) return true;
    SQLUINTEGER declares = 1;
    const SQLRETURN result =
        library_->GetConnectAttr(handle_, kDeclaresCursors, &declares, SQL_IS_UINTEGER, nullptr);
    return result != SQL_SUCCESS || declares != 0;
}

bool Backend::dead() const {
    SQLUINTEGER dead = SQL_CD_FALSE;
    if (library_->GetConnectAttr)
        library_->GetConnectAttr(handle_, SQL_ATTR_CONNECTION_DEAD, &dead, SQL_IS_UINTEGER, nullptr);
    return dead == SQL_CD_TRUE;
}

template <typename Ask>
bool Backend::ask_with(bool manual_commit, Ask ask_now) {
    const Attribute on{SQL_ATTR_AUTOCOMMIT, attribute_number(SQL_AUTOCOMMIT_ON), SQL_IS_UINTEGER};
    const Attribute off{SQL_ATTR_AUTOCOMMIT, attribute_number(SQL_AUTOCOMMIT_OFF), SQL_IS_UINTEGER};
    if (manual_commit && !SQL_SUCCEEDED(set_attribute(on))) return false;
    {
        const WatchedCall call(patience_, WatchedCall::Of::Ours);
        const OurStatement statement(*library_, handle_, wide_);
        ask_now(statement);
    }
    if (manual_commit) set_attribute(off);
    return true;
}

std::vector<std::string> Backend::first_row(std::string_view sql, std::size_t columns, bool manual_commit) {
    std::vector<std::string> row;
    asked_at = boot_now();
    (void)ask_with(manual_commit,
                   [&](const OurStatement& statement) { row = statement.first_row(sql, columns); });
    return row;
}

bool Backend::refresh(Catalog& catalog, bool manual_commit) {
    CatalogRefresh refreshing(catalog);
    bool answered = true;
    while (const std::string* question = refreshing.question()) {
        answered = false;
        refreshing.begin();
        (void)ask_with(manual_commit, [&](const OurStatement& statement) {
            answered = statement.rows(*question, refreshing.columns(),
                                      [&](const auto& row) { refreshing.row(row); });
        });
        refreshing.end(answered);
    }
    return answered;
}

std::optional<NodeRow> Backend::ask(bool manual_commit) {
    const auto row = first_row(node_query(), kNodeRowColumns, manual_commit);
    const std::vector<std::string_view> columns(row.begin(), row.end());
    auto answer = parse_node_row(columns, asked_at);
    if (answer) {
        // The first answer tells which run of the server this connection is bound to: it cannot change under
        // it.
        if (instance_ == 0) instance_ = answer->sample.instance;
        page_size_ = answer->page_size;
        if (answer->sample.instance == instance_) {
            in_recovery_ = answer->sample.in_recovery;
            position_ = higher(position_, answer->sample.position);
        }
    }
    return answer;
}

std::optional<CommitRow> Backend::ask_after_commit(bool manual_commit) {
    const auto row = first_row(commit_query(), kCommitRowColumns, manual_commit);
    const std::vector<std::string_view> columns(row.begin(), row.end());
    const auto answer = parse_commit_row(columns, position_.cluster, page_size_);
    if (answer) position_ = higher(position_, answer->position);
    return answer;
}

std::optional<std::string> Backend::setting_value(const std::string& name) {
    std::string quoted;
    for (const char c : name) {
        if (c == '\\') return std::nullopt;
        if (c == '\'') quoted.push_back(c);
        quoted.push_back(c);
    }
    auto row = first_row("SELECT pg_catalog.current_setting('" + quoted + "')", 1, false);
    return row.empty() ? std::nullopt : std::optional(std::move(row.front()));
}

std::optional<SessionValues> Backend::setting_values(Dialect dialect) {
    SessionValues values;
    bool answered = false;
    (void)ask_with(false, [&](const OurStatement& statement) {
        answered = statement.rows(session_values_query(dialect), 2,
                                  [&](const auto& row) { values.emplace(row[0], row[1]); });
    });
    return answered ? std::optional(std::move(values)) : std::nullopt;
}

std::optional<TransactionModes> Backend::ask_default_modes(bool manual_commit) {
    using Access = TransactionModes::Access;
    using Isolation = TransactionModes::Isolation;
    const auto row = first_row(
        "SELECT pg_catalog.current_setting('default_transaction_isolation'), "
        "pg_catalog.current_setting('default_transaction_read_only')",
        2, manual_commit);
    if (row.size() != 2) return std::nullopt;
    TransactionModes modes;
    modes.access = row[1] == "on" ? Access::ReadOnly : Access::ReadWrite;
    modes.isolation = Isolation::Serializable;
    if (row[0] == "repeatable read") modes.isolation = Isolation::RepeatableRead;
    if (row[0] == "read committed") modes.isolation = Isolation::ReadCommitted;
    if (row[0] == "read uncommitted") modes.isolation = Isolation::ReadUncommitted;
    return modes;
}

bool Backend::reads_committed() {
    if (!reads_committed_)
        reads_committed_ = setting_value("default_transaction_isolation") == "read committed";
    return *reads_committed_;
}

bool Backend::begin_transaction(bool repeatable_read) {
    const bool as_it_is = !repeatable_read && reads_committed();
    if (!SQL_SUCCEEDED(
            set_attribute({SQL_ATTR_AUTOCOMMIT, attribute_number(SQL_AUTOCOMMIT_OFF), SQL_IS_UINTEGER})))
        return false;
    return as_it_is || run(std::string("SET TRANSACTION ISOLATION LEVEL ") +
                           (repeatable_read ? "REPEATABLE READ" : "READ COMMITTED"));
}

bool Backend::end_transaction(bool commit) const {
    const WatchedCall call(patience_, WatchedCall::Of::Ours);
    const auto end = library_->EndTran;
    const bool ended = end && SQL_SUCCEEDED(end(SQL_HANDLE_DBC, handle_, commit ? SQL_COMMIT : SQL_ROLLBACK));
    return SQL_SUCCEEDED(
               set_attribute({SQL_ATTR_AUTOCOMMIT, attribute_number(SQL_AUTOCOMMIT_ON), SQL_IS_UINTEGER})) &&
           ended;
}

bool Backend::run(std::string_view text, bool manual_commit) const {
    const Attribute on{SQL_ATTR_AUTOCOMMIT, attribute_number(SQL_AUTOCOMMIT_ON), SQL_IS_UINTEGER};
    const Attribute off{SQL_ATTR_AUTOCOMMIT, attribute_number(SQL_AUTOCOMMIT_OFF), SQL_IS_UINTEGER};
    const WatchedCall call(patience_, WatchedCall::Of::Ours);
    if (manual_commit && !SQL_SUCCEEDED(set_attribute(on))) return false;
    const bool ran = OurStatement(*library_, handle_, wide_).execute(text);
    if (manual_commit) set_attribute(off);
    return ran;
}

void Backend::learn(const Sample& sample) {
    if (!sample.counts_for(instance_, opened)) return;
    in_recovery_ = sample.in_recovery;
    position_ = higher(position_, sample.position);
}

}  // namespace freshread
