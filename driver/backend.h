// A backend: one underlying connection, to one node, of one application connection.
//
// Opened when first needed, in the variant (ANSI or wide) in which the application connected. It knows how
// far its node has come: a living connection proves that replay has not gone back, so the highest position it
// learnt stays true until it breaks.
//
// Not thread-safe but for `call_mutex`; the connection's mutex guards the rest.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "driver/diagnostics.h"
#include "driver/driver_library.h"
#include "driver/node_source.h"
#include "driver/session_values.h"
#include "routing/statement_class.h"
#include "state/catalog.h"
#include "state/commit_query.h"
#include "state/node_query.h"

namespace freshread {

// psqlodbc's SQL_ATTR_PGOPT_USE_DECLAREFETCH.
inline constexpr SQLINTEGER kDeclaresCursors = 65539;

class Environment;

// An attribute as the application set it: a number, a pointer, or a text.
struct Attribute {
    SQLINTEGER id = 0;
    SQLPOINTER value = nullptr;
    SQLINTEGER length = 0;
    std::string text{};  // owned UTF-8 text, when is_text
    bool is_text = false;
    bool wide = false;  // set through the wide function: psqlodbc then answers SQLGetInfo differently
    std::uint64_t revision = 0;
};

class Backend {
 public:
    // Opens the underlying connection; attributes set before the application connected are set before it
    // connects, too. A replica that does not answer is given up. Throws DriverError when the driver cannot be
    // used; null when the driver refused: `diagnostics` then has its records.
    [[nodiscard]] static std::unique_ptr<Backend> open(Environment& environment, const NodeSource& source,
                                                       NodeId node, bool wide,
                                                       std::span<const Attribute> attributes,
                                                       Diagnostics& diagnostics);
    ~Backend();
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;

    [[nodiscard]] const DriverLibrary& library() const { return *library_; }
    [[nodiscard]] SQLHDBC handle() const { return handle_; }
    [[nodiscard]] NodeId node() const { return node_; }
    [[nodiscard]] bool is_leader() const { return node_ == kLeader; }
    [[nodiscard]] NodeRecord& record() const { return *record_; }
    // How long a call to a replica may take without a sign of life; nothing limits those to the leader.
    [[nodiscard]] const Patience& patience() const { return patience_; }
    void change_patience(const Patience& patience) { patience_ = patience; }
    [[nodiscard]] bool is_wide() const { return wide_; }

    // A text that SQLGetInfo gives; empty when it does not.
    [[nodiscard]] std::string information(SQLUSMALLINT type) const;
    // A number that SQLGetInfo gives; zero when it does not.
    template <typename Number>
    [[nodiscard]] Number number(SQLUSMALLINT type) const {
        Number value{};
        const auto get = library_->GetInfo ? library_->GetInfo : library_->GetInfoW;
        if (!get || !SQL_SUCCEEDED(get(handle_, type, &value, sizeof value, nullptr))) return Number{};
        return value;
    }
    // Throws DriverError (HYC00) when an attribute would have the driver run asynchronously: the steps behind
    // an execution need its outcome.
    void refuse_asynchronous(SQLINTEGER attribute, SQLPOINTER value) const;
    // SQLSetConnectAttr in the variant that fits; text attributes are converted.
    SQLRETURN set_attribute(const Attribute& attribute) const;
    // It may be inside a transaction that its driver has opened for a cursor of its own (psqlodbc with
    // UseDeclareFetch), so that a write in autocommit is not committed yet when it returns. True where the
    // driver does not say.
    [[nodiscard]] bool hides_transactions() const;
    // Asks SQL_ATTR_CONNECTION_DEAD. False where the driver does not know.
    [[nodiscard]] bool dead() const;
    // The connection was ended by SQLDisconnect outside this class.
    void disconnected() { connected_ = false; }

