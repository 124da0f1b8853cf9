// Random scripts of settings, transactions, temporary objects, reads and writes on one connection, and what
// the application sees of each step: the same whether it runs direct or through Freshread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/driver/odbc_client.h"

namespace freshread::test {

struct Step {
    enum class Call : std::uint8_t {
        Execute,   // `text` by SQLExecDirect
        Prepared,  // `text` prepared, with one parameter: `value`
        Prepare,   // `text` on a handle that stays
        Again,     // what was prepared there last
        Commit,    // SQLEndTran
        Rollback,
        Autocommit,  // `value` is "on" or "off"
        AccessMode,  // SQL_ATTR_ACCESS_MODE: `value` is "read" or "write"
        Isolation,   // SQL_ATTR_TXN_ISOLATION: `value` is its number
    };
    Call call = Call::Execute;
    std::string text{};
    std::string value{};
};

using Script = std::vector<Step>;

[[nodiscard]] Script script_of(std::uint64_t seed);
[[nodiscard]] std::string describe(const Step& step);

// What both databases hold when a script begins, as statements of a superuser.
[[nodiscard]] std::string schema_of_scripts();

// Plays scripts on one connection.
class ScriptPlayer {
 public:
    explicit ScriptPlayer(const std::string& connection_string);

    // What each step showed.
    [[nodiscard]] std::vector<std::string> play(const Script& script);

 private:
    [[nodiscard]] std::string play(const Step& step);
    [[nodiscard]] std::string seen(SQLHSTMT statement, SQLRETURN result) const;
    [[nodiscard]] std::string attributes();
    void clean();

    Client client_;
    SQLHSTMT kept_ = SQL_NULL_HSTMT;
    bool prepared_ = false;
};

}  // namespace freshread::test
