// A small ODBC client for tests, through the driver manager: what a C program does, with errors as
// exceptions.
#pragma once

#include <sql.h>
#include <sqlext.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace freshread::test {

struct OdbcError : std::runtime_error {
    OdbcError(std::string state, SQLINTEGER code, const std::string& message)
        : std::runtime_error(state + ": " + message), sqlstate(std::move(state)), native(code) {}
    std::string sqlstate;
    SQLINTEGER native;
};

using Row = std::vector<std::optional<std::string>>;

class Statement;

// One environment and one connection, ended by the destructor.
class Client {
 public:
    // A connection string: "DSN=freshread;User=u1".
    explicit Client(const std::string& connection_string, bool autocommit = true);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Runs a statement of its own; the rows it gave. Throws OdbcError.
    std::vector<Row> query(const std::string& sql);
    // The first column of the first row; empty text when there is none.
    std::string value(const std::string& sql);
    void execute(const std::string& sql) { query(sql); }
    void end_transaction(SQLSMALLINT completion);
    void set_autocommit(bool on);
    // With Explain=yes: the reason of the last query, e.g. "ReadOnReplica".
    [[nodiscard]] const std::string& reason() const { return reason_; }
    [[nodiscard]] bool on_replica() const { return reason_ == "ReadOnReplica"; }

    [[nodiscard]] SQLHDBC handle() const { return connection_; }
    [[nodiscard]] SQLHENV environment() const { return environment_; }
    // What SQLDriverConnect gave back.
    [[nodiscard]] const std::string& completed() const { return completed_; }
    // The records of the connect call when it answered SQL_SUCCESS_WITH_INFO.
    [[nodiscard]] const std::string& connect_information() const { return connect_information_; }

 private:
    friend class Statement;
    SQLHENV environment_ = SQL_NULL_HENV;
    SQLHDBC connection_ = SQL_NULL_HDBC;
    std::string completed_{};
    std::string connect_information_{};
    std::string reason_{};
};

// A statement handle of a client.
class Statement {
 public:
    explicit Statement(Client& client);
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    [[nodiscard]] SQLHSTMT handle() const { return handle_; }
    operator SQLHSTMT() const {
        return handle_;
    }  // NOLINT(google-explicit-constructor): for the ODBC calls of a test

    void direct(const std::string& sql);
    void prepare(const std::string& sql);
    void execute();
    // Throws OdbcError unless the call succeeded (SQL_NO_DATA counts as success); notes the reason of
    // Explain=yes.
    void check(SQLRETURN result);
    [[nodiscard]] std::vector<Row> rows();
    [[nodiscard]] const std::string& reason() const { return reason_; }
    [[nodiscard]] bool on_replica() const { return reason_ == "ReadOnReplica"; }
    void close();

 private:
    SQLHSTMT handle_ = SQL_NULL_HSTMT;
    std::string reason_{};
};

// The first record of a handle.
[[nodiscard]] OdbcError error_of(SQLSMALLINT type, SQLHANDLE handle);

}  // namespace freshread::test
