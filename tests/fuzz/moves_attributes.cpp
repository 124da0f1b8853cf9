// Attributes of environment, connection and statement.
#include "player.h"
#include "values.h"

namespace fuzz::moves {

using conformance::number;
using conformance::say;

namespace {

struct Choice {
    SQLINTEGER attribute;
    std::initializer_list<SQLLEN> values;
};

// clang-format off
const Choice kStatementAttributes[] = {
    {SQL_ATTR_CURSOR_TYPE, {SQL_CURSOR_STATIC, SQL_CURSOR_STATIC, SQL_CURSOR_KEYSET_DRIVEN, SQL_CURSOR_FORWARD_ONLY, SQL_CURSOR_DYNAMIC, 99}},
    {SQL_ATTR_CURSOR_TYPE, {SQL_CURSOR_STATIC, SQL_CURSOR_KEYSET_DRIVEN}},
    {SQL_ATTR_CONCURRENCY, {SQL_CONCUR_READ_ONLY, SQL_CONCUR_READ_ONLY, SQL_CONCUR_ROWVER, SQL_CONCUR_VALUES, SQL_CONCUR_LOCK, 99}},
    {SQL_ATTR_CURSOR_SCROLLABLE, {SQL_SCROLLABLE, SQL_NONSCROLLABLE, 99}},
    {SQL_ATTR_CURSOR_SENSITIVITY, {SQL_UNSPECIFIED, SQL_INSENSITIVE, SQL_SENSITIVE}},
    {SQL_ATTR_USE_BOOKMARKS, {SQL_UB_VARIABLE, SQL_UB_OFF, SQL_UB_FIXED}},
    {SQL_ATTR_ROW_ARRAY_SIZE, {1, 1, 2, 3, 4, 0}},
    {SQL_ATTR_ROW_ARRAY_SIZE, {1, 2, 3}},
    {SQL_ROWSET_SIZE, {1, 2, 4, 0}},
    {SQL_ATTR_ROW_BIND_TYPE, {SQL_BIND_BY_COLUMN, SQL_BIND_BY_COLUMN, kRowWise}},
    {SQL_ATTR_PARAM_BIND_TYPE, {SQL_PARAM_BIND_BY_COLUMN, SQL_PARAM_BIND_BY_COLUMN, kRowWise}},
    {SQL_ATTR_PARAMSET_SIZE, {1, 1, 1, 2, 3, 0}},
    {SQL_ATTR_MAX_ROWS, {0, 0, 2, 5}},
    {SQL_ATTR_MAX_LENGTH, {0, 0, 5}},
    {SQL_ATTR_QUERY_TIMEOUT, {0, 0, 30}},
    {SQL_ATTR_NOSCAN, {SQL_NOSCAN_OFF, SQL_NOSCAN_OFF, SQL_NOSCAN_ON, 99}},
    {SQL_ATTR_RETRIEVE_DATA, {SQL_RD_ON, SQL_RD_ON, SQL_RD_OFF}},
    {SQL_ATTR_METADATA_ID, {SQL_FALSE, SQL_FALSE, SQL_TRUE}},
    {SQL_ATTR_KEYSET_SIZE, {0, 0, 2}},
    {SQL_ATTR_ASYNC_ENABLE, {SQL_ASYNC_ENABLE_OFF, SQL_ASYNC_ENABLE_ON}},
    {SQL_ATTR_ENABLE_AUTO_IPD, {SQL_FALSE, SQL_TRUE}},
    {SQL_ATTR_SIMULATE_CURSOR, {SQL_SC_NON_UNIQUE, SQL_SC_UNIQUE}},
    {SQL_ATTR_ROW_NUMBER, {1}},
    {SQL_ATTR_IMP_ROW_DESC, {0}},
    {4711, {1}},
};
// Which of a statement's arrays; -1: null.
const Choice kPointerAttributes[] = {
    {SQL_ATTR_ROW_STATUS_PTR, {0, 0, -1}},
    {SQL_ATTR_ROWS_FETCHED_PTR, {1, 1, -1}},
    {SQL_ATTR_ROW_BIND_OFFSET_PTR, {2, -1}},
    {SQL_ATTR_PARAM_STATUS_PTR, {3, 3, -1}},
    {SQL_ATTR_PARAMS_PROCESSED_PTR, {4, 4, -1}},
    {SQL_ATTR_PARAM_BIND_OFFSET_PTR, {5, -1}},
    {SQL_ATTR_ROW_OPERATION_PTR, {6, -1}},
    {SQL_ATTR_PARAM_OPERATION_PTR, {7, -1}},
    {SQL_ATTR_FETCH_BOOKMARK_PTR, {-2, -1}},
};
const Choice kConnectionAttributes[] = {
    {SQL_ATTR_AUTOCOMMIT, {SQL_AUTOCOMMIT_ON, SQL_AUTOCOMMIT_OFF}},
    {SQL_ATTR_AUTOCOMMIT, {SQL_AUTOCOMMIT_ON, SQL_AUTOCOMMIT_OFF, SQL_AUTOCOMMIT_ON, 99}},
    {SQL_ATTR_TXN_ISOLATION, {SQL_TXN_READ_COMMITTED, SQL_TXN_SERIALIZABLE, SQL_TXN_REPEATABLE_READ, SQL_TXN_READ_UNCOMMITTED, 99}},
    {SQL_ATTR_ACCESS_MODE, {SQL_MODE_READ_WRITE, SQL_MODE_READ_ONLY}},
    {SQL_ATTR_LOGIN_TIMEOUT, {0, 10}},
    {SQL_ATTR_CONNECTION_TIMEOUT, {0, 60}},
    {SQL_ATTR_METADATA_ID, {SQL_FALSE, SQL_TRUE}},
    {SQL_ATTR_ASYNC_ENABLE, {SQL_ASYNC_ENABLE_OFF, SQL_ASYNC_ENABLE_ON}},
    {SQL_ATTR_PACKET_SIZE, {4096}},
    {SQL_ATTR_QUIET_MODE, {0}},
    {SQL_ATTR_QUERY_TIMEOUT, {0, 20}},
    {SQL_ATTR_MAX_ROWS, {0, 3}},
    {SQL_ATTR_CONNECTION_DEAD, {1}},
    {4711, {1}},
};
// clang-format on

}  // namespace

void set_statement_attr(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    const bool wide = player.wide(random);
    if (random.percent(30)) {
        const Choice& choice = random.pick(kPointerAttributes);
        const auto array = static_cast<int>(random.pick(choice.values));
        if (array == 2 || array == 5)
            *static_cast<SQLULEN*>(player.memory.array(statement.number, array)) =
                random.pick<SQLULEN>({0, 8, 64});
        if (array == 6 || array == 7)
            static_cast<SQLUSMALLINT*>(player.memory.array(statement.number, array))[1] =
                random.pick<SQLUSMALLINT>({SQL_ROW_PROCEED, SQL_ROW_IGNORE});
        SQLPOINTER value = array >= 0    ? player.memory.array(statement.number, array)
                           : array == -2 ? player.memory.slot(statement.number, kColumn0)
                                         : nullptr;
        player.memory.accept_changes();
        player.did(statement,
                   "SQLSetStmtAttr " + std::to_string(choice.attribute) + " " + player.memory.name_of(value),
                   EITHER(wide, SetStmtAttr, statement.handle, choice.attribute, value, SQL_IS_POINTER));
        return;
    }
    const Choice& choice = random.pick(kStatementAttributes);
    const SQLLEN value = random.pick(choice.values);
    player.did(statement, "SQLSetStmtAttr " + std::to_string(choice.attribute) + " " + std::to_string(value),
               EITHER(wide, SetStmtAttr, statement.handle, choice.attribute, number(value), SQL_IS_INTEGER));
}

void get_statement_attr(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    const bool wide = player.wide(random);
    const bool pointer = random.percent(30);
    SQLINTEGER attribute =
        pointer ? random.pick(kPointerAttributes).attribute : random.pick(kStatementAttributes).attribute;
    if (attribute == SQL_ATTR_IMP_ROW_DESC) attribute = SQL_ATTR_ROW_NUMBER;
    SQLULEN value = 0x7777777777777777UL;
    SQLINTEGER length = -77;
    player.did(statement, "SQLGetStmtAttr " + std::to_string(attribute),
               EITHER(wide, GetStmtAttr, statement.handle, attribute, &value, SQL_IS_UINTEGER, &length));
    if (pointer)
        say("    %s (%d)", player.memory.name_of(number(static_cast<std::intptr_t>(value))).c_str(),
            static_cast<int>(length));
    else
        say("    %lx (%d)", value, static_cast<int>(length));
}

void set_connection_attr(Player& player, Random& random) {
    const int chosen = random.below(kConnections);
    SQLHDBC connection = player.connection(chosen);
    const bool wide = player.wide(random);
    const Choice& choice = random.pick(kConnectionAttributes);
    const SQLLEN value = random.pick(choice.values);
    player.did(SQL_HANDLE_DBC, connection,
               "SQLSetConnectAttr " + std::to_string(chosen) + " " + std::to_string(choice.attribute) + " " +
                   std::to_string(value),
               EITHER(wide, SetConnectAttr, connection, choice.attribute, number(value), SQL_IS_INTEGER));
}

void get_connection_attr(Player& player, Random& random) {
    SQLHDBC connection = player.connection(random);
    const bool wide = player.wide(random);
    SQLINTEGER length = -77;
    if (random.percent(25)) {
        conformance::Out text(player.room(wide, random.pick<std::size_t>({40, 3})), wide);
        player.did(SQL_HANDLE_DBC, connection, "SQLGetConnectAttr of the catalog",
                   EITHER(wide, GetConnectAttr, connection, SQL_ATTR_CURRENT_CATALOG, text.data(),
                          text.bytes(), &length));
        say("    %s (%d)", text.shown().c_str(), static_cast<int>(length));
        return;
    }
    const SQLINTEGER attribute = random.pick(kConnectionAttributes).attribute;
    SQLULEN value = 0x7777777777777777UL;
    player.did(SQL_HANDLE_DBC, connection, "SQLGetConnectAttr " + std::to_string(attribute),
               EITHER(wide, GetConnectAttr, connection, attribute, &value, SQL_IS_UINTEGER, &length));
    say("    %lx (%d)", value, static_cast<int>(length));
}

void environment_attr(Player& player, Random& random) {
    const auto attribute = random.pick<SQLINTEGER>(
        {SQL_ATTR_ODBC_VERSION, SQL_ATTR_OUTPUT_NTS, SQL_ATTR_CONNECTION_POOLING, 4711});
    SQLINTEGER value = 0x77777777;
    player.did(SQL_HANDLE_ENV, player.environment(), "SQLGetEnvAttr " + std::to_string(attribute),
               SQLGetEnvAttr(player.environment(), attribute, &value, 0, nullptr));
    say("    %x", static_cast<unsigned>(value));
}

}  // namespace fuzz::moves
