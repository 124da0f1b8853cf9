// The session's settings that took effect on the leader and are yet to reach the replicas.
//
// A setting counts once it is durable: outside a transaction at once, inside one when that is committed. One
// that is set again takes the place of the earlier one, at the end of the list: what is replayed is as long
// as the list of names, and in the order in which the last values were given (SET ROLE behind SET SESSION
// AUTHORIZATION).
//
//   noted: outside a transaction  -> durable at once
//          inside a transaction   -> pending -- committed() --> durable
//                                            -- rolled_back(), rollback to a savepoint before it --> gone
//
// A value that the text does not tell (a parameter marker; a transaction of which it is not known whether it
// was committed) is asked on the leader before it is replayed.
//
// Behind code of the user's own (doubt) all of them are asked on the leader, and a replica that does not have
// them as they were asked before is asked, too, and given what differs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "driver/session_values.h"
#include "routing/setting_change.h"

namespace freshread {

class SessionSettings {
 public:
    struct Entry {
        std::vector<std::string> names{};
        std::string text{};          // what a replica is sent; empty: to be asked
        std::uint64_t revision = 0;  // the entries newer than what a replica has are what it lacks
    };

    // A statement succeeded on the leader. False: what it set cannot be known; the session must stay on the
    // leader until everything is discarded.
    [[nodiscard]] bool note(const SettingChange& change, std::string_view text, bool in_transaction);
    // As above, of a setting that ends with the transaction that is open.
    [[nodiscard]] bool note_local(const SettingChange& change, std::string_view text);
    // A savepoint was set, released or rolled back to, successfully. False: the settings behind it are not
    // known.
    [[nodiscard]] bool savepoint(const SavepointChange& change, std::string_view text);

    // --- the open transaction's own settings and savepoints, for a replica on which it reads, too. `send`
    // gives one text to it. False when one was refused, or cannot be sent.
    template <typename Send>
    [[nodiscard]] bool carry_pending(const Send& send) {
        for (; carried_ < pending_.size(); ++carried_) {
            const Pending& next = pending_[carried_];
            if (!next.change.repeatable) return false;
            sent_ = true;
            if (!send(next.text)) return false;
        }
        return true;
    }
    // The replica has the savepoint that this releases or rolls back to: it has to follow.
    [[nodiscard]] bool savepoint_is_carried(const SavepointChange& change) const;
    // Something was sent that a rollback of the replica's transaction has to undo.
    [[nodiscard]] bool carried_pending() const { return sent_; }
    void forget_carried() {
        carried_ = 0;
        sent_ = false;
    }

    // The transaction ended with COMMIT. `surely`: nothing in it failed, so that it cannot have been rolled
    // back. False as above.
    [[nodiscard]] bool committed(bool surely);
    void rolled_back() {
        pending_.clear();
        carried_ = 0;
    }
    void clear();
    [[nodiscard]] bool empty() const { return durable_.empty() && pending_.empty() && doubted_ == 0; }

    // In the order in which they took effect.
    [[nodiscard]] const std::vector<Entry>& durable() const { return durable_; }
    // The highest revision given out.
    [[nodiscard]] std::uint64_t revision() const { return revision_; }
    // Entries newer than this whose value has to be asked before they can be replayed.
    [[nodiscard]] bool has_unknown_values(std::uint64_t revision = 0) const;

    // --- what no text tells
    // Settings may be other ones than is known here.
    void doubt() { doubted_ = ++revision_; }
    // Who has carried no more than this needs the leader's values.
    [[nodiscard]] bool in_doubt(std::uint64_t carried) const { return carried < doubted_; }
    [[nodiscard]] bool wants_leaders_values() const { return leaders_at_ < doubted_; }
    void learn(SessionValues leaders_values);
    [[nodiscard]] const SessionValues& leaders_values() const { return leaders_; }
    // What it was when they were asked; who has them has carried so much.
    [[nodiscard]] std::uint64_t leaders_at() const { return leaders_at_; }
    // Who has carried so much has them, although they were asked behind that.
    [[nodiscard]] bool unchanged_since(std::uint64_t carried) const { return carried >= unchanged_since_; }

    // The names of the newer entries without a text get their values: `ask` gives one, or nothing. False when
    // something could not be asked.
    template <typename Ask>
    [[nodiscard]] bool learn_values(const Ask& ask, std::uint64_t revision = 0) {
        for (Entry& entry : durable_) {
            if (!entry.text.empty() || entry.revision <= revision) continue;
            std::string text;
            for (const std::string& name : entry.names) {
                const auto value = ask(name);
                if (!value) return false;
                add_assignment(text, name, *value);
            }
            entry.text = std::move(text);
        }
        return true;
    }

    // Adds to a statement that gives settings their values.
    static void add_assignment(std::string& text, const std::string& name, const std::string& value);

 private:
    struct Pending {
        SettingChange change{};
        std::string text{};
        std::string savepoint{};  // not a setting, but a savepoint of this name
        bool is_savepoint = false;
        bool is_local = false;
    };

    [[nodiscard]] std::vector<Pending>::const_iterator savepoint_named(const std::string& name) const;
    [[nodiscard]] bool keep(const SettingChange& change, std::string_view text);

    std::vector<Entry> durable_{};
    std::vector<Pending> pending_{};
    std::size_t carried_ = 0;  // so many of `pending_` the transaction's replica has
    bool sent_ = false;
    std::uint64_t revision_ = 0;
    std::uint64_t doubted_ = 0;
    SessionValues leaders_{};
    std::uint64_t leaders_at_ = 0;
    std::uint64_t unchanged_since_ = 0;
};

}  // namespace freshread
