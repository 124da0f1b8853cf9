// Columns and parameters: bound, rebound, unbound, filled, described.
#include "player.h"
#include "values.h"

namespace fuzz::moves {

using conformance::say;

void bind_column(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    const int column = random.pick({1, 1, 2, 2, 3, 4, 5, 0, 8});
    const SQLSMALLINT type = column == 0
                                 ? random.pick<SQLSMALLINT>({SQL_C_BOOKMARK, SQL_C_VARBOOKMARK, SQL_C_SLONG})
                                 : random.pick(kCTypes);
    const SQLLEN length = column == 0 ? 12 : random.pick(kBufferLengths);
    SQLPOINTER buffer = random.percent(8) ? nullptr : player.memory.slot(statement.number, kColumn0 + column);
    SQLLEN* indicator =
        random.percent(15) ? nullptr : player.memory.indicators(statement.number, kColumn0 + column);
    const SQLLEN given = random.percent(2) ? -3 : length;
    player.did(
        statement,
        "SQLBindCol " + std::to_string(column) + " type " + std::to_string(type) + " " +
            player.memory.name_of(buffer) + " " + std::to_string(given) + " " +
            player.memory.name_of(indicator),
        SQLBindCol(statement.handle, static_cast<SQLUSMALLINT>(column), type, buffer, given, indicator));
}

void bind_parameter(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    const int number = random.pick({1, 1, 1, 2, 2, 3, 4, 0});
    const int slot = kParameter0 + number;
    const SQLSMALLINT direction = random.pick<SQLSMALLINT>(
        {SQL_PARAM_INPUT, SQL_PARAM_INPUT, SQL_PARAM_INPUT, SQL_PARAM_INPUT, SQL_PARAM_INPUT,
         SQL_PARAM_INPUT_OUTPUT, SQL_PARAM_OUTPUT, SQL_PARAM_OUTPUT_STREAM, 99});
    const SQLSMALLINT c_type = random.pick(kCTypes);
    const SQLSMALLINT sql_type = random.pick(kSqlTypes);
    const auto size = random.pick<SQLULEN>({0, 10, 40, 40, 400});
    const auto decimals = random.pick<SQLSMALLINT>({0, 0, 2, -1});
    constexpr SQLLEN kLength = 40;
    unsigned char* buffer = player.memory.slot(statement.number, slot);
    SQLLEN* indicator = player.memory.indicators(statement.number, slot);
    fill_values(random, c_type, kLength, buffer, indicator, random.percent(15));
    player.memory.accept_changes();
    const bool without_buffer = random.percent(3);
    const bool without_indicator = random.percent(10);
    player.did(statement,
               "SQLBindParameter " + std::to_string(number) + " direction " + std::to_string(direction) +
                   " types " + std::to_string(c_type) + " " + std::to_string(sql_type) + " size " +
                   std::to_string(size) + " " + std::to_string(decimals) +
                   (without_buffer ? " no buffer" : "") +
                   (without_indicator ? " no indicator" : " indicator " + std::to_string(*indicator)),
               SQLBindParameter(statement.handle, static_cast<SQLUSMALLINT>(number), direction, c_type,
                                sql_type, size, decimals, without_buffer ? nullptr : buffer, kLength,
                                without_indicator ? nullptr : indicator));
}

void fill_parameter(Player& player, Random& random) {
    const int statement = player.statement(random).number;
    const int slot = kParameter0 + random.between(1, 4);
    fill_values(random, random.pick(kCTypes), 40, player.memory.slot(statement, slot),
                player.memory.indicators(statement, slot), random.percent(5));
    player.memory.accept_changes();
}

void describe_parameters(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    SQLSMALLINT count = -77;
    player.did(statement, "SQLNumParams", SQLNumParams(statement.handle, &count));
    say("    %d", count);
    if (random.percent(50)) return;
    const auto number = random.pick<SQLUSMALLINT>({1, 1, 2, 0, 9});
    SQLSMALLINT type = -77;
    SQLULEN size = 77;
    SQLSMALLINT digits = -77;
    SQLSMALLINT nullable = -77;
    player.did(statement, "SQLDescribeParam " + std::to_string(number),
               SQLDescribeParam(statement.handle, number, &type, &size, &digits, &nullable));
    say("    type %d size %lu digits %d nullable %d", type, size, digits, nullable);
}

}  // namespace fuzz::moves
