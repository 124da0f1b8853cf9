// One operation of ODBC, many times, on one data source: what tests/bench/run counts and times.
//
// usage: odbc_calls DSN-OR-CONNECTION-STRING OPERATION COUNT        prints the nanoseconds per operation
//
// Exits with 3 when the leader served reads for want of a replica: the run counts for nothing.
#include <sql.h>
#include <sqlext.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

SQLHENV environment = SQL_NULL_HENV;
SQLHDBC connection = SQL_NULL_HDBC;

void check(SQLRETURN result, SQLSMALLINT type, SQLHANDLE handle, const char* what) {
    if (SQL_SUCCEEDED(result) || result == SQL_NO_DATA) return;
    std::array<SQLCHAR, 6> state{};
    std::array<SQLCHAR, 1024> text{};
    SQLINTEGER native = 0;
    SQLSMALLINT length = 0;
    SQLGetDiagRec(type, handle, 1, state.data(), &native, text.data(), static_cast<SQLSMALLINT>(text.size()),
                  &length);
    std::fprintf(stderr, "%s: %s %s\n", what, reinterpret_cast<const char*>(state.data()),
                 reinterpret_cast<const char*>(text.data()));
    std::exit(1);  // NOLINT(concurrency-mt-unsafe): one thread
}

SQLCHAR* characters(std::string& text) {
    return reinterpret_cast<SQLCHAR*>(text.data());
}

class Statement {
 public:
    Statement() {
        check(SQLAllocHandle(SQL_HANDLE_STMT, connection, &handle_), SQL_HANDLE_DBC, connection,
              "SQLAllocHandle");
    }
    ~Statement() { SQLFreeHandle(SQL_HANDLE_STMT, handle_); }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    operator SQLHSTMT() const { return handle_; }  // NOLINT(google-explicit-constructor)
    void ok(SQLRETURN result, const char* what) const { check(result, SQL_HANDLE_STMT, handle_, what); }

 private:
    SQLHSTMT handle_ = SQL_NULL_HSTMT;
};

// --- the operations; each runs `count` times

void fetch_with_get_data(long count) {
    Statement statement;
    std::string sql = "select i, i from generate_series(1, " + std::to_string(count) + ") i";
    statement.ok(SQLExecDirect(statement, characters(sql), SQL_NTS), "SQLExecDirect");
    while (SQLFetch(statement) == SQL_SUCCESS) {
        SQLINTEGER number = 0;
        SQLLEN length = 0;
        SQLGetData(statement, 1, SQL_C_LONG, &number, sizeof number, &length);
        SQLGetData(statement, 2, SQL_C_LONG, &number, sizeof number, &length);
    }
}

void fetch_bound(long count) {
    Statement statement;
    std::array<SQLINTEGER, 2> numbers{};
    std::array<SQLLEN, 2> lengths{};
    for (SQLUSMALLINT i = 0; i < 2; ++i)
        statement.ok(
            SQLBindCol(statement, static_cast<SQLUSMALLINT>(i + 1), SQL_C_LONG, &numbers[i], 0, &lengths[i]),
            "SQLBindCol");
    std::string sql = "select i, i from generate_series(1, " + std::to_string(count) + ") i";
    statement.ok(SQLExecDirect(statement, characters(sql), SQL_NTS), "SQLExecDirect");
    while (SQLFetch(statement) == SQL_SUCCESS) {
    }
}

void fetch_arrays(long count) {
    constexpr SQLULEN kRows = 1000;
    Statement statement;
    std::vector<SQLINTEGER> numbers(kRows);
    std::vector<SQLLEN> lengths(kRows);
    statement.ok(SQLSetStmtAttr(statement, SQL_ATTR_ROW_ARRAY_SIZE, reinterpret_cast<SQLPOINTER>(kRows), 0),
                 "SQLSetStmtAttr");
    statement.ok(SQLBindCol(statement, 1, SQL_C_LONG, numbers.data(), 0, lengths.data()), "SQLBindCol");
    std::string sql = "select i from generate_series(1, " + std::to_string(count) + ") i";
    statement.ok(SQLExecDirect(statement, characters(sql), SQL_NTS), "SQLExecDirect");
    while (SQLFetch(statement) == SQL_SUCCESS) {
    }
}

