// Statements in order on a leader and, where the classifier and the session machine let them, on a replica
// that has caught up: what the replica says is the oracle.
#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "node.h"
#include "routing/cautious_classifier.h"
#include "routing/session.h"

namespace freshread::test {

class Play {
 public:
    struct Settings {
        Dialect dialect = Dialect::PostgreSql;
        std::size_t look_every = 20;  // reads between two looks at what they may have changed
        // Reads that only the session keeps on the leader run on the replica too: what they change there is
        // asked, what they answer is not.
        bool also_where_not_sent = false;
        // The answer does not depend on when and where it is given, so that two nodes must agree.
        std::function<bool(const std::string& text)> comparable{};
        // Only the catalog can know that this is no plain read: a view, a policy, a sequence ... Asked about
        // what the leader's session has just run.
        std::function<bool(const StatementClass&)> catalog_knows{};
    };

    Play(Node& leader, Node& replica, Settings settings);

    // A script: a session of its own.
    void begin(const std::string& script);
    void statement(const std::string& text);
    void end();

    // What must not be. Prints the counts too.
    [[nodiscard]] bool passed(std::ostream& out) const;

 private:
    void on_leader(const std::string& text, const StatementClass& is);
    void on_replica(const std::string& text, const StatementClass& is);
    void keep_setting(const std::string& text, const StatementClass& is, const Answer& answer);
    void replay_settings();
    // `same_rows`: the replica's session is as the leader's, and no transaction is open there.
    void on_both(const std::string& text, const StatementClass& is, bool same_rows);
    [[nodiscard]] Answer read_on_leader(const std::string& text, const StatementClass& is);
    void compare(const std::string& text, const StatementClass& is, Answer answer, Answer expected);
    void look();
    void found(const std::string& what, const std::string& text);

    Node& leader_;
    Node& replica_;
    Settings settings_;
    Session session_{};
    std::string script_{};
    std::chrono::steady_clock::time_point begun_{};
    std::multimap<double, std::string> seconds_{};  // the time each script took, to tell where it goes
    std::vector<std::string> pending_{};            // settings of the open transaction
    std::vector<std::string> durable_{};            // to be replayed
    std::vector<std::string> since_look_{};
    std::string state_of_replica_{};
    std::string reached_{};  // the leader's position, with which the replica has caught up; or not known
    std::vector<std::string> failures_{};
    std::map<std::string, std::size_t> counts_{};
    std::map<std::string, std::size_t> only_on_leader_{};  // by what the replica said
};

}  // namespace freshread::test
