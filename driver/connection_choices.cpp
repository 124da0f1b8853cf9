// What the application decides while the connection lives: for whom it acts, by which policy. What the
// connection string says is in force again after RESET ALL, DISCARD ALL and when the connection goes back to
// a pool.
#include "driver/connection.h"
#include "driver/setting_value.h"

namespace freshread {

void Connection::require_possible(const SessionChoices& choices) const {
    if (settings_.replicas.empty()) return;
    require_positions(choices);
    require_possible(choices.critical_tables);
    if (choices.policy == Policy::Synchronous && !settings_.monitor)
        refuse(
            "Policy", "synchronous",
            "leader, window, position, token, fallback, any: with Monitor=none nothing tells that replicas "
            "have applied a write");
    if (choices.on_lag.wait.count() != 0 && !settings_.monitor)
        refuse("OnLag", shown_choice(choices, "OnLag"),
               "leader, error, stale: with Monitor=none nothing tells that a replica has come further, so no "
               "read can wait for it");
    if (choices.monotonic > Monotonic::No && !settings_.monitor)
        refuse("Monotonic", shown_choice(choices, "Monotonic"),
               "auto, no: with Monitor=none nothing tells where the leader was when a replica was left");
    if (choices.max_lag.count() == 0) return;
    if (!settings_.monitor)
        refuse("MaxLag", shown_choice(choices, "MaxLag"),
               "none: with Monitor=none nothing tells how far a replica is behind");
    // A replica that has everything is sampled so long after the leader, and looked at so long after that.
    const std::chrono::milliseconds least = 2 * settings_.poll_fast;
    if (choices.max_lag < least)
        refuse("MaxLag", shown_choice(choices, "MaxLag"),
               "none, or with this PollInterval a duration of at least " + shown_duration(least));
}

void Connection::require_positions(const SessionChoices& choices) const {
    if (positions_) return;
    if (choices.on_lag != OnLag{})
        refuse("OnLag", shown_choice(choices, "OnLag"),
               "leader: how far a replica is behind is not known of this database, which has no positions");
    if (choices.monotonic > Monotonic::No)
        refuse("Monotonic", shown_choice(choices, "Monotonic"), "auto, no: this database has no positions");
    if (choices.max_lag.count() != 0)
        refuse("MaxLag", shown_choice(choices, "MaxLag"),
               "none: how far a replica is behind is not known of this database, which has no positions");
    const bool needed = asks_for_position(choices.policy) || choices.policy == Policy::Token;
    if (!needed) return;
    throw DriverError("HY000", "The keyword 'Policy' has the value '" + std::string(name_of(choices.policy)) +
                                   "', which needs positions of the engine; "
                                   "with this database accepted: leader, window, fallback, any");
}

void Connection::take(const SessionChoices& choices) {
    const bool others_critical = choices.critical_tables != choices_.critical_tables;
    choices_ = choices;
    if (others_critical && catalog_) renew_proofs();
    explains_.store(choices.explain, std::memory_order_relaxed);
    tracker_.change_window(choices.window);
    session_.shadow(choices.shadow != Shadow::No);
    session_.split_until_write(choices.transaction_reads == TransactionReads::UntilWrite);
}

std::optional<SessionChoices> Connection::with_choice(std::string_view keyword,
                                                      const std::optional<std::string>& value) const {
    SessionChoices choices = choices_;
    const bool known =
        value ? read_choice(choices, keyword, *value) : copy_choice(choices, keyword, settings_.choices);
    if (!known) return std::nullopt;
    require_possible(choices);
    return choices;
}

bool Connection::may_choose(std::string_view keyword, const std::optional<std::string>& value) {
    const std::scoped_lock lock(mutex);
    return with_choice(keyword, value).has_value();
}

void Connection::choose(std::string_view keyword, const std::optional<std::string>& value) {
    const std::scoped_lock lock(mutex);
    const auto choices = with_choice(keyword, value);
    if (!choices) return;
    changed();
    chosen_ = true;
    take(*choices);
    if (!connected()) policy_before_ = value ? std::optional(choices->policy) : std::nullopt;
}

void Connection::act_for(Identity::Word word, const std::optional<std::string>& user) {
    const std::scoped_lock lock(mutex);
    changed();
    chosen_ = true;
    if (user)
        identity_.name(word, *user);
    else
        identity_.forget(word);
}

void Connection::forget_choices() {
    changed();
    take(settings_.choices);
    token_ = given_token_;
    identity_.forget(Identity::Word::Statement);
}

const UserKey& Connection::acting_user(std::string_view hinted) {
    const UserKey& user = identity_.key(hinted);
    tracker_.take_part(user);
    return user;
}

void Connection::borrowed() {
    const std::scoped_lock lock(mutex);
    // Without a pool it is the application that asks whether its own connection is dead.
    if (chosen_ && pooled_by_driver_manager()) returned_to_pool();
}

void Connection::returned_to_pool() {
    forget_choices();
    identity_.forget(Identity::Word::Attribute);
    forget_seen();
    chosen_ = false;
}

}  // namespace freshread
