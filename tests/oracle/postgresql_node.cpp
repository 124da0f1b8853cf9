#include "postgresql_node.h"

#include <stdexcept>

namespace freshread::test {

PostgreSqlNode::PostgreSqlNode(std::string conninfo)
    : conninfo_(std::move(conninfo)), connection_(nullptr, PQfinish) {
    reconnect();
}

void PostgreSqlNode::reconnect() {
    connection_.reset();
    connection_.reset(PQconnectdb(conninfo_.c_str()));
    if (PQstatus(connection_.get()) != CONNECTION_OK)
        throw std::runtime_error(PQerrorMessage(connection_.get()));
    PQsetNoticeProcessor(
        connection_.get(), [](void*, const char*) {}, nullptr);
}

bool PostgreSqlNode::idle() {
    return PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
}

void PostgreSqlNode::take(PGresult* result, Answer& answer) {
    switch (PQresultStatus(result)) {
        case PGRES_TUPLES_OK:
            for (int row = 0; row < PQntuples(result); ++row) {
                std::string text;
                for (int column = 0; column < PQnfields(result); ++column) {
                    text += PQgetisnull(result, row, column) ? "<null>" : PQgetvalue(result, row, column);
                    text += '|';
                }
                answer.rows.push_back(std::move(text));
            }
            return;
        case PGRES_COPY_IN:
            (void)PQputCopyEnd(connection_.get(), "there is no data");
            return;
        case PGRES_COPY_OUT: {
            char* line = nullptr;
            while (PQgetCopyData(connection_.get(), &line, 0) > 0) PQfreemem(line);
            return;
        }
        case PGRES_COMMAND_OK:
            answer.rolled_back = std::string_view(PQcmdStatus(result)) == "ROLLBACK";
            return;
        case PGRES_EMPTY_QUERY:
            return;
        default: {
            answer.succeeded = false;
            const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
            answer.state = state ? state : "08006";
            answer.message = PQresultErrorMessage(result);
        }
    }
}

Answer PostgreSqlNode::run(const std::string& text) {
    Answer answer;
    answer.succeeded = true;
    if (!PQsendQuery(connection_.get(), text.c_str())) {
        answer.succeeded = false;
        answer.state = "08006";
    }
    while (PGresult* result = PQgetResult(connection_.get())) {
        take(result, answer);
        PQclear(result);
    }
    if (PQstatus(connection_.get()) != CONNECTION_OK) reconnect();
    return answer;
}

std::string PostgreSqlNode::session() {
    constexpr std::string_view kQueryCanceled = "57014";
    constexpr int kTries = 10;
    // One that the session's statement_timeout ends, on a machine that was busy, says nothing of the session.
    Answer answer = look();
    for (int tries = 1; answer.state == kQueryCanceled && tries < kTries; ++tries) answer = look();
    if (!answer.succeeded) throw std::runtime_error("the session cannot be looked at: " + answer.message);
    return answer.rows.front();
}

Answer PostgreSqlNode::look() {
    return run(R"(
        select (select pg_catalog.count(*) from pg_catalog.pg_locks where locktype = 'advisory'),
               (select pg_catalog.md5(pg_catalog.string_agg(name || '=' || setting, ',' order by name))
                from pg_catalog.pg_settings where source = 'session' or name not like '%.%'),
               (select pg_catalog.count(*) from pg_catalog.pg_prepared_statements),
               (select pg_catalog.count(*) from pg_catalog.pg_cursors),
               (select pg_catalog.count(*) from pg_catalog.pg_listening_channels()),
               (select pg_catalog.count(*) from pg_catalog.pg_stat_activity where backend_type = 'client backend'),
               (select pg_catalog.max(stats_reset) from pg_catalog.pg_stat_database),
               (select stats_reset from pg_catalog.pg_stat_bgwriter), (select stats_reset from pg_catalog.pg_stat_wal),
               (select stats_reset from pg_catalog.pg_stat_archiver),
               (select pg_catalog.max(stats_reset) from pg_catalog.pg_stat_slru), pg_catalog.pg_is_wal_replay_paused())");
}

}  // namespace freshread::test
