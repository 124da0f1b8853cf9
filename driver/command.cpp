#include "driver/command.h"

#include "driver/connection.h"
#include "driver/shown.h"
#include "routing/own_statement.h"

namespace freshread {

namespace {

constexpr std::string_view kUser = "user";
constexpr std::string_view kToken = "token";
constexpr std::string_view kCriticalTables = "criticaltables";

// Neither a result nor an effect. PostgreSQL takes any name with a dot for a setting, on a standby, too.
std::string without_effect(Dialect dialect) {
    switch (dialect) {
        case Dialect::PostgreSql:
            return "SET freshread.answered TO ''";
        case Dialect::MariaDb:
            return "SET @freshread_answered = ''";
        default:
            return "SELECT 1 AS answered";
    }
}

[[noreturn]] void refuse_name(const std::string& name) {
    const std::string accepted = "; of a session accepted: " + choice_names() + ", User, Token";
    if (is_setting(name))
        throw DriverError("55P02", "The keyword '" + name + "' counts only when connecting" + accepted);
    throw DriverError("42704", "The keyword '" + name + "' is not known" + accepted);
}

}  // namespace

Command::Command(Connection& connection, std::string_view statement) {
    const OwnStatement own = read_own_statement(statement, connection.dialect());
    switch (own.verb) {
        case OwnStatement::Verb::None:
            throw DriverError("42601",
                              "Freshread's own statements are SHOW freshread.NAME, SET freshread.NAME = "
                              "'value', in MariaDB "
                              "SET @freshread_NAME = 'value', and RESET freshread.NAME");
        case OwnStatement::Verb::SetLocal:
            throw DriverError("0A000",
                              "What SET freshread.NAME says is of the session: SET LOCAL is not supported");
        case OwnStatement::Verb::Show:
            sent_ = select_for(connection, own.name);
            return;
        case OwnStatement::Verb::Set:
        case OwnStatement::Verb::Reset:
            changed_ = own.name;
            value_ = own.value;
            require_accepted(connection);
            sent_ = without_effect(connection.dialect());
            return;
    }
}

void Command::require_accepted(Connection& connection) const {
    if (changed_ == kUser) {
        if (value_ && value_->empty())
            throw DriverError("22023", "The keyword 'User' has the value ''; accepted: a name");
        return;
    }
    if (changed_ == kToken) {
        if (value_) (void)connection.position_in(*value_);
        return;
    }
    bool known = false;
    try {
        known = connection.may_choose(changed_, value_);
    } catch (const DriverError& error) {
        throw DriverError("22023", error.what());
    }
    if (!known) refuse_name(changed_);
}

std::string Command::succeeded(Connection& connection) const {
    if (changed_ == kToken) {
        if (value_) return connection.heed_token(*value_);
        connection.forget_token();
    } else if (changed_ == kUser) {
        connection.act_for(Identity::Word::Statement, value_);
    } else if (!changed_.empty()) {
        connection.choose(changed_, value_);
        if (changed_ == kCriticalTables && value_) return connection.missing_critical_tables();
    }
    return {};
}

}  // namespace freshread
