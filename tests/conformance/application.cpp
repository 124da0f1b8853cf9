#include "application.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace conformance {

namespace {

constexpr SQLCHAR kUntouched = 0xA5;
constexpr std::size_t kMargin = 8;

void append_escaped(unsigned unit, std::string& out) {
    if (unit >= 0x20 && unit < 0x7F && unit != '\\') {
        out.push_back(static_cast<char>(unit));
        return;
    }
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), unit > 0xFF ? "\\u%04x" : "\\x%02x", unit);
    out += text.data();
}

struct Record {
    std::string sqlstate;
    SQLINTEGER native = 0;
    std::string message;
    SQLSMALLINT length = 0;
};

bool read_record(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT number, bool wide, Record& record) {
    Out state(6, wide);
    Out message(2000, wide);
    const SQLRETURN result = wide ? SQLGetDiagRecW(type, handle, number, state, &record.native, message,
                                                   message.characters(), &record.length)
                                  : SQLGetDiagRec(type, handle, number, state, &record.native, message,
                                                  message.characters(), &record.length);
    if (!SQL_SUCCEEDED(result)) return false;
    record.sqlstate = state.text();
    record.message = message.text();
    return true;
}

}  // namespace

In::In(std::string_view text) : narrow_(text) {
    // The texts of these programs are ASCII, but for UTF-8 of two bytes.
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x80) {
            wide_.push_back(byte);
        } else {
            const auto next = static_cast<unsigned char>(text[++i]);
            wide_.push_back(static_cast<SQLWCHAR>(((byte & 0x1FU) << 6) | (next & 0x3FU)));
        }
    }
    wide_.push_back(0);
}

Out::Out(std::size_t characters, bool wide) : characters_(characters), wide_(wide) {
    bytes_.assign((characters + kMargin) * unit(), kUntouched);
}

void Out::refill() {
    std::fill(bytes_.begin(), bytes_.end(), kUntouched);
}

unsigned Out::unit_at(std::size_t index) const {
    if (!wide_) return bytes_[index];
    SQLWCHAR unit = 0;
    std::memcpy(&unit, &bytes_[index * sizeof(SQLWCHAR)], sizeof(SQLWCHAR));
    return unit;
}

std::string Out::shown() const {
    const unsigned untouched = wide_ ? kUntouched * 0x101U : kUntouched;
    std::size_t end = bytes_.size() / unit();
    while (end > 0 && unit_at(end - 1) == untouched) --end;
    std::string out = "'";
    for (std::size_t i = 0; i < end; ++i) {
        if (unit_at(i) == untouched)
            out.push_back('~');
        else
            append_escaped(unit_at(i), out);
    }
    return out + "'";
}

std::string Out::text() const {
    std::string out;
    for (std::size_t i = 0; i < bytes_.size() / unit() && unit_at(i) != 0; ++i)
        append_escaped(unit_at(i), out);
    return out;
}

std::string shown_bytes(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const unsigned char*>(data);
    std::string out;
    for (std::size_t i = 0; i < size; ++i) append_escaped(bytes[i], out);
    return out;
}

std::string name_of_return(SQLRETURN result) {
    switch (result) {
        case SQL_SUCCESS:
            return "SUCCESS";
        case SQL_SUCCESS_WITH_INFO:
            return "SUCCESS_WITH_INFO";
        case SQL_NO_DATA:
            return "NO_DATA";
        case SQL_ERROR:
            return "ERROR";
        case SQL_INVALID_HANDLE:
            return "INVALID_HANDLE";
        case SQL_NEED_DATA:
            return "NEED_DATA";
        default:
            return std::to_string(result);
    }
}

void say(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    std::vprintf(format, arguments);
    va_end(arguments);
    std::putchar('\n');
    // A crash must not take the lines before it along.
    std::fflush(stdout);
}

