// The application that is played: its handles, the call it is at, and how a call is written down.
#pragma once

#include <array>
#include <string>

#include "memory.h"
#include "random.h"
#include "tests/conformance/application.h"

namespace fuzz {

inline constexpr int kConnections = 2;
inline constexpr int kDescriptors = 4;

struct StatementHandle {
    SQLHSTMT handle = SQL_NULL_HSTMT;
    int number = 0;
    // What it holds is the result of a catalog function. psqlodbc refuses a SQLExecute then, but leaves the
    // statement such that SQLNumResultCols never returns (seen with 13.02).
    bool of_catalog = false;
    // The application named its cursor. Else psqlodbc does so when it first executes a query, and the
    // statement that a later query ran on may be another one.
    bool named = false;
    [[nodiscard]] int connection() const { return number % kConnections; }
};

struct DescriptorHandle {
    SQLHDESC handle = SQL_NULL_HDESC;
    std::string name{};
};

class Player {
 public:
    Player(const conformance::Run& run, std::uint64_t seed, bool mixed);
    ~Player();
    Player(const Player&) = delete;
    Player& operator=(const Player&) = delete;

    // Call `index` of the sequence.
    void play(std::uint64_t index);

    // --- choosing handles; what is missing is allocated and connected first
    StatementHandle& statement(Random& random);
    StatementHandle& statement(int number);
    SQLHDBC connection(Random& random);
    SQLHDBC connection(int number);
    [[nodiscard]] SQLHENV environment() const { return environment_; }
    // One of a statement's four in force, or an explicit one.
    DescriptorHandle descriptor(Random& random);
    SQLHDESC& explicit_descriptor(int number);
    // It is, or was, in force for a statement.
    bool& used(int descriptor) { return used_[static_cast<std::size_t>(descriptor)]; }
    [[nodiscard]] static int connection_of_descriptor(int number) { return number % kConnections; }

    void disconnect(int number);

    // Which variant of a function with text is called next.
    [[nodiscard]] bool wide(Random& random) const;
    // The size of a buffer for text. psqlodbc leaves a wide text that is cut without its end, and for a call
    // of the other variant the driver manager then converts what is behind it: those get all the room they
    // may need.
    [[nodiscard]] std::size_t room(bool wide, std::size_t wanted) const {
        return wide == run_.wide ? wanted : 4000;
    }

    // --- writing down
    SQLRETURN did(const StatementHandle& statement, const std::string& call, SQLRETURN result);
    SQLRETURN did(SQLSMALLINT type, SQLHANDLE handle, const std::string& call, SQLRETURN result);

    Memory memory{};

 private:
    conformance::Run run_;
    std::uint64_t seed_;
    std::uint64_t index_ = 0;
    bool mixed_;  // ANSI and wide calls on the same handles
    bool shows_records_ = true;
    SQLHENV environment_ = SQL_NULL_HENV;
    struct Session {
        SQLHDBC handle = SQL_NULL_HDBC;
        bool open = false;
    };
    std::array<Session, kConnections> connections_{};
    std::array<StatementHandle, kStatements> statements_{};
    std::array<SQLHDESC, kDescriptors> descriptors_{};
    std::array<bool, kDescriptors> used_{};
};

// The texts, once: what one of them says depends on the dice alone.
[[nodiscard]] std::string sentence(Random& random);

// One kind of call.
struct Move {
    const char* name;
    int weight;
    void (*play)(Player&, Random&);
};

// X(name, weight)
#define FUZZ_MOVES(X)           \
    X(execute_directly, 16)     \
    X(prepare, 7)               \
    X(execute, 9)               \
    X(param_data, 5)            \
    X(put_data, 4)              \
    X(cancel, 2)                \
    X(end_transaction, 4)       \
    X(bind_column, 8)           \
    X(bind_parameter, 8)        \
    X(fill_parameter, 4)        \
    X(describe_parameters, 3)   \
    X(fetch, 12)                \
    X(fetch_scroll, 6)          \
    X(extended_fetch, 1)        \
    X(fetch_everything, 4)      \
    X(get_data, 10)             \
    X(more_results, 4)          \
    X(close, 7)                 \
    X(set_position, 4)          \
    X(bulk, 2)                  \
    X(describe_result, 6)       \
    X(column_attribute, 4)      \
    X(cursor_name, 3)           \
    X(catalog, 5)               \
    X(get_statement_attr, 3)    \
    X(set_statement_attr, 8)    \
    X(get_connection_attr, 2)   \
    X(set_connection_attr, 3)   \
    X(environment_attr, 1)      \
    X(information, 2)           \
    X(native_sql, 1)            \
    X(records, 3)               \
    X(get_descriptor, 4)        \
    X(set_descriptor_field, 4)  \
    X(set_descriptor_record, 2) \
    X(copy_descriptor, 2)       \
    X(use_descriptor, 3)        \
    X(free_descriptor, 1)       \
    X(free_statement, 1)        \
    X(reconnect, 1)

#define X(name, weight) void name(Player& player, Random& random);
namespace moves {
FUZZ_MOVES(X)
}
#undef X

}  // namespace fuzz

// The variant of a function with text: EITHER(wide, Prepare, handle, text, length).
#define EITHER(wide, Function, ...) ((wide) ? SQL##Function##W(__VA_ARGS__) : SQL##Function(__VA_ARGS__))
