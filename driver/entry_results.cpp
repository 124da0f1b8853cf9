// ODBC Programmer's Reference: retrieving results and information about results. All of it is the business of
// the underlying statement that holds the result.
#include "driver/connection.h"
#include "driver/descriptor_fields.h"
#include "driver/execution.h"
#include "driver/gate.h"
#include "driver/text_call.h"

using namespace freshread;

namespace {

// ODBC 2 applications ask for the name by a number of its own.
constexpr bool is_text_of_column(SQLUSMALLINT field) {
    return field == SQL_COLUMN_NAME || is_text_field(static_cast<SQLSMALLINT>(field));
}

SQLRETURN drained(Statement& statement, SQLRETURN result) {
    if (result == SQL_NO_DATA) result_closed(statement);
    return result;
}

// A call for which the statement is ready (Statement::ready) costs no more than the way to its driver.
UnderlyingStatement* ready(SQLHSTMT handle) {
    const auto* statement = static_cast<const Statement*>(handle);
    return statement ? statement->ready() : nullptr;
}

// A call that fetches. Its first one of a result may fail on a replica: the leader is asked then, as for an
// execution.
template <typename Function, typename... Arguments>
SQLRETURN fetch_by(Statement& statement, Function DriverLibrary::*function, Arguments... arguments) {
    if (UnderlyingStatement* underlying = statement.active_if_any()) ++underlying->fetches;
    SQLRETURN result = statement.hand_on(function, arguments...);
    if (!SQL_SUCCEEDED(result) && ask_leader_instead(statement, result)) [[unlikely]]
        result = statement.hand_on(function, arguments...);
    return drained(statement, result);
}

// Kept out of the short way, which would save registers for it.
[[gnu::noinline]] SQLRETURN fetch(SQLHSTMT handle) {
    return gate<Statement>(handle,
                           [](Statement& statement) { return fetch_by(statement, &DriverLibrary::Fetch); });
}

// Behind the last row of a ready statement, or where fetching did not succeed.
[[gnu::noinline]] SQLRETURN fetched_none(SQLHSTMT handle, SQLRETURN result) {
    return gate<Statement>(handle, [&](Statement& statement) {
        ++statement.active().fetches;
        statement.records_of(statement.active());
        if (ask_leader_instead(statement, result))
            return drained(statement, statement.hand_on(&DriverLibrary::Fetch));
        return drained(statement, result);
    });
}

// The first row of a result, mostly.
[[gnu::noinline]] SQLRETURN fetch_first(SQLHSTMT handle) {
    UnderlyingStatement* underlying = ready(handle);
    if (!underlying || !underlying->library().Fetch) return fetch(handle);
    auto& statement = *static_cast<Statement*>(handle);
    const SQLRETURN result = underlying->library().Fetch(underlying->handle());
    const bool nothing = result == SQL_NO_DATA && !underlying->nothing_asks_leader &&
                         !statement.connection().tracker().unsettled();
    if (!SQL_SUCCEEDED(result) && !nothing) return fetched_none(handle, result);
    statement.fetched(*underlying);
    return result;
}

[[gnu::noinline]] SQLRETURN get_data(SQLHSTMT handle, SQLUSMALLINT column, SQLSMALLINT type,
                                     SQLPOINTER buffer, SQLLEN capacity, SQLLEN* indicator) {
    return gate<Statement>(handle, [&](Statement& statement) {
        return statement.hand_on(&DriverLibrary::GetData, column, type, buffer, capacity, indicator);
    });
}

template <typename Char>
SQLRETURN describe_column(SQLHSTMT handle, SQLUSMALLINT column, Char* name, SQLSMALLINT capacity,
                          SQLSMALLINT* length, SQLSMALLINT* type, SQLULEN* size, SQLSMALLINT* digits,
                          SQLSMALLINT* nullable) {
    return gate<Statement>(handle, [&](Statement& statement) {
        return statement.on_active([&](UnderlyingStatement& underlying) {
            const DriverLibrary& library = underlying.library();
            const SQLRETURN result = call_for_text<Unit::Characters>(
                library.DescribeCol, library.DescribeColW, name, capacity, length,
                [&](auto call, auto* buffer, SQLSMALLINT room, SQLSMALLINT* got) {
                    return call(underlying.handle(), column, buffer, room, got, type, size, digits, nullable);
                });
            return result == kNoSuchFunction ? statement.no_such_function() : result;
        });
    });
}

template <typename Char>
SQLRETURN column_attribute(SQLHSTMT handle, SQLUSMALLINT column, SQLUSMALLINT field, SQLPOINTER text,
                           SQLSMALLINT capacity, SQLSMALLINT* length, SQLLEN* number) {
    return gate<Statement>(handle, [&](Statement& statement) {
        return statement.on_active([&](UnderlyingStatement& underlying) -> SQLRETURN {
            const DriverLibrary& library = underlying.library();
            if (!is_text_of_column(field) && library.ColAttribute &&
                (!is_wide<Char> || !library.ColAttributeW))
                return library.ColAttribute(underlying.handle(), column, field, text, capacity, length,
                                            number);
            const SQLRETURN result = call_for_text<Unit::Bytes>(
                library.ColAttribute, library.ColAttributeW, static_cast<Char*>(text), capacity, length,
                [&](auto call, auto* buffer, SQLSMALLINT room, SQLSMALLINT* got) {
                    return call(underlying.handle(), column, field, buffer, room, got, number);
                });
            return result == kNoSuchFunction ? statement.no_such_function() : result;
        });
    });
}

}  // namespace

