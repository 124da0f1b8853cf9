// SQLBrowseConnect: the keywords that are still missing, one round after the other.
#include "application.h"

namespace conformance {

namespace {

void browse(const Connection& connection, const std::string& in, std::size_t room) {
    Out out = connection.out(room);
    SQLSMALLINT length = -7;
    say("= browse '%s', room %zu", in.c_str(), room);
    const SQLRETURN result = TEXT(connection, BrowseConnect, In(in), SQL_NTS, out, out.characters(), &length);
    say("    answered %d", length > 0);
    if (result == SQL_NEED_DATA) say("    out %s length %d", out.shown().c_str(), length);
    if (SQL_SUCCEEDED(result)) {
        const Statement statement(connection);
        statement.execute("SELECT 1");
        statement.show_rows();
    }
}

}  // namespace

void browsing(const Run& run) {
    const Environment environment(run);
    for (const std::string& in : {"DSN=" + run.dsn, std::string("DSN=no such data source"),
                                  std::string("DRIVER={not there}"), std::string("garbage"), std::string()}) {
        const Connection connection(environment, run);
        browse(connection, in, 1024);
        CALL(connection, Disconnect);
    }
    const Connection connection(environment, run);
    browse(connection, "DSN=" + run.dsn, 4);
    say("= step by step");
    const Connection stepwise(environment, run);
    browse(stepwise, "DRIVER={Freshread}", 1024);
    browse(stepwise, "LEADER=pg_leader_nologin", 1024);
    browse(stepwise, "UID=nobody_at_all;PWD=wrong", 1024);
    browse(stepwise, "DRIVER={Freshread}", 8);
    CALL(stepwise, Disconnect);
    browse(stepwise, "DRIVER={Freshread};LEADER=pg_leader", 1024);
    CALL(stepwise, Disconnect);
}

}  // namespace conformance
