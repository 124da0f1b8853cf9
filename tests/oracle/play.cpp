#include "play.h"

#include <algorithm>
#include <ostream>

namespace freshread::test {

namespace {

constexpr std::size_t kMostShown = 40;

std::string shortened(const std::string& text) {
    return text.size() <= 400 ? text : text.substr(0, 400) + "...";
}

// Where two texts begin to differ.
std::string difference(const std::string& before, const std::string& after) {
    const auto at = static_cast<std::size_t>(
        std::mismatch(before.begin(), before.end(), after.begin(), after.end()).first - before.begin());
    const std::size_t begin = at < 60 ? 0 : at - 60;
    return shortened(before.substr(begin)) + " to " + shortened(after.substr(begin));
}

}  // namespace

Play::Play(Node& leader, Node& replica, Settings settings)
    : leader_(leader), replica_(replica), settings_(std::move(settings)) {}

void Play::begin(const std::string& script) {
    script_ = script;
    begun_ = std::chrono::steady_clock::now();
    session_ = Session();
    pending_.clear();
    durable_.clear();
    since_look_.clear();
    leader_.reconnect();
    replica_.reconnect();
    reached_.clear();
    state_of_replica_ = replica_.session();
}

void Play::end() {
    look();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun_;
    seconds_.emplace(took.count(), script_);
}

void Play::found(const std::string& what, const std::string& text) {
    ++counts_["FOUND: " + what.substr(0, what.find(':'))];
    failures_.push_back(script_ + ": " + what + "\n    " + shortened(text));
}

void Play::statement(const std::string& text) {
    const StatementClass is = classify_cautiously(text, settings_.dialect);
    ++counts_[std::string(name_of(is.kind))];
    const auto leader = session_.before(is).leader;
    if (is.kind == StatementKind::Read && !leader && leader_.idle()) {
        on_replica(text, is);
        return;
    }
    const Reason reason = leader.value_or(Reason::InTransaction);
    if (is.kind == StatementKind::Read) ++counts_["reads on the leader: " + std::string(name_of(reason))];
    if (is.kind == StatementKind::Read && is.reason == Reason::ReadOnReplica &&
        settings_.also_where_not_sent) {
        on_both(text, is, false);
    } else {
        on_leader(text, is);
    }
}

void Play::on_leader(const std::string& text, const StatementClass& is) {
    reached_.clear();
    const Answer answer = leader_.run(text);
    session_.after(is, answer.succeeded ? Session::Outcome::Succeeded : Session::Outcome::Failed);
    keep_setting(text, is, answer);
    // What the machine does not know, it must not need.
    if (session_.in_transaction() && leader_.idle()) session_.end_transaction();
}

void Play::keep_setting(const std::string& text, const StatementClass& is, const Answer& answer) {
    const bool lasting = is.kind == StatementKind::SessionState && !is.local_setting && answer.succeeded;
    if (lasting) (leader_.idle() ? durable_ : pending_).push_back(text);
    if (pending_.empty()) return;
    if (is.verb == TransactionVerb::Savepoint) session_.keep_on_leader();
    if (!leader_.idle()) return;
    const bool committed = is.verb == TransactionVerb::Commit && answer.succeeded && !answer.rolled_back;
    if (committed) durable_.insert(durable_.end(), pending_.begin(), pending_.end());
    pending_.clear();
}

void Play::replay_settings() {
    if (durable_.empty()) return;
    look();
    for (const auto& text : durable_) {
        if (replica_.run(text).succeeded) continue;
        ++counts_["settings that the replica refuses"];
        session_.keep_on_leader();
    }
    durable_.clear();
    state_of_replica_ = replica_.session();
}

void Play::on_replica(const std::string& text, const StatementClass& is) {
    replay_settings();
    if (session_.kept_on_leader()) {
        on_leader(text, is);
        return;
    }
    ++counts_["reads on the replica"];
    on_both(text, is, true);
}

void Play::on_both(const std::string& text, const StatementClass& is, bool same_rows) {
    const Answer expected = read_on_leader(text, is);
    const Answer answer = replica_.run(text);
    if (replica_.refuses_write(answer)) {
        if (settings_.catalog_knows(is)) {
            ++counts_["reads refused as writes that only the catalog can know"];
        } else {
            found("refused as a write: " + answer.message, text);
        }
    } else if (!same_rows) {
        session_.after(is, expected.succeeded ? Session::Outcome::Succeeded : Session::Outcome::Failed);
    } else if (answer.succeeded && expected.succeeded) {
        ++counts_["reads that succeed on both"];
        compare(text, is, answer, expected);
    } else if (expected.succeeded) {
        ++only_on_leader_[answer.state + " " + answer.message.substr(0, 60)];
    }
    since_look_.push_back(text);
    if (since_look_.size() >= settings_.look_every) look();
}

// The replica has caught up with what came before, and the leader has written nothing.
Answer Play::read_on_leader(const std::string& text, const StatementClass& is) {
    if (reached_.empty()) {
        reached_ = leader_.position();
        replica_.reach(reached_);
    }
    const std::string before = reached_;
    Answer answer = leader_.run(text);
    reached_ = leader_.position();
    if (reached_ == before) return answer;
    if (settings_.catalog_knows(is)) {
        ++counts_["reads that write, which only the catalog can know"];
    } else {
        found("writes: the leader went from " + before + " to " + reached_, text);
    }
    replica_.reach(reached_);
    return answer;
}

void Play::compare(const std::string& text, const StatementClass& is, Answer answer, Answer expected) {
    if (!settings_.comparable(text) || answer.rows == expected.rows) return;
    // Without an order, or among equals, any is right.
    std::sort(answer.rows.begin(), answer.rows.end());
    std::sort(expected.rows.begin(), expected.rows.end());
    if (answer.rows == expected.rows) return;
    if (settings_.catalog_knows(is)) {
        ++counts_["other rows that only the catalog can know"];
        return;
    }
    const auto [row, other] =
        std::mismatch(answer.rows.begin(), answer.rows.end(), expected.rows.begin(), expected.rows.end());
    found("other rows: " + (row == answer.rows.end() ? "fewer" : shortened(*row)) + " for " +
              (other == expected.rows.end() ? "fewer" : shortened(*other)),
          text);
}

void Play::look() {
    if (since_look_.empty()) return;
    const std::string state = replica_.session();
    if (state != state_of_replica_) {
        std::string texts;
        for (const auto& text : since_look_) texts += shortened(text) + "\n    ";
        found("one of these changed the session or the server: " + difference(state_of_replica_, state),
              texts);
        state_of_replica_ = state;
    }
    since_look_.clear();
}

bool Play::passed(std::ostream& out) const {
    for (const auto& [what, count] : counts_) out << count << " " << what << "\n";
    for (const auto& [what, count] : only_on_leader_) {
        out << count << " only on the leader: " << what.substr(0, what.find('\n')) << "\n";
    }
    std::size_t slowest = 5;
    for (auto entry = seconds_.rbegin(); entry != seconds_.rend() && slowest > 0; ++entry, --slowest) {
        out << entry->first << " s: " << entry->second << "\n";
    }
    std::size_t shown = 0;
    for (const auto& failure : failures_) {
        if (++shown <= kMostShown) out << "FAILED " << failure << "\n";
    }
    out << failures_.size() << " failures\n";
    return failures_.empty();
}

}  // namespace freshread::test
