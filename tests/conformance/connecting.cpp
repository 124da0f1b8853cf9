// Connecting and ending connections, right and wrong.
#include "application.h"

namespace conformance {

namespace {

void connect_by(const Run& run, const std::string& string, std::size_t room, SQLUSMALLINT completion,
                SQLSMALLINT length = SQL_NTS) {
    const Environment environment(run);
    const Connection connection(environment, run);
    Out completed = connection.out(room);
    SQLSMALLINT completed_length = -7;
    say("= driver connect '%s', room %zu, completion %d, length %d", string.c_str(), room, completion,
        length);
    const SQLRETURN result = TEXT(connection, DriverConnect, nullptr, In(string), length, completed,
                                  completed.characters(), &completed_length, completion);
    // What a completed string holds is each driver's own; whether it is there and fits is ODBC's.
    say("    length known %d, longer than the room %d, untouched %d", completed_length > 0,
        completed_length >= static_cast<SQLSMALLINT>(room), completed_length == -7);
    if (room <= 10) say("    completed %s", completed.shown().c_str());
    if (SQL_SUCCEEDED(result)) {
        const Statement statement(connection);
        statement.execute("SELECT 1");
        statement.show_rows();
    }
}

void connect_to(const Run& run, const char* dsn, SQLSMALLINT dsn_length, const char* user,
                const char* password) {
    const Environment environment(run);
    const Connection connection(environment, run);
    say("= connect '%s' %d", dsn, dsn_length);
    if (user)
        TEXT(connection, Connect, In(dsn), dsn_length, In(user), SQL_NTS, In(password), SQL_NTS);
    else
        TEXT(connection, Connect, In(dsn), dsn_length, nullptr, 0, nullptr, 0);
    CALL(connection, Disconnect);
}

}  // namespace

void connecting(const Run& run) {
    connect_to(run, run.dsn.c_str(), SQL_NTS, nullptr, nullptr);
    connect_to(run, run.dsn.c_str(), static_cast<SQLSMALLINT>(run.dsn.size()), nullptr, nullptr);
    connect_to(run, (run.dsn + "garbage").c_str(), static_cast<SQLSMALLINT>(run.dsn.size()), nullptr,
               nullptr);
    connect_to(run, "no such data source", SQL_NTS, nullptr, nullptr);
    connect_to(run, "", SQL_NTS, nullptr, nullptr);
    connect_to(run, run.dsn.c_str(), -5, nullptr, nullptr);
    // The data source without a login of its own: whose login counts where there are two is each driver's
    // own.
    const std::string open = run.dsn + "_nologin";
    const bool has_open = run.dsn.find('_') == std::string::npos || run.dsn == "pg_leader";
    if (has_open) {
        connect_to(run, open.c_str(), SQL_NTS, "nobody_at_all", "wrong");
        connect_by(run, "DSN=" + open + ";UID=nobody_at_all;PWD=wrong", 1024, SQL_DRIVER_NOPROMPT);
    }

    const std::string plain = "DSN=" + run.dsn;
    connect_by(run, plain, 1024, SQL_DRIVER_NOPROMPT);
    connect_by(run, plain, 1024, SQL_DRIVER_COMPLETE);
    connect_by(run, plain, 1024, SQL_DRIVER_COMPLETE_REQUIRED);
    connect_by(run, plain + ";", 1024, SQL_DRIVER_NOPROMPT);
    connect_by(run, plain, 10, SQL_DRIVER_NOPROMPT);
    connect_by(run, plain, 1, SQL_DRIVER_NOPROMPT);
    connect_by(run, plain + ";garbage", 1024, SQL_DRIVER_NOPROMPT, static_cast<SQLSMALLINT>(plain.size()));
    connect_by(run, plain, 1024, 9);
    connect_by(run, plain, 1024, SQL_DRIVER_NOPROMPT, -5);
    connect_by(run, "DSN=not there", 1024, SQL_DRIVER_NOPROMPT);
    connect_by(run, "Driver={not there}", 1024, SQL_DRIVER_NOPROMPT);
    connect_by(run, "", 1024, SQL_DRIVER_NOPROMPT);

    const Environment environment(run);
    const Connection connection(environment, run);
    say("= no completed string");
    SQLSMALLINT length = -7;
    TEXT(connection, DriverConnect, nullptr, In(plain), SQL_NTS, nullptr, 0, &length, SQL_DRIVER_NOPROMPT);
    say("    length known %d", length > 0);
    say("= twice");
    connection.connect();
    CALL(connection, Disconnect);
    CALL(connection, Disconnect);
    say("= again on the same handle");
    connection.connect();
    {
        const Statement statement(connection);
        statement.execute("SELECT 'open when disconnecting'");
        connection.set(SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_OFF));
        statement.close();
        statement.execute("CREATE TEMPORARY TABLE gone (i integer)");
    }
    say("= disconnecting inside a transaction");
    CALL(connection, Disconnect);
    connection.end(SQL_ROLLBACK);
}

}  // namespace conformance
