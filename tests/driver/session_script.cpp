#include "tests/driver/session_script.h"

#include <array>

#include "tests/driver/test_cluster.h"
#include "tests/fuzz/random.h"

namespace freshread::test {

namespace {

using fuzz::Random;
using Call = Step::Call;

Step execute(std::string text) {
    return {Call::Execute, std::move(text), {}};
}

std::string number(Random& random, int least, int most) {
    return std::to_string(random.between(least, most));
}

struct Setting {
    const char* name;
    std::array<const char*, 3> values;
};

// Settings that change what a read says, so that a replica without them would be seen.
constexpr std::array<Setting, 8> kSettings{{
    {"intervalstyle", {"'iso_8601'", "'sql_standard'", "'postgres_verbose'"}},
    {"timezone", {"'Asia/Tokyo'", "'-3'", "'Europe/Lisbon'"}},
    {"search_path", {"other, public", "public", "other"}},
    {"extra_float_digits", {"-10", "0", "3"}},
    {"bytea_output", {"'escape'", "'hex'", "'escape'"}},
    {"standard_conforming_strings", {"off", "on", "off"}},
    {"datestyle", {"'SQL, DMY'", "'German'", "'ISO, MDY'"}},
    {"my.own", {"'x'", "'it''s'", "'a?b'"}},
}};

// A literal for set_config(), of a value as SET takes it.
std::string quoted(const std::string& value) {
    return value.front() == '\'' ? value : "'" + value + "'";
}

std::string plain(const std::string& value) {
    return value.front() == '\'' ? value.substr(1, value.size() - 2) : value;
}

Step setting_step(Random& random) {
    const Setting& setting = kSettings[static_cast<std::size_t>(random.below(kSettings.size()))];
    const std::string name = setting.name;
    const std::string value = setting.values[static_cast<std::size_t>(random.below(3))];
    switch (random.below(16)) {
        case 0:
            return execute("set local " + name + " = " + value);
        case 1:
            return execute("SET SESSION " + name + " TO " + value);
        case 2:
            return execute("select set_config('" + name + "', " + quoted(value) + ", false)");
        case 3:
            return execute("select set_config('" + name + "', " + quoted(value) + ", true)");
        case 4:
            if (name == "my.own") return execute("set my.own = 'C:\\\\x'");
            return {Call::Prepared, "select set_config('" + name + "', ?, false)", plain(value)};
        case 5:
            return execute("reset " + name);
        case 6:
            return execute(random.percent(50) ? "reset all" : "set " + name + " to default");
        case 7:
            if (random.percent(40)) return execute("discard all");
            return execute(random.pick({"discard temp", "discard plans", "discard sequences"}));
        case 8:
            return execute(random.pick(
                {"set role reader", "set role none", "reset role", "set session authorization default"}));
        case 9:
            return execute("set " + name + " = " + value + "; set my.own = 'both'");
        case 10:
            return execute(
                random.pick({"set time zone 'Asia/Tokyo'", "set time zone interval '2' hour to minute",
                             "set time zone local", "set schema 'other'", "set statement_timeout = 50000"}));
        default:
            return execute("set " + name + " = " + value);
    }
}

Step transaction_step(Random& random) {
    const std::string savepoint = random.pick({"s", "t", "\"S\""});
    switch (random.below(18)) {
        case 0:
        case 1:
        case 2:
            return execute(random.pick({"begin", "start transaction", "BEGIN WORK"}));
        case 3:
            return execute(random.pick({"begin read only", "start transaction read only",
                                        "begin isolation level repeatable read",
                                        "begin isolation level repeatable read read only",
                                        "start transaction isolation level serializable, read only"}));
        case 4:
        case 5:
            return execute(random.pick({"commit", "end", "commit work"}));
        case 6:
            return execute(random.pick({"rollback", "abort"}));
        case 7:
            return execute("savepoint " + savepoint);
        case 8:
            return execute("release savepoint " + savepoint);
        case 9:
        case 10:
            return execute("rollback to savepoint " + savepoint);
        case 11:
            return {Call::Autocommit, {}, "off"};
        case 12:
            return {Call::Autocommit, {}, "on"};
        case 13:
        case 14:
            return {Call::Commit, {}, {}};
        case 15:
            return {Call::Rollback, {}, {}};
        case 16:
            return execute(random.pick(
                {"set transaction read only", "set transaction isolation level repeatable read",
                 "set transaction read write", "set session characteristics as transaction read only",
                 "set session characteristics as transaction read write",
                 "set default_transaction_isolation = 'repeatable read'",
                 "set default_transaction_read_only = on", "reset default_transaction_isolation"}));
        default:
            if (random.percent(50)) return {Call::AccessMode, {}, random.pick({"read", "write"})};
            return {Call::Isolation, {}, random.pick({"2", "4", "8"})};
    }
}

Step temporary_step(Random& random) {
    const std::string name = random.pick({"item", "place", "own"});
    switch (random.below(12)) {
        case 0:
        case 1:
            return execute("create temp table " + name + " as select 7 as id, 'mine'::text as name");
        case 2:
            return execute("select 8 as id, 'into'::text as name into temp " + name);
        case 3:
            return execute("create table pg_temp." + name + " as select 9 as id, 'schema'::text as name");
        case 4:
            return execute("create temp view " + name + " as select 10 as id, 'view'::text as name");
        case 5:
            return execute("create temp table " + name + " (id int, name text) on commit delete rows");
        case 6:
            return execute("create temp table " + name +
                           " on commit drop as select 11 as id, 'drop'::text as name");
        case 7:
            return execute("drop table if exists pg_temp." + name);
        case 8:
            return execute("drop view if exists pg_temp." + name);
        case 9:
            return execute("alter table pg_temp." + name + " rename to " + random.pick({"item", "own"}));
        default:
            return execute("insert into pg_temp." + name + " values (12, 'more')");
    }
}

Step write_step(Random& random) {
    switch (random.below(10)) {
        case 0:
            return execute("update item set name = name || 'u' where id = " + number(random, 1, 3));
        case 1:
            return execute("delete from item where id = " + number(random, 3, 6));
        case 2:
            return execute("insert into item select max(id) + 1, 'selected' from item");
        case 3:
            return execute("with w as (insert into item values (" + number(random, 20, 99) +
                           ", 'with') returning id) select id from w");
        case 4:
            return execute("insert into item values (1, 'again')");
        case 5:
            return execute(random.pick({"create table made as select 1 as id", "drop table made",
                                        "truncate other.place", "insert into other.place values ('more')"}));
        case 6:
            return {Call::Prepared, "insert into item values (" + number(random, 100, 999) + ", ?)", "bound"};
        case 7:
            return execute("select nextval('item_number')");
        case 8:
            return execute("select id from item where id = 1 for update");
        default:
            return execute("insert into item values (" + number(random, 4, 60) + ", 'new')");
    }
}

Step read_step(Random& random) {
    switch (random.below(22)) {
        case 0:
            return execute("select interval '1 day 2 hours' /* scripted */");
        case 1:
            return execute("select '2024-01-02 03:04:05+00'::timestamptz /* scripted */");
        case 2:
            return execute("select name from place /* scripted */");
        case 3:
            return execute("select 0.1::float8 / 3, '\\\\x00ff41'::bytea /* scripted */");
        case 4:
            return execute("select 'a\\\\b''c', date '2024-02-03' /* scripted */");
        case 5:
            return execute(
                "show " +
                std::string(random.pick({"search_path", "timezone", "intervalstyle", "transaction_isolation",
                                         "transaction_read_only", "default_transaction_isolation", "role"})));
        case 6:
            return execute("select current_user = session_user /* scripted */");
        case 7:
            return execute("select * from own /* scripted */");
        case 8:
            return execute(random.pick({"select * from nowhere /* scripted */",
                                        "select 1/(id - 1) from item /* scripted */", "selec 1"}));
        case 9:
            return {Call::Prepared, "select id, name from item where id = ? /* scripted */",
                    number(random, 1, 5)};
        case 10:
            return {Call::Prepare,
                    random.pick({"select id, name from item order by 1, 2 /* scripted */",
                                 "select name from place /* scripted */"}),
                    {}};
        case 11:
        case 12:
            return {Call::Again, {}, {}};
        case 13:
            return execute("select current_setting('my.own', true), pg_is_in_recovery()");
        case 14:
            return execute("select count(*), sum(id) from item /* scripted */");
        case 15:
            return execute("values (1, 'x'), (2, null) /* scripted */");
        case 16:
            return execute("explain (costs off) select 1 /* scripted */");
        default:
            return execute("select id, name from item order by 1, 2 /* scripted */");
    }
}

std::string state_and_code(SQLRETURN result, SQLSMALLINT type, SQLHANDLE handle) {
    std::string seen = std::to_string(result);
    if (result == SQL_SUCCESS || result == SQL_NO_DATA) return seen;
    const OdbcError error = error_of(type, handle);
    return seen + " " + error.sqlstate;
}

SQLPOINTER as_pointer(std::uintptr_t value) {
    return reinterpret_cast<SQLPOINTER>(value);
}

SQLCHAR* characters(const std::string& text) {
    return reinterpret_cast<SQLCHAR*>(const_cast<char*>(text.c_str()));
}

}  // namespace

Script script_of(std::uint64_t seed) {
    Random random(seed);
    Script script;
    const int steps = random.between(6, 18);
    // What a script is about, so that things meet.
    const int temporary = random.pick({0, 0, 10, 25});
    const int transactions = random.pick({5, 25, 35});
    const int writes = random.pick({0, 5, 15});
    const int settings = random.pick({10, 20, 35});
    for (int step = 0; step < steps; ++step) {
        int dice = random.below(100);
        if ((dice -= temporary) < 0)
            script.push_back(temporary_step(random));
        else if ((dice -= transactions) < 0)
            script.push_back(transaction_step(random));
        else if ((dice -= writes) < 0)
            script.push_back(write_step(random));
        else if ((dice -= settings) < 0)
            script.push_back(setting_step(random));
        else
            script.push_back(read_step(random));
    }
    return script;
}

std::string describe(const Step& step) {
    switch (step.call) {
        case Call::Execute:
            return step.text;
        case Call::Prepared:
            return "prepared with '" + step.value + "': " + step.text;
        case Call::Prepare:
            return "prepare: " + step.text;
        case Call::Again:
            return "execute what is prepared";
        case Call::Commit:
            return "SQLEndTran: commit";
        case Call::Rollback:
            return "SQLEndTran: rollback";
        case Call::Autocommit:
            return "autocommit " + step.value;
        case Call::AccessMode:
            return "access mode: " + step.value;
        case Call::Isolation:
            return "isolation " + step.value;
    }
    return {};
}

std::string schema_of_scripts() {
    return "create table item (id int primary key, name text); create schema other; create table place (name "
           "text); "
           "create table other.place (name text); create sequence item_number; "
           "grant all on schema public, other to public; grant all on item, place, other.place to public; "
           "grant all on item_number to public; alter table item owner to app; alter table place owner to "
           "app; "
           "alter table other.place owner to app; alter sequence item_number owner to app";
}

ScriptPlayer::ScriptPlayer(const std::string& connection_string) : client_(connection_string) {}

std::vector<std::string> ScriptPlayer::play(const Script& script) {
    clean();
    std::vector<std::string> transcript;
    transcript.reserve(script.size());
    for (const Step& step : script) transcript.push_back(play(step) + attributes());
    return transcript;
}

void ScriptPlayer::clean() {
    SQLEndTran(SQL_HANDLE_DBC, client_.handle(), SQL_ROLLBACK);
    client_.set_autocommit(true);
    client_.execute("rollback");
    if (kept_) SQLFreeHandle(SQL_HANDLE_STMT, kept_);
    SQLAllocHandle(SQL_HANDLE_STMT, client_.handle(), &kept_);
    prepared_ = false;
    SQLSetConnectAttr(client_.handle(), SQL_ATTR_ACCESS_MODE, as_pointer(SQL_MODE_READ_WRITE), 0);
    SQLSetConnectAttr(client_.handle(), SQL_ATTR_TXN_ISOLATION, as_pointer(SQL_TXN_READ_COMMITTED), 0);
    client_.execute("discard all");
    client_.execute(
        "drop table if exists made; truncate item, place, other.place; "
        "insert into item values (1, 'one'), (2, 'two'), (3, 'three'); insert into place values ('here'); "
        "insert into other.place values ('elsewhere'); select setval('item_number', 1)");
}

std::string ScriptPlayer::attributes() {
    std::string seen;
    for (const SQLINTEGER attribute : {SQL_ATTR_AUTOCOMMIT, SQL_ATTR_TXN_ISOLATION, SQL_ATTR_ACCESS_MODE}) {
        SQLULEN value = 0;
        const SQLRETURN result =
            SQLGetConnectAttr(client_.handle(), attribute, &value, sizeof value, nullptr);
        seen += " " + (SQL_SUCCEEDED(result) ? std::to_string(value & 0xFFFFFFFFU)
                                             : state_and_code(result, SQL_HANDLE_DBC, client_.handle()));
    }
    return " |" + seen;
}

std::string ScriptPlayer::seen(SQLHSTMT statement, SQLRETURN result) const {
    std::string seen = state_and_code(result, SQL_HANDLE_STMT, statement);
    if (!SQL_SUCCEEDED(result)) {
        SQLFreeStmt(statement, SQL_CLOSE);
        return seen;
    }
    SQLSMALLINT columns = 0;
    SQLNumResultCols(statement, &columns);
    SQLLEN count = 0;
    SQLRowCount(statement, &count);
    seen += " " + std::to_string(columns) + " " + std::to_string(count);
    while (columns > 0) {
        const SQLRETURN fetched = SQLFetch(statement);
        if (fetched == SQL_NO_DATA) break;
        seen += " (";
        if (!SQL_SUCCEEDED(fetched)) {
            seen += state_and_code(fetched, SQL_HANDLE_STMT, statement);
            break;
        }
        for (SQLSMALLINT column = 1; column <= columns; ++column) {
            std::array<SQLCHAR, 1024> text{};
            SQLLEN length = 0;
            SQLGetData(statement, static_cast<SQLUSMALLINT>(column), SQL_C_CHAR, text.data(),
                       static_cast<SQLLEN>(text.size()), &length);
            seen += length == SQL_NULL_DATA ? "null,"
                                            : std::string(reinterpret_cast<const char*>(text.data())) + ",";
        }
        seen += ")";
    }
    SQLFreeStmt(statement, SQL_CLOSE);
    return seen;
}

std::string ScriptPlayer::play(const Step& step) {
    const auto set = [&](SQLINTEGER attribute, std::uintptr_t value) {
        return state_and_code(SQLSetConnectAttr(client_.handle(), attribute, as_pointer(value), 0),
                              SQL_HANDLE_DBC, client_.handle());
    };
    const auto end = [&](SQLSMALLINT completion) {
        return state_and_code(SQLEndTran(SQL_HANDLE_DBC, client_.handle(), completion), SQL_HANDLE_DBC,
                              client_.handle());
    };
    switch (step.call) {
        case Call::Execute: {
            const Statement statement(client_);
            return seen(statement, SQLExecDirect(statement, characters(step.text), SQL_NTS));
        }
        case Call::Prepared: {
            const Statement statement(client_);
            SQLLEN length = static_cast<SQLLEN>(step.value.size());
            SQLBindParameter(statement, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 64, 0,
                             characters(step.value), length, &length);
            const SQLRETURN prepared = SQLPrepare(statement, characters(step.text), SQL_NTS);
            if (!SQL_SUCCEEDED(prepared)) return seen(statement, prepared);
            return seen(statement, SQLExecute(statement));
        }
        case Call::Prepare: {
            const SQLRETURN result = SQLPrepare(kept_, characters(step.text), SQL_NTS);
            prepared_ = SQL_SUCCEEDED(result);
            return state_and_code(result, SQL_HANDLE_STMT, kept_);
        }
        case Call::Again:
            return prepared_ ? seen(kept_, SQLExecute(kept_)) : "nothing prepared";
        case Call::Commit:
            return end(SQL_COMMIT);
        case Call::Rollback:
            return end(SQL_ROLLBACK);
        case Call::Autocommit:
            return set(SQL_ATTR_AUTOCOMMIT, step.value == "on" ? SQL_AUTOCOMMIT_ON : SQL_AUTOCOMMIT_OFF);
        case Call::AccessMode:
            return set(SQL_ATTR_ACCESS_MODE, step.value == "read" ? SQL_MODE_READ_ONLY : SQL_MODE_READ_WRITE);
        case Call::Isolation:
            return set(SQL_ATTR_TXN_ISOLATION, std::stoul(step.value));
    }
    return {};
}

}  // namespace freshread::test
