// A driver without a database that watches how it is called: every call stays inside until another one has
// joined it or a moment has passed, and notes how many were inside one statement, one connection and the
// whole library at once. A test loads it, too, and asks it what it saw.
#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

#include "driver/odbc.h"
#include "tests/driver/overlap_driver.h"

namespace {

struct Counter {
    std::atomic<int> inside{0};

    void enter(std::atomic<int>& most) {
        const int now = ++inside;
        int before = most.load();
        while (before < now && !most.compare_exchange_weak(before, now)) {
        }
    }
};

Overlaps* overlaps() {
    static Overlaps seen;
    return &seen;
}

Counter library;

struct Handle {
    Handle* connection = nullptr;  // of a statement
    Counter counter{};             // calls on this handle
    Counter below{};               // of a connection: those on its statements, too
    std::atomic<bool> cancelled{false};
    std::atomic<bool> row{false};  // threads meet here on purpose: only the counters are to tell of it
};

Handle* handle_of(SQLHANDLE handle) {
    return static_cast<Handle*>(handle);
}

class Inside {
 public:
    explicit Inside(SQLHANDLE handle) : handle_(handle_of(handle)) {
        Overlaps& seen = *overlaps();
        connection_ = handle_ && handle_->connection ? handle_->connection : handle_;
        if (handle_ && handle_->connection) handle_->counter.enter(seen.statement);
        if (connection_) connection_->below.enter(seen.connection);
        library.enter(seen.library);
        // Long enough for another thread to join, if nothing keeps it out.
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(2);
        while (library.inside < 2 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    }
    ~Inside() {
        --library.inside;
        if (connection_) --connection_->below.inside;
        if (handle_ && handle_->connection) --handle_->counter.inside;
    }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

 private:
    Handle* handle_;
    Handle* connection_ = nullptr;
};

}  // namespace

// A driver exports C names; as the driver manager itself, psqlodbc and all others do.
extern "C" {

__attribute__((visibility("default"))) Overlaps* overlaps_seen() {
    return overlaps();
}

SQLRETURN SQL_API SQLAllocHandle(SQLSMALLINT type, SQLHANDLE input, SQLHANDLE* output) {
    const Inside inside(type == SQL_HANDLE_STMT ? input : nullptr);
    auto* made = new Handle;
    if (type == SQL_HANDLE_STMT) made->connection = handle_of(input);
    *output = made;
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLFreeHandle(SQLSMALLINT, SQLHANDLE handle) {
    { const Inside inside(handle); }
    delete handle_of(handle);
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLSetEnvAttr(SQLHENV, SQLINTEGER, SQLPOINTER, SQLINTEGER) {
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLDriverConnect(SQLHDBC handle, SQLHWND, SQLCHAR*, SQLSMALLINT, SQLCHAR*, SQLSMALLINT,
                                   SQLSMALLINT*, SQLUSMALLINT) {
    const Inside inside(handle);
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLSetConnectAttr(SQLHDBC handle, SQLINTEGER attribute, SQLPOINTER, SQLINTEGER) {
    const Inside inside(handle);
    if (attribute == SQL_ATTR_RESET_CONNECTION) ++overlaps()->resets;
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLDisconnect(SQLHDBC handle) {
    const Inside inside(handle);
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLGetInfo(SQLHDBC handle, SQLUSMALLINT type, SQLPOINTER value, SQLSMALLINT capacity,
                             SQLSMALLINT* length) {
    const Inside inside(handle);
    if (type != SQL_DBMS_NAME || capacity < 8) return SQL_ERROR;
    std::memcpy(value, "Overlap", 8);
    if (length) *length = 7;
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLGetFunctions(SQLHDBC, SQLUSMALLINT function, SQLUSMALLINT* supported) {
    if (function == SQL_API_ODBC3_ALL_FUNCTIONS)
        std::memset(supported, 0xFF, SQL_API_ODBC3_ALL_FUNCTIONS_SIZE * sizeof(SQLUSMALLINT));
    else
        *supported = SQL_TRUE;
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLEndTran(SQLSMALLINT, SQLHANDLE handle, SQLSMALLINT) {
    const Inside inside(handle);
    return SQL_SUCCESS;
}

// "block": until it is cancelled.
SQLRETURN SQL_API SQLExecDirect(SQLHSTMT statement, SQLCHAR* text, SQLINTEGER) {
    const Inside inside(statement);
    Handle& handle = *handle_of(statement);
    handle.row = true;
    if (std::strcmp(reinterpret_cast<const char*>(text), "block") != 0) return SQL_SUCCESS;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    ++overlaps()->blocked;
    while (!handle.cancelled && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    --overlaps()->blocked;
    return handle.cancelled.exchange(false) ? SQL_ERROR : SQL_SUCCESS;
}

SQLRETURN SQL_API SQLCancel(SQLHSTMT statement) {
    handle_of(statement)->cancelled = true;
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLNumResultCols(SQLHSTMT statement, SQLSMALLINT* count) {
    const Inside inside(statement);
    *count = 1;
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLFetch(SQLHSTMT statement) {
    const Inside inside(statement);
    return handle_of(statement)->row.exchange(false) ? SQL_SUCCESS : SQL_NO_DATA;
}

SQLRETURN SQL_API SQLFreeStmt(SQLHSTMT statement, SQLUSMALLINT) {
    const Inside inside(statement);
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLGetDiagRec(SQLSMALLINT, SQLHANDLE, SQLSMALLINT, SQLCHAR*, SQLINTEGER*, SQLCHAR*,
                                SQLSMALLINT, SQLSMALLINT*) {
    return SQL_NO_DATA;
}

}  // extern "C"
