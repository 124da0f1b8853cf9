// ODBC Programmer's Reference: executing statements, data at execution, cancelling, ending transactions.
#include <utility>

#include "driver/connection.h"
#include "driver/execution.h"
#include "driver/gate.h"
#include "driver/text_call.h"

using namespace freshread;

namespace {

template <typename Char>
SQLRETURN execute_direct(SQLHSTMT handle, Char* text, SQLINTEGER length) {
    return gate<Statement>(handle, [&](Statement& statement) {
        if (!text) throw DriverError("HY009", "The statement text is a null pointer");
        if (length < 0 && length != SQL_NTS)
            throw DriverError("HY090", "The length of the statement text is negative");
        const auto given = argument_text(text, length);
        const auto classified = statement.connection().classify(given);
        statement.replace_prepared(classified, given);
        return execute(statement,
                       {classified, false, [&](UnderlyingStatement& underlying) {
                            const DriverLibrary& library = underlying.library();
                            underlying.text_revision = statement.text_revision();
                            const SQLRETURN result =
                                call_with_text<Char>(library.ExecDirect, library.ExecDirectW,
                                                     underlying.handle(), TextArgument{text, length});
                            return result == kNoSuchFunction ? statement.no_such_function() : result;
                        }});
    });
}

constexpr auto kExecute = [](UnderlyingStatement& underlying) {
    return underlying.library().Execute ? underlying.library().Execute(underlying.handle())
                                        : SQLRETURN{SQL_ERROR};
};

// `silent`: the call was broken off already, see Execution.
[[gnu::noinline]] SQLRETURN execute_prepared(SQLHSTMT handle, const ExecutionCall& call, bool silent) {
    return gate<Statement>(handle, [&](Statement& statement) {
        if (!statement.prepared()) {
            // Behind a catalog function, or nothing: the driver says so itself.
            if (statement.active().text_revision == 0) return statement.hand_on(&DriverLibrary::Execute);
            throw DriverError("HY010", "The statement is not prepared");
        }
        return execute(statement, {statement.prepared(), true, call, silent});
    });
}

}  // namespace

extern "C" {

SQLRETURN SQL_API SQLExecDirect(SQLHSTMT handle, SQLCHAR* text, SQLINTEGER length) {
    return execute_direct(handle, text, length);
}

SQLRETURN SQL_API SQLExecDirectW(SQLHSTMT handle, SQLWCHAR* text, SQLINTEGER length) {
    return execute_direct(handle, text, length);
}

SQLRETURN SQL_API SQLExecute(SQLHSTMT handle) {
    auto* statement = static_cast<Statement*>(handle);
    UnderlyingStatement* underlying = statement ? statement->ready_to_repeat() : nullptr;
    if (!underlying) return execute_prepared(handle, kExecute, false);
    WatchedCall watched(statement->patience(underlying->backend()));
    const SQLRETURN result = underlying->library().Execute(underlying->handle());
    const bool silent = watched.end();
    underlying->executed();
    if (result == SQL_SUCCESS || result == SQL_SUCCESS_WITH_INFO || result == SQL_NO_DATA) return result;
    // What the replica answered is looked at as if it had been asked on the long way.
    const auto answered = [&](UnderlyingStatement& asked) {
        const bool here = std::exchange(underlying, nullptr) == &asked;
        return here ? result : kExecute(asked);
    };
    return execute_prepared(handle, answered, silent);
}

SQLRETURN SQL_API SQLParamData(SQLHSTMT handle, SQLPOINTER* value) {
    return gate<Statement>(handle, [&](Statement& statement) {
        return continue_execution(statement, [&](UnderlyingStatement& underlying) {
            const auto call = underlying.library().ParamData;
            return call ? call(underlying.handle(), value) : statement.no_such_function();
        });
    });
}

SQLRETURN SQL_API SQLPutData(SQLHSTMT handle, SQLPOINTER data, SQLLEN length) {
    return gate<Statement>(handle, [&](Statement& statement) {
        return statement.hand_on(&DriverLibrary::PutData, data, length);
    });
}

// From any thread while another one executes: it touches neither the records nor any lock that an execution
// holds.
SQLRETURN SQL_API SQLCancel(SQLHSTMT handle) {
    auto* statement = handle_cast<Statement>(handle);
    return statement ? statement->cancel() : SQLRETURN{SQL_INVALID_HANDLE};
}

SQLRETURN SQL_API SQLEndTran(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT completion) {
    const auto check = [&] {
        if (completion != SQL_COMMIT && completion != SQL_ROLLBACK)
            throw DriverError("HY012", "The completion type is neither SQL_COMMIT nor SQL_ROLLBACK");
    };
    if (type == SQL_HANDLE_ENV)
        return gate<Environment>(handle, [&](Environment& environment) {
            check();
            return environment.end_transactions(completion);
        });
    return gate<Connection>(handle, [&](Connection& connection) {
        check();
        return connection.end_transaction(completion);
    });
}

}  // extern "C"
