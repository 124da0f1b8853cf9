#include "mariadb_node.h"

#include <mysqld_error.h>

#include <chrono>
#include <stdexcept>

namespace freshread::test {

namespace {

constexpr unsigned kReachSeconds = 60;
// max_statement_time does not end a procedure that loops.
constexpr unsigned kAnswerSeconds = 10;

void take_rows(MYSQL_RES* result, Answer& answer) {
    const unsigned columns = mysql_num_fields(result);
    while (MYSQL_ROW row = mysql_fetch_row(result)) {
        const unsigned long* lengths = mysql_fetch_lengths(result);
        std::string text;
        for (unsigned column = 0; column < columns; ++column) {
            text += row[column] ? std::string(row[column], lengths[column]) : "<null>";
            text += '|';
        }
        answer.rows.push_back(std::move(text));
    }
}

}  // namespace

MariaDbNode::MariaDbNode(Address address)
    : address_(std::move(address)), connection_(nullptr, mysql_close), beside_(nullptr, mysql_close) {
    beside_ = connect({}, 2 * kReachSeconds);
    (void)run(beside_.get(), "set max_statement_time = 0");
    reconnect();
}

MariaDbNode::Connection MariaDbNode::connect(const std::string& database, unsigned answer_seconds) const {
    Connection connection(mysql_init(nullptr), mysql_close);
    // What mysqltest speaks. No file of the client's is asked for.
    mysql_options(connection.get(), MYSQL_SET_CHARSET_NAME, "latin1");
    const unsigned local_files = 0;
    mysql_options(connection.get(), MYSQL_OPT_LOCAL_INFILE, &local_files);
    mysql_options(connection.get(), MYSQL_OPT_READ_TIMEOUT, &answer_seconds);
    if (!mysql_real_connect(connection.get(), nullptr, address_.user.c_str(), address_.password.c_str(),
                            database.empty() ? nullptr : database.c_str(), 0, address_.socket.c_str(),
                            CLIENT_MULTI_STATEMENTS)) {
        throw std::runtime_error(mysql_error(connection.get()));
    }
    return connection;
}

void MariaDbNode::reconnect() {
    const unsigned long ended = connection_ ? mysql_thread_id(connection_.get()) : 0;
    connection_.reset();
    // What the server drops behind a session is in its log by the time that the session is gone.
    const std::string gone =
        "select 1 from information_schema.processlist where id = " + std::to_string(ended);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(kAnswerSeconds);
    while (ended != 0 && !run(beside_.get(), gone).rows.empty() && std::chrono::steady_clock::now() < until) {
    }
    connection_ = connect(address_.database, kAnswerSeconds);
}

bool MariaDbNode::idle() {
    unsigned status = 0;
    mariadb_get_infov(connection_.get(), MARIADB_CONNECTION_SERVER_STATUS, &status);
    return (status & SERVER_STATUS_IN_TRANS) == 0;
}

Answer MariaDbNode::run(MYSQL* connection, const std::string& text) {
    Answer answer;
    answer.succeeded = mysql_real_query(connection, text.data(), text.size()) == 0;
    for (int more = 0; answer.succeeded && more == 0;) {
        if (MYSQL_RES* result = mysql_store_result(connection)) {
            take_rows(result, answer);
            mysql_free_result(result);
        }
        answer.succeeded = mysql_errno(connection) == 0;
        if (!answer.succeeded) break;
        more = mysql_next_result(connection);  // -1: that was all
        if (more > 0) answer.succeeded = false;
    }
    if (!answer.succeeded) {
        answer.state = std::to_string(mysql_errno(connection));
        answer.message = mysql_error(connection);
    }
    return answer;
}

Answer MariaDbNode::run(const std::string& text) {
    Answer answer = run(connection_.get(), text);
    const bool lost = answer.state.size() == 4 && answer.state.starts_with("20");  // the client's own errors
    if (lost) {
        (void)run(beside_.get(), "kill " + std::to_string(mysql_thread_id(connection_.get())));
        reconnect();
    }
    return answer;
}

std::string MariaDbNode::session() {
    // RELEASE_ALL_LOCKS says how many there were. The session may be of any character set: only letters that
    // all have.
    const Answer answer =
        run("set statement group_concat_max_len = 10000000, sql_mode = '', max_statement_time = 0, "
            "sql_big_selects = 1 for "
            "select concat('locks=', release_all_locks(), ' variables: ', "
            "(select group_concat(variable_name, '=', ifnull(session_value, 'null') order by variable_name) "
            "from information_schema.system_variables where variable_scope <> 'GLOBAL' and "
            "left(variable_name, 4) "
            "<> 'gtid' and left(variable_name, 9) <> 'rand_seed' and variable_name not in ('TIMESTAMP', "
            "'LAST_GTID', 'WARNING_COUNT', "
            "'ERROR_COUNT', 'GROUP_CONCAT_MAX_LEN', 'SQL_MODE', 'MAX_STATEMENT_TIME')), ' of the user: ', "
            "(select ifnull(group_concat(variable_name, '=', ifnull(variable_value, 'null') order by "
            "variable_name), '') from information_schema.user_variables), ' running: ', "
            "(select variable_value from information_schema.global_status where variable_name = "
            "'SLAVE_RUNNING'))");
    if (!answer.succeeded) throw std::runtime_error("the session cannot be looked at: " + answer.message);
    std::string state = answer.rows.empty() ? std::string() : answer.rows.front();
    for (const auto& file : std::filesystem::directory_iterator(address_.files))
        state += " file " + file.path().filename().string();
    return state;
}

std::string MariaDbNode::position() {
    const Answer answer = run(beside_.get(), "select @@gtid_binlog_pos");
    if (!answer.succeeded) throw std::runtime_error("no position: " + answer.message);
    return answer.rows.front().substr(0, answer.rows.front().size() - 1);
}

void MariaDbNode::reach(const std::string& position) {
    const Answer answer = run(
        beside_.get(), "select master_gtid_wait('" + position + "', " + std::to_string(kReachSeconds) + ")");
    if (!answer.succeeded || answer.rows != std::vector<std::string>{"0|"})
        throw std::runtime_error("the replica does not reach " + position + ": " + answer.message);
}

bool MariaDbNode::refuses_write(const Answer& answer) const {
    return answer.state == std::to_string(ER_OPTION_PREVENTS_STATEMENT) ||
           answer.state == std::to_string(ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION);
}

}  // namespace freshread::test