    // Both run a query of ours on this connection, outside the application's statements; nothing when it
    // could not be answered. With `manual_commit` the query is kept out of the application's next transaction
    // by switching autocommit on around it (no round trip while no transaction is open; the caller holds
    // call_mutex). How far the node has come: once after opening, and on a replica whenever nobody else
    // tells.
    [[nodiscard]] std::optional<NodeRow> ask(bool manual_commit);
    // On the leader, after a commit on this connection: how far its log has come, in the short form.
    [[nodiscard]] std::optional<CommitRow> ask_after_commit(bool manual_commit);
    // What the node says a setting of the session is (PostgreSQL).
    [[nodiscard]] std::optional<std::string> setting_value(const std::string& name);
    // What the node says all of them are (driver/session_values.h).
    [[nodiscard]] std::optional<SessionValues> setting_values(Dialect dialect);
    // Brings the catalog of relations up to date, on the leader, outside a transaction. False when it could
    // not be asked.
    bool refresh(Catalog& catalog, bool manual_commit);
    // What transactions to come are by default (PostgreSQL). Nothing when the node cannot say so now.
    [[nodiscard]] std::optional<TransactionModes> ask_default_modes(bool manual_commit);
    // Whether its transactions are READ COMMITTED when nobody says otherwise. Asked once.
    [[nodiscard]] bool reads_committed();
    // Autocommit off, and the isolation that is wanted, if it is not the one it has anyway. False when
    // refused.
    [[nodiscard]] bool begin_transaction(bool repeatable_read);
    // Ends it and switches autocommit on again. False when the connection is of no more use.
    [[nodiscard]] bool end_transaction(bool commit) const;
    // Runs a statement of the session's own (a setting that is replayed). False when it failed.
    [[nodiscard]] bool run(std::string_view text, bool manual_commit = false) const;

    // What a sample of the board adds to the position: nothing when it is of another run of the server, or
    // was begun before `opened`.
    void learn(const Sample& sample);
    // Taken after the connection was opened.
    SampleTicket opened{};
    [[nodiscard]] std::int64_t instance() const { return instance_; }
    [[nodiscard]] const Position& position() const { return position_; }
    [[nodiscard]] bool in_recovery() const { return in_recovery_; }

    // One call at a time where that matters: executions, the end of transactions and our own query between
    // them.
    std::mutex call_mutex{};

    std::uint64_t attributes_revision = 0;  // of the connection's spec, carried here
    std::uint64_t settings_revision = 0;    // of the session's settings, carried here
    BootTime asked_at{0};                   // when `ask` last ran

 private:
    Backend(const DriverLibrary& library, SQLHDBC handle, NodeId node, const NodeSource& source, bool wide)
        : library_(&library),
          handle_(handle),
          node_(node),
          record_(source.record),
          patience_(source.patience),
          wide_(wide) {}

    // `ask_now` with a statement of our own.
    template <typename Ask>
    bool ask_with(bool manual_commit, Ask ask_now);
    [[nodiscard]] std::vector<std::string> first_row(std::string_view sql, std::size_t columns,
                                                     bool manual_commit);

    const DriverLibrary* library_;
    SQLHDBC handle_;
    NodeId node_;
    NodeRecord* record_;
    Patience patience_;
    bool wide_;  // the entry it was opened by: drivers answer the other variant differently
    bool connected_ = false;
    bool in_recovery_ = false;
    std::int64_t instance_ = 0;
    std::uint32_t page_size_ = 0;
    Position position_{};
    std::optional<bool> reads_committed_{};
};

// Copies the records of an underlying handle that is about to vanish, or whose next call would discard them.
void copy_records(const DriverLibrary& library, SQLSMALLINT type, SQLHANDLE handle, Diagnostics& diagnostics);

// The first record of an underlying handle; an empty one when there is none.
[[nodiscard]] DiagnosticRecord first_record(const DriverLibrary& library, SQLSMALLINT type, SQLHANDLE handle);
[[nodiscard]] std::string first_sqlstate(const DriverLibrary& library, SQLSMALLINT type, SQLHANDLE handle);

}  // namespace freshread