void point_prepared(long count) {
    Statement statement;
    std::string sql = "select 1 where 1 = ?";
    SQLINTEGER one = 1;
    SQLLEN length = 0;
    statement.ok(SQLPrepare(statement, characters(sql), SQL_NTS), "SQLPrepare");
    statement.ok(
        SQLBindParameter(statement, 1, SQL_PARAM_INPUT, SQL_C_LONG, SQL_INTEGER, 0, 0, &one, 0, &length),
        "SQLBindParameter");
    for (long i = 0; i < count; ++i) {
        statement.ok(SQLExecute(statement), "SQLExecute");
        SQLFetch(statement);
        SQLFreeStmt(statement, SQL_CLOSE);
    }
}

void point_same_text(long count) {
    Statement statement;
    std::string sql = "select relname from pg_class where oid = 1259";
    for (long i = 0; i < count; ++i) {
        statement.ok(SQLExecDirect(statement, characters(sql), SQL_NTS), "SQLExecDirect");
        SQLFetch(statement);
        SQLFreeStmt(statement, SQL_CLOSE);
    }
}

void point_new_text(long count) {
    Statement statement;
    for (long i = 0; i < count; ++i) {
        std::string sql = "select relname from pg_class where oid = " + std::to_string(1000000 + i);
        statement.ok(SQLExecDirect(statement, characters(sql), SQL_NTS), "SQLExecDirect");
        SQLFetch(statement);
        SQLFreeStmt(statement, SQL_CLOSE);
    }
}

void statement_handles(long count) {
    for (long i = 0; i < count; ++i) const Statement statement;
}

void bind_column(long count) {
    Statement statement;
    SQLINTEGER number = 0;
    SQLLEN length = 0;
    for (long i = 0; i < count; ++i) SQLBindCol(statement, 1, SQL_C_LONG, &number, 0, &length);
}

void bind_parameter(long count) {
    Statement statement;
    SQLINTEGER number = 0;
    SQLLEN length = 0;
    for (long i = 0; i < count; ++i)
        SQLBindParameter(statement, 1, SQL_PARAM_INPUT, SQL_C_LONG, SQL_INTEGER, 0, 0, &number, 0, &length);
}

void get_diagnostic_record(long count) {
    Statement statement;
    std::string sql = "select nothing from nowhere";
    SQLExecDirect(statement, characters(sql), SQL_NTS);
    std::array<SQLCHAR, 6> state{};
    std::array<SQLCHAR, 512> text{};
    SQLINTEGER native = 0;
    SQLSMALLINT length = 0;
    for (long i = 0; i < count; ++i)
        SQLGetDiagRec(SQL_HANDLE_STMT, statement, 1, state.data(), &native, text.data(),
                      static_cast<SQLSMALLINT>(text.size()), &length);
}

void insert(long count) {
    Statement statement;
    std::string sql = "insert into bench values (1)";
    for (long i = 0; i < count; ++i)
        statement.ok(SQLExecDirect(statement, characters(sql), SQL_NTS), "insert");
}

// As a client does that remembers positions by itself.
void insert_and_ask(long count) {
    Statement statement;
    Statement question;
    std::string sql = "insert into bench values (1)";
    std::string ask = "select pg_current_wal_insert_lsn()";
    for (long i = 0; i < count; ++i) {
        statement.ok(SQLExecDirect(statement, characters(sql), SQL_NTS), "insert");
        question.ok(SQLExecDirect(question, characters(ask), SQL_NTS), "select");
        std::array<char, 32> position{};
        SQLLEN length = 0;
        SQLFetch(question);
        SQLGetData(question, 1, SQL_C_CHAR, position.data(), static_cast<SQLLEN>(position.size()), &length);
        SQLFreeStmt(question, SQL_CLOSE);
    }
}

// A thousand in a second.
void insert_paced(long count) {
    Statement statement;
    std::string sql = "insert into bench values (1)";
    auto next = std::chrono::steady_clock::now();
    for (long i = 0; i < count; ++i) {
        statement.ok(SQLExecDirect(statement, characters(sql), SQL_NTS), "insert");
        std::this_thread::sleep_until(next += std::chrono::milliseconds(1));
    }
}

