// The functions of an ODBC driver, listed once: from these lists come the table of an underlying driver
// (driver/driver_library.h) and the answer of SQLGetFunctions (driver/entry_information.cpp).
//
// Prototypes are those of the ODBC headers, by decltype: a wrong signature does not compile.
#pragma once

// X(name without the SQL prefix): functions without text.
#define FRESHREAD_PLAIN_FUNCTIONS(X) \
    X(AllocHandle)                   \
    X(BindCol)                       \
    X(BindParameter)                 \
    X(BulkOperations)                \
    X(Cancel)                        \
    X(CloseCursor)                   \
    X(CopyDesc)                      \
    X(DescribeParam)                 \
    X(Disconnect)                    \
    X(EndTran)                       \
    X(Execute)                       \
    X(ExtendedFetch)                 \
    X(Fetch)                         \
    X(FetchScroll)                   \
    X(FreeHandle)                    \
    X(FreeStmt)                      \
    X(GetData)                       \
    X(GetEnvAttr)                    \
    X(GetFunctions)                  \
    X(MoreResults)                   \
    X(NumParams)                     \
    X(NumResultCols)                 \
    X(ParamData)                     \
    X(PutData)                       \
    X(RowCount)                      \
    X(SetEnvAttr)                    \
    X(SetPos)

// X(name): functions that exist as ANSI (name) and wide (nameW).
#define FRESHREAD_TEXT_FUNCTIONS(X) \
    X(ColAttribute)                 \
    X(ColumnPrivileges)             \
    X(Columns)                      \
    X(DescribeCol)                  \
    X(DriverConnect)                \
    X(ExecDirect)                   \
    X(ForeignKeys)                  \
    X(GetConnectAttr)               \
    X(GetCursorName)                \
    X(GetDescField)                 \
    X(GetDescRec)                   \
    X(GetDiagField)                 \
    X(GetDiagRec)                   \
    X(GetInfo)                      \
    X(GetStmtAttr)                  \
    X(GetTypeInfo)                  \
    X(NativeSql)                    \
    X(Prepare)                      \
    X(PrimaryKeys)                  \
    X(ProcedureColumns)             \
    X(Procedures)                   \
    X(SetConnectAttr)               \
    X(SetCursorName)                \
    X(SetDescField)                 \
    X(SetStmtAttr)                  \
    X(SpecialColumns)               \
    X(Statistics)                   \
    X(TablePrivileges)              \
    X(Tables)
