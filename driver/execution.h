// The one path of execution: SQLExecDirect, SQLExecute, the last SQLParamData, catalog functions and
// positioned writes all run through `execute`, readable top to bottom.
#pragma once

#include <memory>
#include <type_traits>

#include "driver/statement.h"

namespace freshread {

// Calls the underlying function on the statement it is given. May be called twice: a read that a replica
// could not answer is asked again on the leader. It refers to what it was made from, which outlives it; made
// for every execution, it allocates nothing.
class ExecutionCall {
 public:
    template <typename Callable>
    requires(!std::is_same_v<std::remove_cvref_t<Callable>, ExecutionCall>)
        ExecutionCall(const Callable& callable)  // NOLINT(google-explicit-constructor): as std::function
        : callable_(&callable), invoke_([](const void* object, UnderlyingStatement& underlying) {
              return static_cast<SQLRETURN>((*static_cast<const Callable*>(object))(underlying));
          }) {}
    SQLRETURN operator()(UnderlyingStatement& underlying) const { return invoke_(callable_, underlying); }

 private:
    const void* callable_;
    SQLRETURN (*invoke_)(const void*, UnderlyingStatement&);
};

// What is executed. Lives as long as the call.
struct Execution {
    const std::shared_ptr<const ClassifiedText>& text;
    bool prepared = false;  // the statement's prepared text has to be carried
    ExecutionCall call;
    bool silent = false;  // the call was made already, on a replica that gave no sign of life
};

// Runs it where it belongs and notes what came of it. The return code, records and result are those of the
// node that served it. Throws DriverError.
SQLRETURN execute(Statement& statement, const Execution& execution);

// SQLParamData: goes on with an execution that waited for data; notes its outcome when that was the last.
SQLRETURN continue_execution(Statement& statement, const ExecutionCall& call);

// An operation on the open result that may write (SQLSetPos, SQLBulkOperations): stays where the result is,
// tracked.
SQLRETURN write_through_cursor(Statement& statement, const ExecutionCall& call);

// Fetching failed, or found nothing, which with EmptyRead=leader is no answer. True when the leader has run
// the statement anew and holds the result now: a replica had not given any row of it yet, and what was
// executed is known as it was. That is a text without parameters (the application may have changed their
// values since), outside a transaction (which has begun since, and whose snapshot it would be). Throws
// DriverError.
[[nodiscard]] bool ask_leader_instead(Statement& statement, SQLRETURN result);

// After the application closed or drained a result: what could not be settled while it was open is settled
// now.
void result_closed(Statement& statement);

// Catalog functions and SQLGetTypeInfo: reads without a text.
[[nodiscard]] const std::shared_ptr<const ClassifiedText>& catalog_read();

}  // namespace freshread
