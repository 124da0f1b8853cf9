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
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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
    // A savepoint was set, released or rolled back to, successfully. False: the settings behind it are not
    // known.
    [[nodiscard]] bool savepoint(const SavepointChange& change);
    // The transaction ended with COMMIT. `surely`: nothing in it failed, so that it cannot have been rolled
    // back. False as above.
    [[nodiscard]] bool committed(bool surely);
    void rolled_back() { pending_.clear(); }
    void clear();
    [[nodiscard]] bool empty() const { return durable_.empty() && pending_.empty(); }

    // In the order in which they took effect.
    [[nodiscard]] const std::vector<Entry>& durable() const { return durable_; }
    // The highest revision given out.
    [[nodiscard]] std::uint64_t revision() const { return revision_; }
    // Entries whose value has to be asked before they can be replayed.
    [[nodiscard]] bool has_unknown_values() const;
    // The names of the entries without a text get their values: `ask` gives one, or nothing. False when
    // something could not be asked.
    template <typename Ask>
    [[nodiscard]] bool learn_values(const Ask& ask) {
        for (Entry& entry : durable_) {
            if (!entry.text.empty()) continue;
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

 private:
    struct Pending {
        SettingChange change{};
        std::string text{};
        std::string savepoint{};  // not a setting, but a savepoint of this name
        bool is_savepoint = false;
    };

    [[nodiscard]] bool keep(const SettingChange& change, std::string_view text);
    static void add_assignment(std::string& text, const std::string& name, const std::string& value);

    std::vector<Entry> durable_{};
    std::vector<Pending> pending_{};
    std::uint64_t revision_ = 0;
};

}  // namespace freshread
