// How a test program steers the mock driver while it runs, and sees what was called.
//
// The driver is loaded into the test's own process, by Freshread or by the driver manager: the test finds it
// through the dynamic loader (tests/driver/mock_driver.h), never by linking it, since the driver's functions
// would take the place of the driver manager's.
//
// A node is what the connection string calls `Node`. What is called before a connection has one
// (environments, connections that are being made) belongs to the node "". Thread-safe.
#pragma once

#include <string>
#include <vector>

namespace freshread::mock {

class Control {
 public:
    Control() = default;
    virtual ~Control() = default;
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;

    // Adds a rule (rule.h) for a node's next calls. Throws std::invalid_argument for what is not a rule.
    virtual void rule(const std::string& node, const std::string& text) = 0;
    // Forgets all rules, recorded calls and gates.
    virtual void reset() = 0;

    // What was called on a node since `forget_calls`, in order: "FUNCTION HANDLE ARGUMENTS". A connection's
    // calls before it had a node are among its node's.
    virtual std::vector<std::string> calls(const std::string& node) = 0;
    virtual void forget_calls() = 0;

    // Waits until a call stands at the gate. False after ten seconds.
    virtual bool arrived(const std::string& gate) = 0;
    virtual void open(const std::string& gate) = 0;
};

// The name under which the driver exports `Control* function()`.
inline constexpr const char* kControlFunction = "freshread_mock_control";

}  // namespace freshread::mock
