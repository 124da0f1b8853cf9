// Preparing and executing, data at execution, cancelling, ending transactions.
#include "player.h"
#include "values.h"

namespace fuzz::moves {

using conformance::In;
using conformance::say;

namespace {

// A text's length as applications give it: mostly right.
SQLINTEGER length_of(Random& random, const In& text) {
    const int size = text.size();
    if (random.percent(60)) return SQL_NTS;
    if (random.percent(75)) return size;
    return random.pick({0, -5, size / 2, size > 0 ? size - 1 : 0});
}

// When an execution fails, psqlodbc goes on giving the rows of a catalog function that was not closed before.
void leave_catalog(StatementHandle& statement) {
    if (statement.of_catalog) SQLFreeStmt(statement.handle, SQL_CLOSE);
    statement.of_catalog = false;
}

}  // namespace

void execute_directly(Player& player, Random& random) {
    StatementHandle& statement = player.statement(random);
    leave_catalog(statement);
    const bool wide = player.wide(random);
    const std::string text = sentence(random);
    In in(text);
    const SQLINTEGER length = length_of(random, in);
    const std::string label =
        (wide ? "SQLExecDirectW " : "SQLExecDirect ") + std::to_string(length) + " " + text;
    if (random.percent(2)) {
        player.did(statement, "SQLExecDirect null",
                   EITHER(wide, ExecDirect, statement.handle, nullptr, length));
        return;
    }
    player.did(statement, label, EITHER(wide, ExecDirect, statement.handle, in, length));
}

void prepare(Player& player, Random& random) {
    StatementHandle& statement = player.statement(random);
    leave_catalog(statement);
    const bool wide = player.wide(random);
    const std::string text = sentence(random);
    In in(text);
    const SQLINTEGER length = length_of(random, in);
    player.did(statement, (wide ? "SQLPrepareW " : "SQLPrepare ") + std::to_string(length) + " " + text,
               EITHER(wide, Prepare, statement.handle, in, length));
}

void execute(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    if (statement.of_catalog) return;
    player.did(statement, "SQLExecute", SQLExecute(statement.handle));
}

void param_data(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    const int rounds = random.pick({1, 1, 2, 5});
    for (int i = 0; i < rounds; ++i) {
        SQLPOINTER token = nullptr;
        const SQLRETURN result =
            player.did(statement, "SQLParamData", SQLParamData(statement.handle, &token));
        if (result != SQL_NEED_DATA) return;
        say("    token %s", player.memory.name_of(token).c_str());
        if (rounds > 1) put_data(player, random);
    }
}

void put_data(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    unsigned char* piece = player.memory.slot(statement.number, kPieces);
    const std::string text = random.pick<std::string>({"7", "12", "piece", "longer than the others are", ""});
    std::copy(text.begin(), text.end(), piece);
    piece[text.size()] = 0;
    player.memory.accept_changes();
    const auto exact = static_cast<SQLLEN>(text.size());
    const SQLLEN length = random.pick<SQLLEN>({exact, exact, exact, SQL_NTS, SQL_NULL_DATA, 0, -9});
    player.did(statement, "SQLPutData " + std::to_string(length) + " " + text,
               SQLPutData(statement.handle, random.percent(4) ? nullptr : piece, length));
}

void cancel(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    if (random.percent(30))
        player.did(statement, "SQLCancelHandle", SQLCancelHandle(SQL_HANDLE_STMT, statement.handle));
    else
        player.did(statement, "SQLCancel", SQLCancel(statement.handle));
}

void end_transaction(Player& player, Random& random) {
    const SQLSMALLINT completion =
        random.pick<SQLSMALLINT>({SQL_COMMIT, SQL_ROLLBACK, SQL_COMMIT, SQL_ROLLBACK, 4711});
    if (random.percent(15)) {
        player.did(SQL_HANDLE_ENV, player.environment(), "SQLEndTran of all " + std::to_string(completion),
                   SQLEndTran(SQL_HANDLE_ENV, player.environment(), completion));
        return;
    }
    const int chosen = random.below(kConnections);
    SQLHDBC connection = player.connection(chosen);
    player.did(SQL_HANDLE_DBC, connection,
               "SQLEndTran " + std::to_string(chosen) + " " + std::to_string(completion),
               SQLEndTran(SQL_HANDLE_DBC, connection, completion));
}

void more_results(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    player.did(statement, "SQLMoreResults", SQLMoreResults(statement.handle));
}

void close(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    if (random.percent(30)) {
        player.did(statement, "SQLCloseCursor", SQLCloseCursor(statement.handle));
        return;
    }
    const SQLUSMALLINT option = random.pick<SQLUSMALLINT>(
        {SQL_CLOSE, SQL_CLOSE, SQL_CLOSE, SQL_CLOSE, SQL_UNBIND, SQL_RESET_PARAMS, 99});
    player.did(statement, "SQLFreeStmt " + std::to_string(option), SQLFreeStmt(statement.handle, option));
}

void free_statement(Player& player, Random& random) {
    StatementHandle& statement = player.statement(random);
    const SQLRETURN result = SQLFreeHandle(SQL_HANDLE_STMT, statement.handle);
    player.did(statement, "free", result);
    if (SQL_SUCCEEDED(result)) statement.handle = SQL_NULL_HSTMT;
}

void reconnect(Player& player, Random& random) {
    player.disconnect(random.below(kConnections));
}

}  // namespace fuzz::moves
