// ODBC Programmer's Reference: information about the driver and the data source. Answers are those of the
// leader's driver: applications key their workarounds on them.
#include <algorithm>
#include <array>

#include "driver/connection.h"
#include "driver/gate.h"
#include "driver/text_call.h"

using namespace freshread;

namespace {

// Information types whose value is a text (ODBC, SQLGetInfo).
bool is_text(SQLUSMALLINT type) {
    switch (type) {
        case SQL_ACCESSIBLE_PROCEDURES:
        case SQL_ACCESSIBLE_TABLES:
        case SQL_CATALOG_NAME:
        case SQL_CATALOG_NAME_SEPARATOR:
        case SQL_CATALOG_TERM:
        case SQL_COLLATION_SEQ:
        case SQL_COLUMN_ALIAS:
        case SQL_DATA_SOURCE_NAME:
        case SQL_DATA_SOURCE_READ_ONLY:
        case SQL_DATABASE_NAME:
        case SQL_DBMS_NAME:
        case SQL_DBMS_VER:
        case SQL_DESCRIBE_PARAMETER:
        case SQL_DM_VER:
        case SQL_DRIVER_NAME:
        case SQL_DRIVER_ODBC_VER:
        case SQL_DRIVER_VER:
        case SQL_EXPRESSIONS_IN_ORDERBY:
        case SQL_IDENTIFIER_QUOTE_CHAR:
        case SQL_INTEGRITY:
        case SQL_KEYWORDS:
        case SQL_LIKE_ESCAPE_CLAUSE:
        case SQL_MAX_ROW_SIZE_INCLUDES_LONG:
        case SQL_MULT_RESULT_SETS:
        case SQL_MULTIPLE_ACTIVE_TXN:
        case SQL_NEED_LONG_DATA_LEN:
        case SQL_ODBC_VER:
        case SQL_ORDER_BY_COLUMNS_IN_SELECT:
        case SQL_OUTER_JOINS:
        case SQL_PROCEDURE_TERM:
        case SQL_PROCEDURES:
        case SQL_ROW_UPDATES:
        case SQL_SCHEMA_TERM:
        case SQL_SEARCH_PATTERN_ESCAPE:
        case SQL_SERVER_NAME:
        case SQL_SPECIAL_CHARACTERS:
        case SQL_TABLE_TERM:
        case SQL_USER_NAME:
        case SQL_XOPEN_CLI_YEAR:
            return true;
        default:
            return false;
    }
}

template <typename Char>
SQLRETURN get_info(SQLHDBC handle, SQLUSMALLINT type, SQLPOINTER value, SQLSMALLINT capacity,
                   SQLSMALLINT* length) {
    return gate<Connection>(handle, [&](Connection& connection) -> SQLRETURN {
        // The steps behind an execution need its outcome: nothing runs asynchronously.
        if (type == SQL_ASYNC_MODE) {
            if (value) *static_cast<SQLUINTEGER*>(value) = SQL_AM_NONE;
            if (length) *length = sizeof(SQLUINTEGER);
            return SQL_SUCCESS;
        }
        Backend& leader = connection.leader();
        connection.records_of(leader);
        const DriverLibrary& library = leader.library();
        if (!is_text(type) && library.GetInfo && (!is_wide<Char> || !library.GetInfoW))
            return library.GetInfo(leader.handle(), type, value, capacity, length);
        const SQLRETURN result = call_for_text<Unit::Bytes>(
            library.GetInfo, library.GetInfoW, static_cast<Char*>(value), capacity, length,
            [&](auto call, auto* buffer, SQLSMALLINT room, SQLSMALLINT* got) {
                return call(leader.handle(), type, buffer, room, got);
            });
        if (result == kNoSuchFunction)
            throw DriverError("IM001", "The underlying driver does not support this function");
        return result;
    });
}

// The functions this library exports, as SQLGetFunctions numbers them.
constexpr std::array kExported{
    SQL_API_SQLALLOCHANDLE,     SQL_API_SQLBINDCOL,        SQL_API_SQLBINDPARAMETER,
    SQL_API_SQLBROWSECONNECT,   SQL_API_SQLBULKOPERATIONS, SQL_API_SQLCANCEL,
    SQL_API_SQLCLOSECURSOR,     SQL_API_SQLCOLATTRIBUTE,   SQL_API_SQLCOLUMNPRIVILEGES,
    SQL_API_SQLCOLUMNS,         SQL_API_SQLCONNECT,        SQL_API_SQLCOPYDESC,
    SQL_API_SQLDESCRIBECOL,     SQL_API_SQLDESCRIBEPARAM,  SQL_API_SQLDISCONNECT,
    SQL_API_SQLDRIVERCONNECT,   SQL_API_SQLENDTRAN,        SQL_API_SQLEXECDIRECT,
    SQL_API_SQLEXECUTE,         SQL_API_SQLEXTENDEDFETCH,  SQL_API_SQLFETCH,
    SQL_API_SQLFETCHSCROLL,     SQL_API_SQLFOREIGNKEYS,    SQL_API_SQLFREEHANDLE,
    SQL_API_SQLFREESTMT,        SQL_API_SQLGETCONNECTATTR, SQL_API_SQLGETCURSORNAME,
    SQL_API_SQLGETDATA,         SQL_API_SQLGETDESCFIELD,   SQL_API_SQLGETDESCREC,
    SQL_API_SQLGETDIAGFIELD,    SQL_API_SQLGETDIAGREC,     SQL_API_SQLGETENVATTR,
    SQL_API_SQLGETFUNCTIONS,    SQL_API_SQLGETINFO,        SQL_API_SQLGETSTMTATTR,
    SQL_API_SQLGETTYPEINFO,     SQL_API_SQLMORERESULTS,    SQL_API_SQLNATIVESQL,
    SQL_API_SQLNUMPARAMS,       SQL_API_SQLNUMRESULTCOLS,  SQL_API_SQLPARAMDATA,
    SQL_API_SQLPREPARE,         SQL_API_SQLPRIMARYKEYS,    SQL_API_SQLPROCEDURECOLUMNS,
    SQL_API_SQLPROCEDURES,      SQL_API_SQLPUTDATA,        SQL_API_SQLROWCOUNT,
    SQL_API_SQLSETCONNECTATTR,  SQL_API_SQLSETCURSORNAME,  SQL_API_SQLSETDESCFIELD,
    SQL_API_SQLSETDESCREC,      SQL_API_SQLSETENVATTR,     SQL_API_SQLSETPOS,
    SQL_API_SQLSETSTMTATTR,     SQL_API_SQLSPECIALCOLUMNS, SQL_API_SQLSTATISTICS,
    SQL_API_SQLTABLEPRIVILEGES, SQL_API_SQLTABLES,
};

// Those that this library answers itself, whatever the underlying driver says of its own.
constexpr std::array kOwn{
    SQL_API_SQLALLOCHANDLE, SQL_API_SQLCONNECT,      SQL_API_SQLDISCONNECT, SQL_API_SQLDRIVERCONNECT,
    SQL_API_SQLFREEHANDLE,  SQL_API_SQLFREESTMT,     SQL_API_SQLGETENVATTR, SQL_API_SQLGETDIAGFIELD,
    SQL_API_SQLGETDIAGREC,  SQL_API_SQLGETFUNCTIONS, SQL_API_SQLSETENVATTR,
};

bool own(std::size_t function) {
    return std::find(kOwn.begin(), kOwn.end(), static_cast<int>(function)) != kOwn.end();
}

bool exported(std::size_t function) {
    return std::find(kExported.begin(), kExported.end(), static_cast<int>(function)) != kExported.end();
}

}  // namespace