extern "C" {

SQLRETURN SQL_API SQLFetch(SQLHSTMT handle) {
    const auto* statement = static_cast<Statement*>(handle);
    if (!statement) return SQL_INVALID_HANDLE;
    UnderlyingStatement* underlying = statement->fetching();
    return underlying ? underlying->library().Fetch(underlying->handle()) : fetch_first(handle);
}

SQLRETURN SQL_API SQLFetchScroll(SQLHSTMT handle, SQLSMALLINT orientation, SQLLEN offset) {
    return gate<Statement>(handle, [&](Statement& statement) {
        return fetch_by(statement, &DriverLibrary::FetchScroll, orientation, offset);
    });
}

SQLRETURN SQL_API SQLExtendedFetch(SQLHSTMT handle, SQLUSMALLINT orientation, SQLLEN offset, SQLULEN* rows,
                                   SQLUSMALLINT* status) {
    return gate<Statement>(handle, [&](Statement& statement) {
        return fetch_by(statement, &DriverLibrary::ExtendedFetch, orientation, offset, rows, status);
    });
}

SQLRETURN SQL_API SQLGetData(SQLHSTMT handle, SQLUSMALLINT column, SQLSMALLINT type, SQLPOINTER buffer,
                             SQLLEN capacity, SQLLEN* indicator) {
    const UnderlyingStatement* underlying = ready(handle);
    if (!underlying || !underlying->library().GetData)
        return get_data(handle, column, type, buffer, capacity, indicator);
    return underlying->library().GetData(underlying->handle(), column, type, buffer, capacity, indicator);
}

SQLRETURN SQL_API SQLBindCol(SQLHSTMT handle, SQLUSMALLINT column, SQLSMALLINT type, SQLPOINTER buffer,
                             SQLLEN capacity, SQLLEN* indicator) {
    return gate<Statement>(handle, [&](Statement& statement) {
        Binding binding;
        binding.number = column;
        binding.c_type = type;
        binding.buffer = buffer;
        binding.buffer_length = capacity;
        binding.indicator = indicator;
        return statement.bind_column(binding);
    });
}

SQLRETURN SQL_API SQLNumResultCols(SQLHSTMT handle, SQLSMALLINT* count) {
    return gate<Statement>(handle, [&](Statement& statement) {
        return statement.hand_on(&DriverLibrary::NumResultCols, count);
    });
}

SQLRETURN SQL_API SQLRowCount(SQLHSTMT handle, SQLLEN* count) {
    return gate<Statement>(
        handle, [&](Statement& statement) { return statement.hand_on(&DriverLibrary::RowCount, count); });
}

SQLRETURN SQL_API SQLMoreResults(SQLHSTMT handle) {
    return gate<Statement>(handle, [](Statement& statement) {
        // Results were left behind: asked again, they would come again.
        if (UnderlyingStatement* underlying = statement.active_if_any()) underlying->fetches += 2;
        return drained(statement, statement.hand_on(&DriverLibrary::MoreResults));
    });
}

SQLRETURN SQL_API SQLCloseCursor(SQLHSTMT handle) {
    return gate<Statement>(handle, [](Statement& statement) {
        const SQLRETURN result = statement.hand_on(&DriverLibrary::CloseCursor);
        if (SQL_SUCCEEDED(result)) statement.active().has_result = false;
        result_closed(statement);
        return result;
    });
}

SQLRETURN SQL_API SQLSetPos(SQLHSTMT handle, SQLSETPOSIROW row, SQLUSMALLINT operation, SQLUSMALLINT lock) {
    return gate<Statement>(handle, [&](Statement& statement) -> SQLRETURN {
        if (operation == SQL_POSITION || operation == SQL_REFRESH)
            return statement.hand_on(&DriverLibrary::SetPos, row, operation, lock);
        return write_through_cursor(statement, [&](UnderlyingStatement& underlying) {
            const auto call = underlying.library().SetPos;
            return call ? call(underlying.handle(), row, operation, lock) : statement.no_such_function();
        });
    });
}

SQLRETURN SQL_API SQLBulkOperations(SQLHSTMT handle, SQLSMALLINT operation) {
    return gate<Statement>(handle, [&](Statement& statement) -> SQLRETURN {
        if (operation == SQL_FETCH_BY_BOOKMARK)
            return statement.hand_on(&DriverLibrary::BulkOperations, operation);
        return write_through_cursor(statement, [&](UnderlyingStatement& underlying) {
            const auto call = underlying.library().BulkOperations;
            return call ? call(underlying.handle(), operation) : statement.no_such_function();
        });
    });
}

SQLRETURN SQL_API SQLDescribeCol(SQLHSTMT handle, SQLUSMALLINT column, SQLCHAR* name, SQLSMALLINT capacity,
                                 SQLSMALLINT* length, SQLSMALLINT* type, SQLULEN* size, SQLSMALLINT* digits,
                                 SQLSMALLINT* nullable) {
    return describe_column(handle, column, name, capacity, length, type, size, digits, nullable);
}

SQLRETURN SQL_API SQLDescribeColW(SQLHSTMT handle, SQLUSMALLINT column, SQLWCHAR* name, SQLSMALLINT capacity,
                                  SQLSMALLINT* length, SQLSMALLINT* type, SQLULEN* size, SQLSMALLINT* digits,
                                  SQLSMALLINT* nullable) {
    return describe_column(handle, column, name, capacity, length, type, size, digits, nullable);
}

SQLRETURN SQL_API SQLColAttribute(SQLHSTMT handle, SQLUSMALLINT column, SQLUSMALLINT field, SQLPOINTER text,
                                  SQLSMALLINT capacity, SQLSMALLINT* length, SQLLEN* number) {
    return column_attribute<SQLCHAR>(handle, column, field, text, capacity, length, number);
}

SQLRETURN SQL_API SQLColAttributeW(SQLHSTMT handle, SQLUSMALLINT column, SQLUSMALLINT field, SQLPOINTER text,
                                   SQLSMALLINT capacity, SQLSMALLINT* length, SQLLEN* number) {
    return column_attribute<SQLWCHAR>(handle, column, field, text, capacity, length, number);
}

}  // extern "C"