const std::map<std::string, std::function<void(long)>> kOperations{
    {"fetch_with_get_data", fetch_with_get_data},
    {"fetch_bound", fetch_bound},
    {"fetch_arrays", fetch_arrays},
    {"point_prepared", point_prepared},
    {"point_same_text", point_same_text},
    {"point_new_text", point_new_text},
    {"statement_handles", statement_handles},
    {"bind_column", bind_column},
    {"bind_parameter", bind_parameter},
    {"get_diagnostic_record", get_diagnostic_record},
    {"insert", insert},
    {"insert_and_ask", insert_and_ask},
    {"insert_paced", insert_paced},
};

}  // namespace

// The heap of an application that has run for a while has holes; that of this one would have none on the
// direct way and some behind Freshread, which frees what it needed to connect, and what psqlodbc allocates
// for an execution costs the more the more holes there are. So both have many. Deterministic; never freed.
void live_in_the_heap() {
    constexpr std::size_t kBlocks = 20000;
    constexpr std::size_t kLargest = 6000;
    std::minstd_rand random(1);
    std::vector<void*> blocks(kBlocks);
    for (void*& block : blocks) block = std::malloc(16 + random() % kLargest);
    for (void* block : blocks)
        if (random() % 2 == 0) std::free(block);
}

// What a connection does once, as opening the replica and looking at the catalog of relations, and the first
// write and what a server's process does for it, is over.
void settle_down(bool writes) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1200));
    for (int read = 0; read < 3; ++read) {
        Statement statement;
        std::string sql = "select i from bench where i is null";
        statement.ok(SQLExecDirect(statement, characters(sql), SQL_NTS), "SQLExecDirect");
    }
    constexpr long kFirst = 50;
    if (writes) insert(kFirst);
}

// The leader served reads for want of a replica: on a busy machine under callgrind opening one takes longer
// than it may. Asked when all is counted; only Freshread knows the question.
bool missed_the_replica() {
    Statement statement;
    std::string sql = "show freshread.counters";
    if (!SQL_SUCCEEDED(SQLExecDirect(statement, characters(sql), SQL_NTS))) return false;
    while (SQL_SUCCEEDED(SQLFetch(statement))) {
        std::array<char, 32> reason{};
        SQLLEN length = 0;
        SQLGetData(statement, 2, SQL_C_CHAR, reason.data(), static_cast<SQLLEN>(reason.size()), &length);
        const std::string_view found(reason.data());
        if (found == "NoHealthyReplica" || found == "ReplicaBehind" || found == "RetriedOnLeader")
            return true;
    }
    return false;
}

int main(int argc, char** argv) {
    const auto operation = argc == 4 ? kOperations.find(argv[2]) : kOperations.end();
    if (operation == kOperations.end()) {
        std::fprintf(stderr, "usage: odbc_calls CONNECTION-STRING OPERATION COUNT; operations:\n");
        for (const auto& [name, function] : kOperations) std::fprintf(stderr, "  %s\n", name.c_str());
        return 2;
    }
    const long count = std::strtol(argv[3], nullptr, 10);
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment);
    SQLSetEnvAttr(environment, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
    SQLAllocHandle(SQL_HANDLE_DBC, environment, &connection);
    std::string in = argv[1];
    check(SQLDriverConnect(connection, nullptr, characters(in), SQL_NTS, nullptr, 0, nullptr,
                           SQL_DRIVER_NOPROMPT),
          SQL_HANDLE_DBC, connection, "SQLDriverConnect");
    settle_down(operation->first.starts_with("insert"));
    live_in_the_heap();
    const auto begin = std::chrono::steady_clock::now();
    operation->second(count);
    const auto time = std::chrono::steady_clock::now() - begin;
    std::printf("%.0f\n",
                static_cast<double>(std::chrono::duration_cast<std::chrono::nanoseconds>(time).count()) /
                    static_cast<double>(count));
    const bool missed = missed_the_replica();
    SQLDisconnect(connection);
    SQLFreeHandle(SQL_HANDLE_DBC, connection);
    SQLFreeHandle(SQL_HANDLE_ENV, environment);
    constexpr int kMissed = 3;
    return missed ? kMissed : 0;
}
