#include "state/postgresql_line.h"

#include <array>

#include <libpq-fe.h>
#include <poll.h>

#include "state/user_table.h"

namespace freshread {

namespace {

// Whatever the login's defaults are. A mark has to be seen, not to survive: what a crash loses is lost whole.
constexpr const char* kSession =
    "SET default_transaction_isolation = 'read committed'; SET default_transaction_read_only = off; "
    "SET synchronous_commit = off; SET client_min_messages = error";

std::string in_one_line(const char* text) {
    std::string line;
    for (const char* at = text; at != nullptr && *at != '\0'; ++at) line += *at == '\n' ? ' ' : *at;
    while (line.ends_with(' ')) line.pop_back();
    return line;
}

}  // namespace

PostgresqlLine::PostgresqlLine(const std::string& url, BootTime deadline) : connection_(nullptr, PQfinish) {
    const std::array<const char*, 3> keywords{"dbname", "fallback_application_name", nullptr};
    const std::array<const char*, 3> values{url.c_str(), "freshread-store", nullptr};
    connection_.reset(PQconnectStartParams(keywords.data(), values.data(), 1));
    PGconn* const connection = connection_.get();
    if (!connection) throw StoreUnavailable("There is no memory for a connection to the store.");
    // libpq would write notices to the application's standard error.
    PQsetNoticeReceiver(
        connection, [](void*, const PGresult*) {}, nullptr);
    for (PostgresPollingStatusType next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK;
         next = PQconnectPoll(connection)) {
        if (PQstatus(connection) == CONNECTION_BAD || next == PGRES_POLLING_FAILED) fail("cannot be reached");
        wait_for(next == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline);
    }
    if (PQsetnonblocking(connection, 1) != 0) fail("cannot be used");
    const Rows done = ask(kSession, {}, deadline);
    if (!done.error.empty()) throw StoreUnavailable("The store's server refuses: " + done.message + ".");
}

void PostgresqlLine::fail(const std::string& what) const {
    throw StoreUnavailable("The store's server " + what + ": " +
                           in_one_line(PQerrorMessage(connection_.get())) + ".");
}

void PostgresqlLine::wait_for(short events, BootTime deadline) const {
    for (;;) {
        const BootTime left = deadline - boot_now();
        if (left <= BootTime(0)) throw StoreUnavailable("The store's server did not answer in time.");
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
        const timespec wait{seconds.count(), (left - seconds).count()};
        pollfd polled{PQsocket(connection_.get()), events, 0};
        if (::ppoll(&polled, 1, &wait, nullptr) > 0) return;
    }
}

PostgresqlLine::Rows PostgresqlLine::ask(const std::string& sql, const std::vector<std::string>& parameters,
                                         BootTime deadline) {
    PGconn* const connection = connection_.get();
    std::vector<const char*> values;
    values.reserve(parameters.size());
    for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
    // Several statements in one text have no parameters.
    const int sent = values.empty()
                         ? PQsendQuery(connection, sql.c_str())
                         : PQsendQueryParams(connection, sql.c_str(), static_cast<int>(values.size()),
                                             nullptr, values.data(), nullptr, nullptr, 0);
    if (sent != 1) fail("is gone");
    for (int unsent = PQflush(connection); unsent != 0; unsent = PQflush(connection)) {
        if (unsent < 0) fail("is gone");
        wait_for(POLLOUT, deadline);
    }
    Rows answer;
    for (;;) {
        while (PQisBusy(connection) != 0) {
            wait_for(POLLIN, deadline);
            if (PQconsumeInput(connection) != 1) fail("is gone");
        }
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQgetResult(connection), &PQclear);
        if (!result) break;
        if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) {
            const char* const state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
            if (state == nullptr || PQstatus(connection) == CONNECTION_BAD) fail("is gone");
            answer.error = state;
            answer.message = in_one_line(PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY));
        }
        for (int row = 0; row < PQntuples(result.get()); ++row) {
            std::vector<std::string>& columns = answer.rows.emplace_back();
            for (int column = 0; column < PQnfields(result.get()); ++column)
                columns.emplace_back(PQgetvalue(result.get(), row, column));
        }
    }
    return answer;
}

bool PostgresqlLine::stale() {
    return PQconsumeInput(connection_.get()) != 1 || PQstatus(connection_.get()) == CONNECTION_BAD;
}

}  // namespace freshread
