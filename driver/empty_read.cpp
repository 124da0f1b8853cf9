#include "driver/empty_read.h"

namespace freshread {

namespace {

bool has_parameter_array(const Statement& statement, const UnderlyingStatement& underlying) {
    SQLULEN size = 1;
    const auto get = underlying.library().GetStmtAttr;
    return statement.has_parameters() && get &&
           SQL_SUCCEEDED(get(underlying.handle(), SQL_ATTR_PARAMSET_SIZE, &size, SQL_IS_UINTEGER, nullptr)) &&
           size > 1;
}

}  // namespace

bool found_nothing(const Statement& statement, UnderlyingStatement& underlying, SQLRETURN result) {
    if (result == SQL_NO_DATA) return true;
    if (!SQL_SUCCEEDED(result)) return false;
    SQLLEN rows = -1;
    const auto count = underlying.library().RowCount;
    // With an array of parameters there is a result, and a count, for each.
    if (!has_parameter_array(statement, underlying) && count &&
        SQL_SUCCEEDED(count(underlying.handle(), &rows)) && rows >= 0)
        return rows == 0;
    underlying.nothing_asks_leader = !statement.has_parameters();
    return statement.has_parameters();
}

}  // namespace freshread
