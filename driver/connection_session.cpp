// The session of a connection: what the application's statements and attributes made of it on the leader, and
// carrying that to a replica.
#include <algorithm>

#include "driver/carried_attributes.h"
#include "driver/connection.h"
#include "routing/temporary_names.h"

namespace freshread {

namespace {

// What transactions are by default may be something else behind it.
bool concerns_transactions(const SettingChange& change) {
    return change.kind == SettingChange::Kind::ResetAll || change.kind == SettingChange::Kind::DiscardAll ||
           change.names.empty() ||
           std::any_of(change.names.begin(), change.names.end(), [](const std::string& name) {
               return name.find("transaction_") != std::string::npos;
           });
}

}  // namespace

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
    ran_unknown_code_ = ran_unknown_code_ || is.may_set;
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
        if (change.kind == SettingChange::Kind::DiscardAll) {
            session.discarded_all();
            ran_unknown_code_ = false;
        }
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

}  // namespace freshread
