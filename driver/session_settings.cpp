#include "driver/session_settings.h"

#include <algorithm>
#include <utility>

namespace freshread {

namespace {

// More than any application has; a session that makes up names for ever stays on the leader.
constexpr std::size_t kMostSettings = 1'000;

bool is_identity(const std::string& name) {
    return name == "role" || name == "session_authorization";
}

// Concerns transactions, which replicas do not run in autocommit.
bool is_of_transactions(const std::string& name) {
    return name.starts_with("default_transaction_") || name.starts_with("transaction_");
}

// A literal that reads the same whatever standard_conforming_strings says.
std::string literal(const std::string& value) {
    std::string out = "E'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') out.push_back(c);
        out.push_back(c);
    }
    return out + "'";
}

}  // namespace

bool SessionSettings::note(const SettingChange& change, std::string_view text, bool in_transaction) {
    if (!in_transaction) return keep(change, text);
    if (pending_.size() >= kMostSettings) return false;
    pending_.push_back({change, std::string(text), {}, false, false});
    return true;
}

bool SessionSettings::keep(const SettingChange& change, std::string_view text) {
    using Kind = SettingChange::Kind;
    const auto append = [&](std::vector<std::string> names, std::string entry_text) {
        std::erase_if(durable_, [&](const Entry& entry) { return entry.names == names; });
        durable_.push_back({std::move(names), std::move(entry_text), ++revision_});
    };
    switch (change.kind) {
        case Kind::Nothing:
        case Kind::DiscardTemporary:
            return true;
        case Kind::DiscardAll:
            durable_.clear();
            doubted_ = 0;
            append({"session_authorization"}, "RESET SESSION AUTHORIZATION");
            append({}, "RESET ALL");
            return true;
        case Kind::ResetAll:
            // It leaves role and login alone.
            std::erase_if(durable_, [](const Entry& entry) {
                return entry.names.size() != 1 || !is_identity(entry.names.front());
            });
            append({}, std::string(text));
            return true;
        case Kind::Assign:
            break;
    }
    if (!change.names.empty() && std::all_of(change.names.begin(), change.names.end(), is_of_transactions))
        return true;
    if (change.names.empty() || durable_.size() >= kMostSettings) return false;
    append(change.names, change.repeatable ? std::string(text) : std::string());
    return true;
}

bool SessionSettings::note_local(const SettingChange& change, std::string_view text) {
    if (pending_.size() >= kMostSettings) return false;
    pending_.push_back({change, std::string(text), {}, false, true});
    return true;
}

std::vector<SessionSettings::Pending>::const_iterator SessionSettings::savepoint_named(
    const std::string& name) const {
    const auto found = std::find_if(pending_.rbegin(), pending_.rend(), [&](const Pending& pending) {
        return pending.is_savepoint && pending.savepoint == name;
    });
    return found == pending_.rend() ? pending_.end() : found.base() - 1;
}

bool SessionSettings::savepoint_is_carried(const SavepointChange& change) const {
    const auto at = savepoint_named(change.name);
    return change.kind != SavepointChange::Kind::Set &&
           at - pending_.begin() < static_cast<std::ptrdiff_t>(carried_);
}

bool SessionSettings::savepoint(const SavepointChange& change, std::string_view text) {
    using Kind = SavepointChange::Kind;
    if (change.kind == Kind::None) return true;
    if (change.kind == Kind::Set) {
        if (pending_.size() >= kMostSettings) return false;
        pending_.push_back({{}, std::string(text), change.name, true, false});
        return true;
    }
    const auto at = savepoint_named(change.name);
    // Set before this transaction was followed: whatever was set since may be gone or not.
    if (at == pending_.end()) return pending_.empty();
    const auto index = static_cast<std::size_t>(at - pending_.begin());
    if (change.kind == Kind::RollbackTo) {
        pending_.resize(index + 1);
        carried_ = std::min(carried_, pending_.size());
        return true;
    }
    std::size_t kept = index;
    std::size_t carried = std::min(carried_, index);
    for (std::size_t i = index; i < pending_.size(); ++i) {
        if (pending_[i].is_savepoint) continue;
        if (i < carried_) ++carried;
        if (kept != i) pending_[kept] = std::move(pending_[i]);
        ++kept;
    }
    pending_.resize(kept);
    carried_ = carried;
    return true;
}

bool SessionSettings::committed(bool surely) {
    bool known = true;
    for (Pending& pending : pending_) {
        if (pending.is_savepoint || pending.is_local) continue;
        if (!surely) {
            pending.change.repeatable = false;
            known = known && pending.change.kind == SettingChange::Kind::Assign;
        }
        known = keep(pending.change, pending.text) && known;
    }
    rolled_back();
    return known;
}

void SessionSettings::clear() {
    durable_.clear();
    rolled_back();
    leaders_.clear();
    doubted_ = leaders_at_ = unchanged_since_ = 0;
}

bool SessionSettings::has_unknown_values(std::uint64_t revision) const {
    return std::any_of(durable_.begin(), durable_.end(),
                       [&](const Entry& entry) { return entry.text.empty() && entry.revision > revision; });
}

void SessionSettings::learn(SessionValues leaders_values) {
    const bool noted = std::any_of(durable_.begin(), durable_.end(),
                                   [&](const Entry& entry) { return entry.revision > leaders_at_; });
    if (leaders_at_ == 0 || noted || leaders_values != leaders_) unchanged_since_ = revision_;
    leaders_ = std::move(leaders_values);
    leaders_at_ = revision_;
}

void SessionSettings::add_assignment(std::string& text, const std::string& name, const std::string& value) {
    text += text.empty() ? "SELECT " : ", ";
    text += "pg_catalog.set_config(" + literal(name) + ", " + literal(value) + ", false)";
}

}  // namespace freshread
