// ODBC Programmer's Reference: allocating and freeing handles.
#include "driver/connection.h"
#include "driver/execution.h"
#include "driver/gate.h"
#include "driver/statement.h"

using namespace freshread;

namespace {

template <typename Make>
SQLRETURN make_handle(SQLHANDLE* output, Diagnostics* diagnostics, Make make) noexcept {
    *output = SQL_NULL_HANDLE;
    try {
        *output = make();
        return SQL_SUCCESS;
    } catch (...) {
        Diagnostics nobody;
        return post_current_exception(diagnostics ? *diagnostics : nobody);
    }
}

[[gnu::noinline]] SQLRETURN free_statement(SQLHSTMT handle, SQLUSMALLINT option) {
    return gate<Statement>(handle, [&](Statement& statement) {
        const SQLRETURN result = statement.free(option);
        if (option == SQL_CLOSE) result_closed(statement);
        return result;
    });
}

}  // namespace

extern "C" {

SQLRETURN SQL_API SQLAllocHandle(SQLSMALLINT type, SQLHANDLE input, SQLHANDLE* output) {
    if (!output) return SQL_ERROR;
    switch (type) {
        case SQL_HANDLE_ENV:
            return make_handle(output, nullptr, [] { return new Environment(); });
        case SQL_HANDLE_DBC: {
            auto* environment = handle_cast<Environment>(input);
            if (!environment) return SQL_INVALID_HANDLE;
            environment->begin_call();
            return make_handle(output, &environment->diagnostics,
                               [&] { return new Connection(*environment); });
        }
        case SQL_HANDLE_STMT: {
            auto* connection = handle_cast<Connection>(input);
            if (!connection) return SQL_INVALID_HANDLE;
            connection->begin_call();
            return make_handle(output, &connection->diagnostics,
                               [&] { return &connection->new_statement(); });
        }
        case SQL_HANDLE_DESC: {
            auto* connection = handle_cast<Connection>(input);
            if (!connection) return SQL_INVALID_HANDLE;
            connection->begin_call();
            return make_handle(output, &connection->diagnostics,
                               [&] { return &connection->new_descriptor(); });
        }
        default:
            return SQL_ERROR;
    }
}

SQLRETURN SQL_API SQLFreeHandle(SQLSMALLINT type, SQLHANDLE handle) {
    switch (type) {
        case SQL_HANDLE_ENV:
            return last_gate<Environment>(handle, [](Environment& environment) {
                if (environment.has_connections())
                    throw DriverError("HY010", "The environment still has connections");
                delete &environment;
                return SQL_SUCCESS;
            });
        case SQL_HANDLE_DBC:
            return last_gate<Connection>(handle, [](Connection& connection) {
                if (connection.connected()) throw DriverError("HY010", "The connection is still open");
                delete &connection;
                return SQL_SUCCESS;
            });
        case SQL_HANDLE_STMT:
            return last_gate<Statement>(handle, [](Statement& statement) {
                Connection& connection = statement.connection();
                connection.free_statement(statement);
                return SQL_SUCCESS;
            });
        case SQL_HANDLE_DESC:
            return last_gate<Descriptor>(handle, [](Descriptor& descriptor) {
                if (!descriptor.is_explicit())
                    throw DriverError("HY017",
                                      "An automatically allocated descriptor goes with its statement");
                descriptor.connection().free_descriptor(descriptor);
                return SQL_SUCCESS;
            });
        default:
            return SQL_ERROR;
    }
}

SQLRETURN SQL_API SQLFreeStmt(SQLHSTMT handle, SQLUSMALLINT option) {
    if (option == SQL_DROP) return SQLFreeHandle(SQL_HANDLE_STMT, handle);
    auto* statement = static_cast<Statement*>(handle);
    UnderlyingStatement* underlying = statement && option == SQL_CLOSE ? statement->ready() : nullptr;
    if (!underlying || !underlying->library().FreeStmt || statement->connection().tracker().unsettled())
        return free_statement(handle, option);
    const SQLRETURN result = underlying->library().FreeStmt(underlying->handle(), SQL_CLOSE);
    if (result == SQL_SUCCESS) underlying->has_result = false;
    return result;
}

}  // extern "C"
