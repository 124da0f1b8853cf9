// Freshread's own statements (routing/own_statement.h): SHOW, SET and RESET of freshread.NAME.
//
// No server sees them. A node is sent a constant statement in their place, so that every ODBC client finds
// what it expects of a statement of that kind: the SELECT of the answer for SHOW, and one without a result
// and without an effect for the others, which also fails where a SET would (in a transaction that has
// failed).
//
// A value counts from the moment on when that statement has succeeded, whether a transaction is open or not.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace freshread {

class Connection;

class Command {
 public:
    // Throws DriverError: 22023 a value that is not accepted, 42704 a name that is not known, 55P02 a keyword
    // that only counts when connecting, 42601 what is not understood, 0A000 SET LOCAL. Nothing changes.
    Command(Connection& connection, std::string_view statement);

    [[nodiscard]] const std::string& sent() const { return sent_; }
    // What was sent has succeeded. A warning; empty when there is nothing to warn of. Throws DriverError.
    [[nodiscard]] std::string succeeded(Connection& connection) const;

 private:
    void require_accepted(Connection& connection) const;

    std::string sent_{};
    std::string changed_{};               // the name; empty: nothing changes
    std::optional<std::string> value_{};  // nothing: the one of the connection string
};

}  // namespace freshread
