// Catalog functions and what the driver says of itself.
#include <optional>

#include "player.h"

namespace fuzz::moves {

using conformance::In;
using conformance::Out;
using conformance::say;

namespace {

// A catalog argument: a name, a pattern, nothing; with a length that mostly fits.
class Name {
 public:
    Name(Random& random, std::initializer_list<const char*> texts) {
        const char* text = random.pick(texts);
        if (!text) {
            length_ = random.pick<SQLSMALLINT>({0, SQL_NTS});
            return;
        }
        text_.emplace(text);
        length_ = random.percent(70) ? SQLSMALLINT{SQL_NTS} : text_->size();
        if (random.percent(3)) length_ = random.pick<SQLSMALLINT>({-5, 1});
    }
    operator SQLCHAR*() { return text_ ? static_cast<SQLCHAR*>(*text_) : nullptr; }
    operator SQLWCHAR*() { return text_ ? static_cast<SQLWCHAR*>(*text_) : nullptr; }
    [[nodiscard]] SQLSMALLINT length() const { return length_; }

 private:
    std::optional<In> text_{};
    SQLSMALLINT length_ = 0;
};

}  // namespace

void catalog(Player& player, Random& random) {
    StatementHandle& statement = player.statement(random);
    statement.of_catalog = true;
    SQLHSTMT handle = statement.handle;
    const bool wide = player.wide(random);
    Name none(random, {nullptr, nullptr, nullptr, "", "postgres"});
    // The schema keeps the result small.
    Name schema(random, {"conformance", "conformance", "conformance", "no_such", "CONFORMANCE"});
    Name table(random, {"item", "item", "part", "target", "no_such", "it%", "%", nullptr, "it_m"});
    Name column(random, {nullptr, "%", "id", "na%", "no_such"});
    Name other(random, {"part", "item", nullptr});
    Name type(random, {nullptr, "TABLE", "'TABLE','VIEW'", "VIEW", ""});
    Name procedure(random, {"twice", "%", "swap", "no_such", nullptr});
    const auto unique = random.pick<SQLUSMALLINT>({SQL_INDEX_UNIQUE, SQL_INDEX_ALL, 99});
    const auto accuracy = random.pick<SQLUSMALLINT>({SQL_ENSURE, SQL_QUICK, 99});
    const auto identifier = random.pick<SQLUSMALLINT>({SQL_BEST_ROWID, SQL_ROWVER, 99});
    const auto sql_type =
        random.pick<SQLSMALLINT>({SQL_ALL_TYPES, SQL_INTEGER, SQL_VARCHAR, SQL_TYPE_DATE, 4711});
    switch (random.below(11)) {
        case 0:
            player.did(statement, "SQLTables",
                       EITHER(wide, Tables, handle, none, none.length(), schema, schema.length(), table,
                              table.length(), type, type.length()));
            break;
        case 1:
            player.did(statement, "SQLColumns",
                       EITHER(wide, Columns, handle, none, none.length(), schema, schema.length(), table,
                              table.length(), column, column.length()));
            break;
        case 2:
            player.did(statement, "SQLPrimaryKeys",
                       EITHER(wide, PrimaryKeys, handle, none, none.length(), schema, schema.length(), table,
                              table.length()));
            break;
        case 3:
            player.did(statement, "SQLForeignKeys",
                       EITHER(wide, ForeignKeys, handle, nullptr, 0, schema, schema.length(), table,
                              table.length(), nullptr, 0, schema, schema.length(), other, other.length()));
            break;
        case 4:
            player.did(statement, "SQLStatistics",
                       EITHER(wide, Statistics, handle, none, none.length(), schema, schema.length(), table,
                              table.length(), unique, accuracy));
            break;
        case 5:
            player.did(statement, "SQLSpecialColumns",
                       EITHER(wide, SpecialColumns, handle, identifier, none, none.length(), schema,
                              schema.length(), table, table.length(), SQL_SCOPE_SESSION, SQL_NULLABLE));
            break;
        case 6:
            player.did(statement, "SQLProcedures",
                       EITHER(wide, Procedures, handle, none, none.length(), schema, schema.length(),
                              procedure, procedure.length()));
            break;
        case 7:
            player.did(statement, "SQLProcedureColumns",
                       EITHER(wide, ProcedureColumns, handle, none, none.length(), schema, schema.length(),
                              procedure, procedure.length(), column, column.length()));
            break;
        case 8:
            player.did(statement, "SQLTablePrivileges",
                       EITHER(wide, TablePrivileges, handle, none, none.length(), schema, schema.length(),
                              table, table.length()));
            break;
        case 9:
            player.did(statement, "SQLColumnPrivileges",
                       EITHER(wide, ColumnPrivileges, handle, none, none.length(), schema, schema.length(),
                              table, table.length(), column, column.length()));
            break;
        default:
            player.did(statement, "SQLGetTypeInfo " + std::to_string(sql_type),
                       EITHER(wide, GetTypeInfo, handle, sql_type));
            break;
    }
}

void information(Player& player, Random& random) {
    SQLHDBC connection = player.connection(random);
    if (random.percent(20)) {
        SQLUSMALLINT supported[SQL_API_ODBC3_ALL_FUNCTIONS_SIZE] = {};
        const auto function = random.pick<SQLUSMALLINT>({SQL_API_ODBC3_ALL_FUNCTIONS, SQL_API_ALL_FUNCTIONS,
                                                         SQL_API_SQLFETCH, SQL_API_SQLBULKOPERATIONS, 4711});
        player.did(SQL_HANDLE_DBC, connection, "SQLGetFunctions " + std::to_string(function),
                   SQLGetFunctions(connection, function, supported));
        say("    %s", conformance::shown_bytes(supported, sizeof(supported)).c_str());
        return;
    }
    const bool wide = player.wide(random);
    auto type = static_cast<SQLUSMALLINT>(random.percent(80) ? random.below(180) : 10000 + random.below(30));
    // The driver manager's own, or handles.
    if ((type >= SQL_DRIVER_HDBC && type <= SQL_DRIVER_HSTMT) || type == SQL_DRIVER_HLIB ||
        type == SQL_DRIVER_HDESC)
        type = SQL_DBMS_NAME;
    Out text(player.room(wide, random.pick<std::size_t>({4000, 4000, 12, 3, 1})), wide);
    SQLSMALLINT length = -77;
    player.did(SQL_HANDLE_DBC, connection, "SQLGetInfo " + std::to_string(type),
               EITHER(wide, GetInfo, connection, type, text.data(), text.bytes(), &length));
    say("    %s (%d)", text.shown().c_str(), length);
}

void native_sql(Player& player, Random& random) {
    SQLHDBC connection = player.connection(random);
    const bool wide = player.wide(random);
    const std::string text = sentence(random);
    In in(text);
    Out out(player.room(wide, random.pick<std::size_t>({400, 400, 10, 1})), wide);
    SQLINTEGER length = -77;
    player.did(SQL_HANDLE_DBC, connection, "SQLNativeSql " + text,
               EITHER(wide, NativeSql, connection, in, SQL_NTS, out, out.characters(), &length));
    say("    %s (%d)", out.shown().c_str(), static_cast<int>(length));
}

void records(Player& player, Random& random) {
    const StatementHandle& statement = player.statement(random);
    SQLSMALLINT type = SQL_HANDLE_STMT;
    SQLHANDLE handle = statement.handle;
    if (random.percent(25)) {
        type = SQL_HANDLE_DBC;
        handle = player.connection(statement.connection());
    }
    if (random.percent(40)) {
        conformance::show_records(type, handle, player.wide(random));
        return;
    }
    const bool wide = player.wide(random);
    const auto field = random.pick<SQLSMALLINT>(
        {SQL_DIAG_NUMBER, SQL_DIAG_RETURNCODE, SQL_DIAG_ROW_COUNT, SQL_DIAG_CURSOR_ROW_COUNT,
         SQL_DIAG_DYNAMIC_FUNCTION, SQL_DIAG_DYNAMIC_FUNCTION_CODE, SQL_DIAG_SQLSTATE, SQL_DIAG_NATIVE,
         SQL_DIAG_MESSAGE_TEXT, SQL_DIAG_CLASS_ORIGIN, SQL_DIAG_SUBCLASS_ORIGIN, SQL_DIAG_CONNECTION_NAME,
         SQL_DIAG_SERVER_NAME, SQL_DIAG_ROW_NUMBER, SQL_DIAG_COLUMN_NUMBER, 4711});
    const auto number = random.pick<SQLSMALLINT>({1, 1, 1, 0, 2, -1});
    Out value(player.room(wide, random.pick<std::size_t>({600, 600, 20})), wide);
    SQLSMALLINT length = -77;
    const SQLRETURN result =
        EITHER(wide, GetDiagField, type, handle, number, field, value.data(), value.bytes(), &length);
    say("%s SQLGetDiagField %d of %d: %s (%d)", conformance::name_of_return(result).c_str(), field, number,
        value.shown().c_str(), length);
}

void cursor_name(Player& player, Random& random) {
    StatementHandle& statement = player.statement(random);
    const bool wide = player.wide(random);
    if (random.percent(65)) {
        const char* name = random.pick({"mine", "mine", "cursor1", "SQL_CURown", "", "a name with spaces"});
        In in(name);
        const SQLRETURN result = player.did(statement, std::string("SQLSetCursorName ") + name,
                                            EITHER(wide, SetCursorName, statement.handle, in, SQL_NTS));
        statement.named = statement.named || (SQL_SUCCEEDED(result) && *name);
        return;
    }
    if (!statement.named) return;
    Out name(player.room(wide, random.pick<std::size_t>({40, 40, 5, 1})), wide);
    SQLSMALLINT length = -77;
    player.did(statement, "SQLGetCursorName",
               EITHER(wide, GetCursorName, statement.handle, name, name.characters(), &length));
    say("    %s (%d)", name.shown().c_str(), length);
}

}  // namespace fuzz::moves