extern "C" {

SQLRETURN SQL_API SQLGetInfo(SQLHDBC handle, SQLUSMALLINT type, SQLPOINTER value, SQLSMALLINT capacity,
                             SQLSMALLINT* length) {
    return get_info<SQLCHAR>(handle, type, value, capacity, length);
}

SQLRETURN SQL_API SQLGetInfoW(SQLHDBC handle, SQLUSMALLINT type, SQLPOINTER value, SQLSMALLINT capacity,
                              SQLSMALLINT* length) {
    return get_info<SQLWCHAR>(handle, type, value, capacity, length);
}

// What the leader's driver can do and this library exports: a slot that only one of them has must not be
// called.
SQLRETURN SQL_API SQLGetFunctions(SQLHDBC handle, SQLUSMALLINT function, SQLUSMALLINT* supported) {
    return gate<Connection>(handle, [&](Connection& connection) -> SQLRETURN {
        if (!supported) throw DriverError("HY009", "The output argument is a null pointer");
        Backend& leader = connection.leader();
        connection.records_of(leader);
        const auto ask = leader.library().GetFunctions;
        if (!ask) throw DriverError("IM001", "The underlying driver does not support this function");
        const SQLRETURN result = ask(leader.handle(), function, supported);
        if (!SQL_SUCCEEDED(result)) return result;
        if (function == SQL_API_ALL_FUNCTIONS) {
            constexpr std::size_t kOdbc2Functions = 100;
            for (std::size_t id = 0; id < kOdbc2Functions; ++id) {
                if (!exported(id)) supported[id] = SQL_FALSE;
                if (own(id)) supported[id] = SQL_TRUE;
            }
        } else if (function == SQL_API_ODBC3_ALL_FUNCTIONS) {
            constexpr std::size_t kBits = 16;
            for (std::size_t id = 0; id < SQL_API_ODBC3_ALL_FUNCTIONS_SIZE * kBits; ++id) {
                const auto bit = static_cast<SQLUSMALLINT>(1U << (id % kBits));
                SQLUSMALLINT& word = supported[id / kBits];
                if (!exported(id)) word = static_cast<SQLUSMALLINT>(word & ~bit);
                if (own(id)) word = static_cast<SQLUSMALLINT>(word | bit);
            }
        } else if (own(function)) {
            *supported = SQL_TRUE;
        } else if (!exported(function)) {
            *supported = SQL_FALSE;
        }
        return result;
    });
}

}  // extern "C"
