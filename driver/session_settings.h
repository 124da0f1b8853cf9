// The session's settings, as statements (SET and RESET) that took effect on the leader and are yet to reach
// the replicas.
//
// A setting inside a transaction counts once it is committed. What cannot be replayed safely keeps the
// session on the leader.
//
//   noted: outside a transaction  -> durable at once
//          inside a transaction   -> pending -- committed() --> durable
//                                            -- rolled_back() --> gone
#pragma once

#include <string>
#include <vector>

#include "routing/statement_class.h"

namespace freshread {

class SessionSettings {
 public:
    // A SessionState statement succeeded on the leader. False: replicas cannot be given it; the session must
    // stay on the leader.
    [[nodiscard]] bool note(const StatementClass& statement, std::string_view text, bool in_transaction);
    void committed();
    void rolled_back() { pending_.clear(); }
    void clear();
    [[nodiscard]] bool empty() const { return durable_.empty() && pending_.empty(); }

    // In the order in which they took effect.
    [[nodiscard]] const std::vector<std::string>& durable() const { return durable_; }

 private:
    std::vector<std::string> durable_{};
    std::vector<std::string> pending_{};
};

}  // namespace freshread