void show_records(SQLSMALLINT type, SQLHANDLE handle, bool wide) {
    constexpr SQLSMALLINT kMost = 20;
    for (SQLSMALLINT number = 1; number <= kMost; ++number) {
        Record record;
        if (!read_record(type, handle, number, wide, record)) break;
        say("    %s %d %s", record.sqlstate.c_str(), static_cast<int>(record.native), record.message.c_str());
    }
}

SQLRETURN Handle::did(std::string_view call, SQLRETURN result) const {
    say("%s %.*s", name_of_return(result).c_str(), static_cast<int>(call.size()), call.data());
    if (result != SQL_INVALID_HANDLE) show_records(type_, handle_, run_->wide);
    return result;
}

Environment::Environment(const Run& run) : Handle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, run) {
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &handle_);
    SQLSetEnvAttr(handle_, SQL_ATTR_ODBC_VERSION,
                  reinterpret_cast<SQLPOINTER>(static_cast<std::intptr_t>(run.version)), SQL_IS_INTEGER);
}

Environment::~Environment() {
    SQLFreeHandle(SQL_HANDLE_ENV, handle_);
}

Connection::Connection(const Environment& environment, const Run& run)
    : Handle(SQL_HANDLE_DBC, SQL_NULL_HANDLE, run) {
    SQLAllocHandle(SQL_HANDLE_DBC, environment.handle(), &handle_);
}

Connection::~Connection() {
    SQLDisconnect(handle_);
    SQLFreeHandle(SQL_HANDLE_DBC, handle_);
}

SQLRETURN Connection::connect() const {
    return TEXT(*this, Connect, In(run().dsn), SQL_NTS, nullptr, 0, nullptr, 0);
}

void Connection::run_silently(std::string_view sql) const {
    const Statement statement(*this);
    In text(sql);
    const SQLRETURN result = wide() ? SQLExecDirectW(statement.handle(), text, SQL_NTS)
                                    : SQLExecDirect(statement.handle(), text, SQL_NTS);
    if (result != SQL_SUCCESS && result != SQL_NO_DATA && result != SQL_SUCCESS_WITH_INFO)
        statement.did(sql, result);
}

SQLRETURN Connection::end(SQLSMALLINT completion) const {
    return did(completion == SQL_COMMIT ? "commit" : "rollback",
               SQLEndTran(SQL_HANDLE_DBC, handle_, completion));
}

SQLRETURN Connection::set(SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER length) const {
    const SQLRETURN result = wide() ? SQLSetConnectAttrW(handle_, attribute, value, length)
                                    : SQLSetConnectAttr(handle_, attribute, value, length);
    return did("set connection attribute " + std::to_string(attribute), result);
}

void Connection::make_schema() const {
    run_silently("DROP SCHEMA IF EXISTS conformance CASCADE");
    run_silently("CREATE SCHEMA conformance");
    run_silently(
        "CREATE TABLE conformance.item (id integer PRIMARY KEY, name varchar(40) NOT NULL, price "
        "numeric(10,2), "
        "weight double precision, made date, seen timestamp, ok boolean, raw bytea, note text)");
    run_silently(
        "INSERT INTO conformance.item SELECT i, 'item ' || i, CASE WHEN i % 5 = 0 THEN NULL ELSE i * 1.25 "
        "END, "
        "i / 4.0, date '2020-02-28' + i, timestamp '2021-03-04 05:06:07.125' + i * interval '1 hour', i % 2 "
        "= 0, "
        "decode(lpad(to_hex(i), 4, '0') || '00ff', 'hex'), CASE WHEN i % 4 = 0 THEN NULL ELSE repeat('note "
        "', i) "
        "END FROM generate_series(1, 12) AS i");
    run_silently(
        "CREATE TABLE conformance.part (item integer NOT NULL REFERENCES conformance.item (id), line integer "
        "NOT "
        "NULL, what varchar(20) DEFAULT 'thing', PRIMARY KEY (item, line))");
    run_silently("CREATE UNIQUE INDEX part_what ON conformance.part (what, line)");
    run_silently("INSERT INTO conformance.part VALUES (1, 1, 'a'), (1, 2, 'b'), (2, 1, 'c')");
    run_silently(
        "CREATE TABLE conformance.target (id integer PRIMARY KEY, name varchar(40), raw bytea, big text)");
    let_replica_catch_up();
}

