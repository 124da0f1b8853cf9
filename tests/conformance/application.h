// An application as a transcript: it makes ODBC calls through the driver manager and writes down everything
// it can see of each one. Run on two data sources, the transcripts must be equal.
//
// Text goes through the ANSI or the wide functions, as the run asks; the calls are written once.
#pragma once

#include <sql.h>
#include <sqlext.h>
#include <sqlucode.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace conformance {

struct Run {
    std::string dsn;
    bool wide = false;
    SQLINTEGER version = SQL_OV_ODBC3;
};

// A text argument: becomes what the called variant takes.
class In {
 public:
    In(std::string_view text);  // NOLINT(google-explicit-constructor): written at every call
    In(const char* text) : In(std::string_view(text)) {}         // NOLINT(google-explicit-constructor)
    In(const std::string& text) : In(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
    operator SQLCHAR*() { return reinterpret_cast<SQLCHAR*>(narrow_.data()); }
    operator SQLWCHAR*() { return wide_.data(); }
    [[nodiscard]] SQLSMALLINT size() const { return static_cast<SQLSMALLINT>(narrow_.size()); }

 private:
    std::string narrow_;
    std::vector<SQLWCHAR> wide_;
};

// A buffer of a declared size with a margin behind it; shows which of its bytes were written, and where.
class Out {
 public:
    // `characters` as declared to the driver; `wide`: each of two bytes.
    Out(std::size_t characters, bool wide);
    operator SQLCHAR*() { return bytes_.data(); }
    operator SQLWCHAR*() { return reinterpret_cast<SQLWCHAR*>(bytes_.data()); }
    [[nodiscard]] SQLPOINTER data() { return bytes_.data(); }
    // In characters, for functions that count so; in bytes for the others.
    [[nodiscard]] SQLSMALLINT characters() const { return static_cast<SQLSMALLINT>(characters_); }
    [[nodiscard]] SQLSMALLINT bytes() const { return static_cast<SQLSMALLINT>(characters_ * unit()); }
    // Everything that was written, as text; untouched units as '~'.
    [[nodiscard]] std::string shown() const;
    // The text up to its terminator.
    [[nodiscard]] std::string text() const;
    void refill();

 private:
    [[nodiscard]] std::size_t unit() const { return wide_ ? sizeof(SQLWCHAR) : 1; }
    [[nodiscard]] unsigned unit_at(std::size_t index) const;

    std::size_t characters_;
    bool wide_;
    std::vector<SQLCHAR> bytes_;
};

// Bytes as hexadecimal digits; printable ones as they are.
[[nodiscard]] std::string shown_bytes(const void* data, std::size_t size);
[[nodiscard]] std::string name_of_return(SQLRETURN result);

// An attribute's or field's value that is a number.
[[nodiscard]] inline SQLPOINTER number(std::intptr_t value) {
    return reinterpret_cast<SQLPOINTER>(value);
}

// printf to the transcript, one line.
[[gnu::format(printf, 1, 2)]] void say(const char* format, ...);

// Writes down the diagnostic records of a handle.
void show_records(SQLSMALLINT type, SQLHANDLE handle, bool wide);

// Any handle whose calls are written down.
class Handle {
 public:
    Handle(SQLSMALLINT type, SQLHANDLE handle, const Run& run) : type_(type), handle_(handle), run_(&run) {}
    [[nodiscard]] SQLHANDLE handle() const { return handle_; }
    [[nodiscard]] bool wide() const { return run_->wide; }
    [[nodiscard]] const Run& run() const { return *run_; }
    // Writes down the call, its return code and its records; gives the return code back.
    SQLRETURN did(std::string_view call, SQLRETURN result) const;
    [[nodiscard]] Out out(std::size_t characters) const { return {characters, run_->wide}; }

 protected:
    SQLSMALLINT type_;
    SQLHANDLE handle_;
    const Run* run_;
};

class Connection;

// Frees itself, unless the connection did.
class Statement : public Handle {
 public:
    explicit Statement(const Connection& connection);
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    SQLRETURN execute(std::string_view sql) const;
    SQLRETURN prepare(std::string_view sql) const;
    // Fetches all rows and writes every column as text.
    void show_rows(int most = 100) const;
    void show_columns() const;
    void close() const;
    // The connection's end has freed it: the handle means nothing any more.
    void gone() { handle_ = SQL_NULL_HSTMT; }
    [[nodiscard]] SQLHDESC descriptor(SQLINTEGER attribute) const;
};

class Environment : public Handle {
 public:
    explicit Environment(const Run& run);
    ~Environment();
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
};

class Connection : public Handle {
 public:
    Connection(const Environment& environment, const Run& run);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    SQLRETURN connect() const;
    // Drops and makes the schema `conformance` with the tables most chapters use, then lets the replica catch
    // up when the run wants that. Nothing of it is in the transcript, unless it fails.
    void make_schema() const;
    void run_silently(std::string_view sql) const;
    SQLRETURN end(SQLSMALLINT completion) const;
    SQLRETURN set(SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER length = SQL_IS_INTEGER) const;
};

// Waits until a replica that can has caught up; how long is the test's business
// (FRESHREAD_CONFORMANCE_SETTLE_MS).
void let_replica_catch_up();

// A chapter: its name, and what it does with one run.
struct Chapter {
    const char* name;
    void (*play)(const Run&);
};

#define CONFORMANCE_CHAPTERS(X) \
    X(connecting)               \
    X(disconnecting)            \
    X(browsing)                 \
    X(connection_attributes)    \
    X(statement_attributes)     \
    X(executing)                \
    X(parameters)               \
    X(parameter_arrays)         \
    X(data_at_execution)        \
    X(columns)                  \
    X(fetching)                 \
    X(getting_data)             \
    X(positioned)               \
    X(bulk)                     \
    X(catalog)                  \
    X(descriptors)              \
    X(explicit_descriptors)     \
    X(diagnostics)              \
    X(transactions)             \
    X(information)              \
    X(cursors)                  \
    X(sequences)                \
    X(replaced)                 \
    X(odbc2)
#define X(name) void name(const Run& run);
CONFORMANCE_CHAPTERS(X)
#undef X

}  // namespace conformance

// CALL(statement, Fetch), CALL(statement, BindCol, 1, ...): the call itself is its label.
// clang-format off
#define CALL(on, Function, ...)                            \
    (on).did("SQL" #Function "(" #__VA_ARGS__ ")",         \
             SQL##Function((on).handle() __VA_OPT__(, ) __VA_ARGS__))
// The same for functions with text, in the variant of the run.
#define TEXT(on, Function, ...)                                                               \
    (on).did("SQL" #Function "(" #__VA_ARGS__ ")",                                            \
             (on).wide() ? SQL##Function##W((on).handle() __VA_OPT__(, ) __VA_ARGS__)         \
                         : SQL##Function((on).handle() __VA_OPT__(, ) __VA_ARGS__))
