// Everything the mock driver knows: the handles it has seen, the rules and recorded calls of each node, the
// gates, and the diagnostic records it made up itself.
//
// Handles are the real driver's own, passed through. One mutex guards all of it; it is never held while the
// real driver is called.
//
// Recorded of a call: its function without W, its handle as a letter and a number (e1, c1, s1, d1) and its
// numeric arguments, or its text for those that take one. No connection string is recorded.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "driver/connection_string.h"
#include "driver/odbc.h"
#include "tests/mock/control.h"
#include "tests/mock/rule.h"

namespace freshread::mock {

class Stage final : public Control {
 public:
    // Outlives every exit handler.
    [[nodiscard]] static Stage& instance();

    void rule(const std::string& node, const std::string& text) override;
    void reset() override;
    std::vector<std::string> calls(const std::string& node) override;
    void forget_calls() override;
    bool arrived(const std::string& gate) override;
    void open(const std::string& gate) override;

    // A call begins: it is recorded, the handle's made-up records go, and what is to be done with it comes
    // back. A rule that waits has waited, and is a failing one when the call was cancelled meanwhile.
    [[nodiscard]] std::optional<Rule> enter(const char* function, SQLHANDLE handle,
                                            const std::string& detail);
    // SQLCancel: recorded, and nothing else. True when it ended the wait at a gate.
    [[nodiscard]] bool cancel(SQLHANDLE statement);

    // The real driver made `handle` below `parent`.
    void made(SQLSMALLINT type, SQLHANDLE parent, SQLHANDLE handle);
    void gone(SQLHANDLE handle);
    // SQLDisconnect frees what is below a connection.
    void children_gone(SQLHANDLE connection);
    // Takes Node, Rules and Record out of the keywords of a connection that is being made.
    void name_node(SQLHANDLE connection, KeywordList& keywords);

    void give_records(SQLHANDLE handle, std::vector<DiagnosticRecord> records);
    [[nodiscard]] std::vector<DiagnosticRecord> records_of(SQLHANDLE handle);

 private:
    struct Handle {
        std::string label{};
        SQLHANDLE parent = SQL_NULL_HANDLE;
        std::string node{};
        std::vector<DiagnosticRecord> records{};
        std::vector<std::string> early{};  // a connection's calls before it had a node
        bool waiting = false;
        bool cancelled = false;
    };
    struct Node {
        std::vector<Rule> rules{};
        std::vector<std::string> calls{};
        std::string file{};  // Record=
    };

    Stage() = default;
    void record(Handle* handle, std::string line);
    void write(Node& node, const std::string& line) const;
    [[nodiscard]] std::optional<Rule> take_rule(Node& node, std::string_view function,
                                                std::string_view detail);
    void wait_at(const std::string& gate, SQLHANDLE handle, std::unique_lock<std::mutex>& lock, Rule& rule);

    std::mutex mutex_{};
    std::condition_variable changed_{};
    std::map<SQLHANDLE, Handle> handles_{};
    std::map<std::string, Node> nodes_{};
    std::multiset<std::string> standing_{};  // gates at which a call stands
    std::set<std::string> open_{};
    unsigned long made_ = 0;
};

}  // namespace freshread::mock
