// ODBC Programmer's Reference: executing statements, data at execution, cancelling, ending transactions.
#include <utility>

#include "driver/connection.h"
#include "driver/execution.h"
#include "driver/gate.h"
#include "driver/text_call.h"

using namespace freshread;

namespace {

constexpr bool served(SQLRETURN result) {
    return result == SQL_SUCCESS || result == SQL_SUCCESS_WITH_INFO || result == SQL_NO_DATA;
}

// A repetition (Statement::ready_to_repeat) in progress: `call` on the replica that is ready, watched.
struct Repetition {
    UnderlyingStatement* replica;
    SQLRETURN result = SQL_ERROR;
    bool silent = false;  // the call was broken off, see Execution

    template <typename Call>
    Repetition(const Statement& statement, UnderlyingStatement& ready, const Call& call) : replica(&ready) {
        WatchedCall watched(statement.patience(ready.backend()));
        result = call(ready);
        silent = watched.end();
        ready.executed();
    }
    // What the replica answered is looked at as if it had been asked on the long way.
    template <typename Call>
    SQLRETURN again(UnderlyingStatement& asked, const Call& call) {
        const bool here = std::exchange(replica, nullptr) == &asked;
        return here ? result : call(asked);
    }
};

template <typename Char>
SQLRETURN call_directly(UnderlyingStatement& underlying, const TextArgument<Char, SQLINTEGER>& text) {
    const DriverLibrary& library = underlying.library();
    return call_with_text<Char>(library.ExecDirect, library.ExecDirectW, underlying.handle(), text);
}

// `given` is what `text` says, if it says anything.
template <typename Char, typename View>
[[gnu::noinline]] SQLRETURN execute_direct(SQLHSTMT handle, const TextArgument<Char, SQLINTEGER>& text,
                                           View given, Repetition* repeated) {
    return gate<Statement>(handle, [&](Statement& statement) {
        if (!text.text) throw DriverError("HY009", "The statement text is a null pointer");
        if (text.length < 0 && text.length != SQL_NTS)
            throw DriverError("HY090", "The length of the statement text is negative");
        const auto classified = statement.connection().classify(given);
        statement.replace_prepared(classified, given);
        const auto call = [&](UnderlyingStatement& underlying) {
            const SQLRETURN result = call_directly(underlying, text);
            return result == kNoSuchFunction ? statement.no_such_function() : result;
        };
        return execute(statement, {classified, false,
                                   [&](UnderlyingStatement& underlying) {
                                       underlying.text_revision = statement.text_revision();
                                       return repeated ? repeated->again(underlying, call) : call(underlying);
                                   },
                                   repeated && repeated->silent});
    });
}

template <typename Char>
SQLRETURN execute_direct(SQLHSTMT handle, Char* text, SQLINTEGER length) {
    const TextArgument argument{text, length};
    auto* statement = static_cast<Statement*>(handle);
    const bool readable = statement && text && (length >= 0 || length == SQL_NTS);
    const auto given = readable ? argument_text(text, length) : decltype(argument_text(text, length)){};
    const bool known = readable && statement->ran_directly(given);
    UnderlyingStatement* ready = known ? statement->ready_to_repeat() : nullptr;
    if (!ready) return execute_direct(handle, argument, given, nullptr);
    Repetition repeated(*statement, *ready,
                        [&](UnderlyingStatement& underlying) { return call_directly(underlying, argument); });
    return served(repeated.result) ? repeated.result : execute_direct(handle, argument, given, &repeated);
}

constexpr auto kExecute = [](UnderlyingStatement& underlying) {
    return underlying.library().Execute ? underlying.library().Execute(underlying.handle())
                                        : SQLRETURN{SQL_ERROR};
};

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
    Repetition repeated(*statement, *underlying, kExecute);
    if (served(repeated.result)) return repeated.result;
    const auto answered = [&](UnderlyingStatement& asked) { return repeated.again(asked, kExecute); };
    return execute_prepared(handle, answered, repeated.silent);
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
