#include "tests/driver/odbc_client.h"

#include <array>

namespace freshread::test {

namespace {

SQLCHAR* characters(const std::string& text) {
    return reinterpret_cast<SQLCHAR*>(
        const_cast<char*>(text.data()));  // ODBC's prototypes take it without const
}

std::string reason_in(SQLHSTMT statement) {
    for (SQLSMALLINT number = 1;; ++number) {
        std::array<SQLCHAR, 6> state{};
        std::array<SQLCHAR, 1024> text{};
        SQLINTEGER native = 0;
        SQLSMALLINT length = 0;
        if (!SQL_SUCCEEDED(SQLGetDiagRec(SQL_HANDLE_STMT, statement, number, state.data(), &native,
                                         text.data(), static_cast<SQLSMALLINT>(text.size()), &length)))
            return {};
        const std::string message = reinterpret_cast<const char*>(text.data());
        const auto end = message.find(": served by ");
        if (end == std::string::npos) continue;
        const auto begin = message.rfind(']', end) + 1;
        return message.substr(begin, end - begin);
    }
}

}  // namespace

OdbcError error_of(SQLSMALLINT type, SQLHANDLE handle) {
    std::array<SQLCHAR, 6> state{};
    std::array<SQLCHAR, 2048> text{};
    SQLINTEGER native = 0;
    SQLSMALLINT length = 0;
    if (!SQL_SUCCEEDED(SQLGetDiagRec(type, handle, 1, state.data(), &native, text.data(),
                                     static_cast<SQLSMALLINT>(text.size()), &length)))
        return {"-----", 0, "no record"};
    return {reinterpret_cast<const char*>(state.data()), native, reinterpret_cast<const char*>(text.data())};
}

Client::Client(const std::string& connection_string, bool autocommit) {
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment_);
    SQLSetEnvAttr(environment_, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
    SQLAllocHandle(SQL_HANDLE_DBC, environment_, &connection_);
    std::array<SQLCHAR, 2048> out{};
    SQLSMALLINT length = 0;
    const SQLRETURN result =
        SQLDriverConnect(connection_, nullptr, characters(connection_string), SQL_NTS, out.data(),
                         static_cast<SQLSMALLINT>(out.size()), &length, SQL_DRIVER_NOPROMPT);
    if (!SQL_SUCCEEDED(result)) {
        const OdbcError error = error_of(SQL_HANDLE_DBC, connection_);
        SQLFreeHandle(SQL_HANDLE_DBC, connection_);
        SQLFreeHandle(SQL_HANDLE_ENV, environment_);
        throw error;
    }
    if (result == SQL_SUCCESS_WITH_INFO) connect_information_ = error_of(SQL_HANDLE_DBC, connection_).what();
    completed_ = reinterpret_cast<const char*>(out.data());
    if (!autocommit) set_autocommit(false);
}

Client::~Client() {
    if (SQLDisconnect(connection_) == SQL_ERROR) {
        SQLEndTran(SQL_HANDLE_DBC, connection_, SQL_ROLLBACK);
        SQLDisconnect(connection_);
    }
    SQLFreeHandle(SQL_HANDLE_DBC, connection_);
    SQLFreeHandle(SQL_HANDLE_ENV, environment_);
}

std::vector<Row> Client::query(const std::string& sql) {
    Statement statement(*this);
    reason_.clear();
    statement.direct(sql);
    reason_ = statement.reason();
    return statement.rows();
}

std::string Client::value(const std::string& sql) {
    const auto rows = query(sql);
    return rows.empty() || rows[0].empty() ? std::string() : rows[0][0].value_or("");
}

void Client::end_transaction(SQLSMALLINT completion) {
    if (!SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_DBC, connection_, completion)))
        throw error_of(SQL_HANDLE_DBC, connection_);
}

void Client::set_autocommit(bool on) {
    const std::uintptr_t value = on ? SQL_AUTOCOMMIT_ON : SQL_AUTOCOMMIT_OFF;
    if (!SQL_SUCCEEDED(
            SQLSetConnectAttr(connection_, SQL_ATTR_AUTOCOMMIT, reinterpret_cast<SQLPOINTER>(value), 0)))
        throw error_of(SQL_HANDLE_DBC, connection_);
}

Statement::Statement(Client& client) {
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, client.connection_, &handle_)))
        throw error_of(SQL_HANDLE_DBC, client.connection_);
}

Statement::~Statement() {
    SQLFreeHandle(SQL_HANDLE_STMT, handle_);
}

void Statement::check(SQLRETURN result) {
    if (result == SQL_SUCCESS_WITH_INFO) {
        // Other calls have information of their own to give.
        std::string reason = reason_in(handle_);
        if (!reason.empty()) reason_ = std::move(reason);
    }
    if (!SQL_SUCCEEDED(result) && result != SQL_NO_DATA) throw error_of(SQL_HANDLE_STMT, handle_);
}

void Statement::direct(const std::string& sql) {
    check(SQLExecDirect(handle_, characters(sql), SQL_NTS));
}
void Statement::prepare(const std::string& sql) {
    check(SQLPrepare(handle_, characters(sql), SQL_NTS));
}
void Statement::execute() {
    check(SQLExecute(handle_));
}
void Statement::close() {
    SQLFreeStmt(handle_, SQL_CLOSE);
}

std::vector<Row> Statement::rows() {
    std::vector<Row> rows;
    SQLSMALLINT columns = 0;
    check(SQLNumResultCols(handle_, &columns));
    if (columns == 0) return rows;
    while (true) {
        const SQLRETURN result = SQLFetch(handle_);
        if (result == SQL_NO_DATA) return rows;
        check(result);
        Row row;
        for (SQLSMALLINT column = 1; column <= columns; ++column) {
            std::array<SQLCHAR, 4096> text{};
            SQLLEN length = 0;
            check(SQLGetData(handle_, static_cast<SQLUSMALLINT>(column), SQL_C_CHAR, text.data(),
                             static_cast<SQLLEN>(text.size()), &length));
            row.push_back(length == SQL_NULL_DATA
                              ? std::nullopt
                              : std::optional<std::string>(reinterpret_cast<const char*>(text.data())));
        }
        rows.push_back(std::move(row));
    }
}

}  // namespace freshread::test
