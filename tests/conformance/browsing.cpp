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
    for (const char* in : {"DSN=", "DSN=no such data source", "DRIVER={not there}", "garbage", ""}) {
        const Connection connection(environment, run);
        browse(connection, in[0] == 'D' && in[4] == 0 ? "DSN=" + run.dsn : in, 1024);
        connection.did("SQLDisconnect", SQLDisconnect(connection.handle()));
    }
    const Connection connection(environment, run);
    browse(connection, "DSN=" + run.dsn, 4);
}

}  // namespace conformance
