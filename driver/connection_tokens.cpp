// Commit tokens (state/commit_token.h): what a session gives, and what its reads must see since it was handed
// one.
#include "driver/connection.h"
#include "state/commit_token.h"

namespace freshread {

namespace {

constexpr std::string_view kRefused = "The token is refused: ";
constexpr std::string_view kBeyond =
    "The token lies beyond the leader, which has lost what it stands for or never had it: the position of "
    "the "
    "leader counts in its place";

}  // namespace

std::string Connection::token() {
    if (!positions_)
        throw DriverError("HYC00", "Tokens need positions of the engine, which this one has not");
    const std::scoped_lock calls(leader().call_mutex);
    bool manual_commit = false;
    {
        const std::scoped_lock lock(mutex);
        if (session_.in_transaction())
            throw DriverError("25001",
                              "A token says what is committed: it is not given inside a transaction");
        manual_commit = !session_.autocommit();
    }
    settle();
    // Asked after all that this session has written and seen, it is behind none of that.
    const auto row = leader_->ask_after_commit(manual_commit);
    if (!row || row->in_transaction) throw DriverError("HY000", "The leader does not tell its position");
    const std::scoped_lock lock(mutex);
    leader_seen_ = higher(leader_seen_, row->position);
    return make_token(row->position, token_key_);
}

Position Connection::position_in(std::string_view token) const {
    try {
        if (!positions_) throw TokenRefused("the engine has no positions");
        return read_token(token, token_key_, cluster_);
    } catch (const TokenRefused& refused) {
        throw DriverError("22023", std::string(kRefused) + refused.what());
    }
}

std::string Connection::heed_token(const std::string& token) {
    Position position = position_in(token);
    const std::scoped_lock calls(leader().call_mutex);
    bool manual_commit = false;
    bool inside = false;
    {
        const std::scoped_lock lock(mutex);
        inside = session_.in_transaction();
        manual_commit = !session_.autocommit();
    }
    // Inside a transaction the leader is not asked: the board says in time how far it has come.
    const auto row = inside ? std::nullopt : leader_->ask_after_commit(manual_commit);
    const std::scoped_lock lock(mutex);
    changed();
    chosen_ = true;
    if (row) leader_seen_ = higher(leader_seen_, row->position);
    const bool beyond =
        row && row->position.timeline == position.timeline && row->position.lsn < position.lsn;
    if (beyond) position = row->position;
    token_ = higher(token_, position);
    return beyond ? std::string(kBeyond) : std::string();
}

void Connection::read_given_token() {
    const auto refuse_keyword = [](const std::string& keyword, const std::string& value,
                                   const std::string& why) {
        throw DriverError("HY000", "The keyword '" + keyword + "'" + value + " is refused: " + why);
    };
    token_key_.clear();
    const std::string& file = settings_.token_key_file;
    try {
        if (!file.empty()) token_key_ = read_token_key(file);
    } catch (const TokenRefused& refused) {
        refuse_keyword("TokenKeyFile", " with the value '" + file + "'", refused.what());
    }
    if (positions_ && !leader_->in_recovery()) leader_seen_ = leader_->position();
    if (settings_.token.empty()) return;
    try {
        given_token_ = position_in(settings_.token);
    } catch (const DriverError& error) {
        refuse_keyword("Token", "", std::string(error.what()).substr(kRefused.size()));
    }
    if (leader_seen_.timeline == given_token_.timeline && leader_seen_.lsn < given_token_.lsn) {
        given_token_ = leader_seen_;
        diagnostics.post("01000", kBeyond);
    }
    token_ = given_token_;
}

void Connection::forget_token() {
    const std::scoped_lock lock(mutex);
    changed();
    token_ = given_token_;
}

Requirement Connection::requirement_of_tokens(std::string_view hinted) {
    Position position = token_;
    if (!hinted.empty()) {
        try {
            position = higher(position, position_in(hinted));
        } catch (const DriverError&) {
            return Requirement::leader_only(Reason::TokenUnproven);
        }
    }
    if (!position.known()) return Requirement::any();
    if (satisfies(leader_seen_, position)) return Requirement::at_least(position);
    if (const auto sample = knowledge_ ? knowledge_->sample(kLeader) : std::nullopt;
        sample && !sample->in_recovery)
        leader_seen_ = higher(leader_seen_, sample->position);
    if (satisfies(leader_seen_, position)) return Requirement::at_least(position);
    // Nothing shows yet that the leader has been there.
    if (knowledge_) knowledge_->want_progress();
    return Requirement::leader_only(Reason::TokenUnproven);
}

}  // namespace freshread
