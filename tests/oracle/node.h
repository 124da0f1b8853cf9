// One server as the oracle sees it: a connection that runs texts and says what came of them.
#pragma once

#include <string>
#include <vector>

namespace freshread::test {

struct Answer {
    bool succeeded = false;
    std::string state{};    // SQLSTATE or the server's own number, when it failed
    std::string message{};  // likewise
    std::vector<std::string> rows{};
    bool rolled_back = false;  // a COMMIT that was none
};

class Node {
 public:
    Node() = default;
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    virtual ~Node() = default;

    // Ends the session and begins a new one.
    virtual void reconnect() = 0;
    // What follows rows or wants data is drained. A lost connection is made anew.
    virtual Answer run(const std::string& text) = 0;
    // No transaction is open.
    virtual bool idle() = 0;
    // What a statement may change besides data: locks, settings, cursors, statistics that were reset.
    virtual std::string session() = 0;
    // What it has committed, of anybody. Nothing, when a commit waits until others have applied it.
    virtual std::string position() { return {}; }
    // Waits until it has applied what is another's position.
    virtual void reach(const std::string& position) { (void)position; }
    // A refusal to write.
    [[nodiscard]] virtual bool refuses_write(const Answer& answer) const = 0;
};

}  // namespace freshread::test