void let_replica_catch_up() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread, and nobody sets it
    const char* milliseconds = std::getenv("FRESHREAD_CONFORMANCE_SETTLE_MS");
    if (milliseconds)
        std::this_thread::sleep_for(std::chrono::milliseconds(std::strtol(milliseconds, nullptr, 10)));
}

Statement::Statement(const Connection& connection)
    : Handle(SQL_HANDLE_STMT, SQL_NULL_HANDLE, connection.run()) {
    const SQLRETURN result = SQLAllocHandle(SQL_HANDLE_STMT, connection.handle(), &handle_);
    if (!SQL_SUCCEEDED(result)) connection.did("SQLAllocHandle(SQL_HANDLE_STMT)", result);
}

Statement::~Statement() {
    if (handle_) SQLFreeHandle(SQL_HANDLE_STMT, handle_);
}

SQLRETURN Statement::execute(std::string_view sql) const {
    In text(sql);
    return did("execute " + std::string(sql),
               wide() ? SQLExecDirectW(handle_, text, SQL_NTS) : SQLExecDirect(handle_, text, SQL_NTS));
}

SQLRETURN Statement::prepare(std::string_view sql) const {
    In text(sql);
    return did("prepare " + std::string(sql),
               wide() ? SQLPrepareW(handle_, text, SQL_NTS) : SQLPrepare(handle_, text, SQL_NTS));
}

void Statement::show_columns() const {
    SQLSMALLINT count = -1;
    CALL(*this, NumResultCols, &count);
    say("    columns %d", count);
    for (SQLUSMALLINT column = 1; static_cast<SQLSMALLINT>(column) <= count; ++column) {
        Out name = out(60);
        SQLSMALLINT length = -1;
        SQLSMALLINT type = -99;
        SQLULEN size = 77;
        SQLSMALLINT digits = -99;
        SQLSMALLINT nullable = -99;
        TEXT(*this, DescribeCol, column, name, name.characters(), &length, &type, &size, &digits, &nullable);
        say("    %u %s length %d type %d size %lu digits %d nullable %d", column, name.shown().c_str(),
            length, type, size, digits, nullable);
    }
}

void Statement::show_rows(int most) const {
    SQLSMALLINT count = 0;
    if (!SQL_SUCCEEDED(CALL(*this, NumResultCols, &count)) || count == 0) return;
    for (int row = 1; row <= most; ++row) {
        const SQLRETURN fetched = SQLFetch(handle_);
        if (fetched != SQL_SUCCESS) {
            did("SQLFetch()", fetched);
            if (fetched != SQL_SUCCESS_WITH_INFO) return;
        }
        std::string line;
        for (SQLUSMALLINT column = 1; static_cast<SQLSMALLINT>(column) <= count; ++column) {
            Out value(400, wide());
            SQLLEN indicator = -77;
            const SQLRETURN result = SQLGetData(handle_, column, wide() ? SQL_C_WCHAR : SQL_C_CHAR,
                                                value.data(), value.bytes(), &indicator);
            line += " | ";
            if (result != SQL_SUCCESS) {
                did("SQLGetData()", result);
                line += name_of_return(result) + " ";
            }
            line += indicator == SQL_NULL_DATA ? "NULL" : value.text();
        }
        say("    row %d%s", row, line.c_str());
    }
}

void Statement::close() const {
    CALL(*this, FreeStmt, SQL_CLOSE);
}

SQLHDESC Statement::descriptor(SQLINTEGER attribute) const {
    SQLHDESC handle = SQL_NULL_HDESC;
    did("SQLGetStmtAttr of descriptor " + std::to_string(attribute),
        SQLGetStmtAttr(handle_, attribute, &handle, SQL_IS_POINTER, nullptr));
    return handle;
}

}  // namespace conformance
