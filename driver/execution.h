// The one path of execution: SQLExecDirect, SQLExecute, the last SQLParamData, catalog functions and
// positioned writes all run through `execute`, readable top to bottom.
#pragma once

#include <functional>
#include <memory>

#include "driver/statement.h"

namespace freshread {

// Calls the underlying function on the statement it is given. May be called twice: a read that a replica
// could not answer is asked again on the leader.
using ExecutionCall = std::function<SQLRETURN(UnderlyingStatement&)>;

struct Execution {
    std::shared_ptr<const ClassifiedText> text;  // what is executed
    bool prepared = false;                       // the statement's prepared text has to be carried
    ExecutionCall call;
};

// Runs it where it belongs and notes what came of it. The return code, records and result are those of the
// node that served it. Throws DriverError.
SQLRETURN execute(Statement& statement, const Execution& execution);

// SQLParamData: goes on with an execution that waited for data; notes its outcome when that was the last.
SQLRETURN continue_execution(Statement& statement, const ExecutionCall& call);

// An operation on the open result that may write (SQLSetPos, SQLBulkOperations): stays where the result is,
// tracked.
SQLRETURN write_through_cursor(Statement& statement, const ExecutionCall& call);

// After the application closed or drained a result: what could not be settled while it was open is settled
// now.
void result_closed(Statement& statement);

// Catalog functions and SQLGetTypeInfo: reads without a text.
[[nodiscard]] const std::shared_ptr<const ClassifiedText>& catalog_read();

}  // namespace freshread
