// ODBC Programmer's Reference: catalog functions. They are reads like others, so that a user sees the table
// they just made.
#include "driver/execution.h"
#include "driver/gate.h"
#include "driver/text_call.h"

using namespace freshread;

namespace {

// `function` and `wide_function` are members of DriverLibrary; `arguments` come as the function takes them,
// texts as TextArgument.
template <typename Char, typename Narrow, typename Wide, typename... Arguments>
SQLRETURN catalog(SQLHSTMT handle, Narrow DriverLibrary::*function, Wide DriverLibrary::*wide_function,
                  const Arguments&... arguments) {
    return gate<Statement>(handle, [&](Statement& statement) {
        statement.forget_prepared();
        return execute(statement,
                       {catalog_read(), false, [&](UnderlyingStatement& underlying) {
                            const DriverLibrary& library = underlying.library();
                            underlying.text_revision = 0;
                            const SQLRETURN result = call_with_text<Char>(
                                library.*function, library.*wide_function, underlying.handle(), arguments...);
                            return result == kNoSuchFunction ? statement.no_such_function() : result;
                        }});
    });
}

}  // namespace

// Each function twice: Char is SQLCHAR for the ANSI entry, SQLWCHAR for the wide one.
#define T(text, length) \
    TextArgument {      \
        text, length    \
    }

extern "C" {

#define FRESHREAD_CATALOG_ENTRIES(Char, W)                                                                   \
    SQLRETURN SQL_API SQLTables##W(SQLHSTMT h, Char* c, SQLSMALLINT nc, Char* s, SQLSMALLINT ns, Char* t,    \
                                   SQLSMALLINT nt, Char* y, SQLSMALLINT ny) {                                \
        return catalog<Char>(h, &DriverLibrary::Tables, &DriverLibrary::TablesW, T(c, nc), T(s, ns),         \
                             T(t, nt), T(y, ny));                                                            \
    }                                                                                                        \
    SQLRETURN SQL_API SQLColumns##W(SQLHSTMT h, Char* c, SQLSMALLINT nc, Char* s, SQLSMALLINT ns, Char* t,   \
                                    SQLSMALLINT nt, Char* l, SQLSMALLINT nl) {                               \
        return catalog<Char>(h, &DriverLibrary::Columns, &DriverLibrary::ColumnsW, T(c, nc), T(s, ns),       \
                             T(t, nt), T(l, nl));                                                            \
    }                                                                                                        \
    SQLRETURN SQL_API SQLColumnPrivileges##W(SQLHSTMT h, Char* c, SQLSMALLINT nc, Char* s, SQLSMALLINT ns,   \
                                             Char* t, SQLSMALLINT nt, Char* l, SQLSMALLINT nl) {             \
        return catalog<Char>(h, &DriverLibrary::ColumnPrivileges, &DriverLibrary::ColumnPrivilegesW,         \
                             T(c, nc), T(s, ns), T(t, nt), T(l, nl));                                        \
    }                                                                                                        \
    SQLRETURN SQL_API SQLPrimaryKeys##W(SQLHSTMT h, Char* c, SQLSMALLINT nc, Char* s, SQLSMALLINT ns,        \
                                        Char* t, SQLSMALLINT nt) {                                           \
        return catalog<Char>(h, &DriverLibrary::PrimaryKeys, &DriverLibrary::PrimaryKeysW, T(c, nc),         \
                             T(s, ns), T(t, nt));                                                            \
    }                                                                                                        \
    SQLRETURN SQL_API SQLForeignKeys##W(SQLHSTMT h, Char* c, SQLSMALLINT nc, Char* s, SQLSMALLINT ns,        \
                                        Char* t, SQLSMALLINT nt, Char* fc, SQLSMALLINT nfc, Char* fs,        \
                                        SQLSMALLINT nfs, Char* ft, SQLSMALLINT nft) {                        \
        return catalog<Char>(h, &DriverLibrary::ForeignKeys, &DriverLibrary::ForeignKeysW, T(c, nc),         \
                             T(s, ns), T(t, nt), T(fc, nfc), T(fs, nfs), T(ft, nft));                        \
    }                                                                                                        \
    SQLRETURN SQL_API SQLStatistics##W(SQLHSTMT h, Char* c, SQLSMALLINT nc, Char* s, SQLSMALLINT ns,         \
                                       Char* t, SQLSMALLINT nt, SQLUSMALLINT unique,                         \
                                       SQLUSMALLINT reserved) {                                              \
        return catalog<Char>(h, &DriverLibrary::Statistics, &DriverLibrary::StatisticsW, T(c, nc), T(s, ns), \
                             T(t, nt), unique, reserved);                                                    \
    }                                                                                                        \
    SQLRETURN SQL_API SQLSpecialColumns##W(SQLHSTMT h, SQLUSMALLINT type, Char* c, SQLSMALLINT nc, Char* s,  \
                                           SQLSMALLINT ns, Char* t, SQLSMALLINT nt, SQLUSMALLINT scope,      \
                                           SQLUSMALLINT nullable) {                                          \
        return catalog<Char>(h, &DriverLibrary::SpecialColumns, &DriverLibrary::SpecialColumnsW, type,       \
                             T(c, nc), T(s, ns), T(t, nt), scope, nullable);                                 \
    }                                                                                                        \
    SQLRETURN SQL_API SQLProcedures##W(SQLHSTMT h, Char* c, SQLSMALLINT nc, Char* s, SQLSMALLINT ns,         \
                                       Char* p, SQLSMALLINT np) {                                            \
        return catalog<Char>(h, &DriverLibrary::Procedures, &DriverLibrary::ProceduresW, T(c, nc), T(s, ns), \
                             T(p, np));                                                                      \
    }                                                                                                        \
    SQLRETURN SQL_API SQLProcedureColumns##W(SQLHSTMT h, Char* c, SQLSMALLINT nc, Char* s, SQLSMALLINT ns,   \
                                             Char* p, SQLSMALLINT np, Char* l, SQLSMALLINT nl) {             \
        return catalog<Char>(h, &DriverLibrary::ProcedureColumns, &DriverLibrary::ProcedureColumnsW,         \
                             T(c, nc), T(s, ns), T(p, np), T(l, nl));                                        \
    }                                                                                                        \
    SQLRETURN SQL_API SQLTablePrivileges##W(SQLHSTMT h, Char* c, SQLSMALLINT nc, Char* s, SQLSMALLINT ns,    \
                                            Char* t, SQLSMALLINT nt) {                                       \
        return catalog<Char>(h, &DriverLibrary::TablePrivileges, &DriverLibrary::TablePrivilegesW, T(c, nc), \
                             T(s, ns), T(t, nt));                                                            \
    }                                                                                                        \
    SQLRETURN SQL_API SQLGetTypeInfo##W(SQLHSTMT h, SQLSMALLINT type) {                                      \
        return catalog<Char>(h, &DriverLibrary::GetTypeInfo, &DriverLibrary::GetTypeInfoW, type);            \
    }

FRESHREAD_CATALOG_ENTRIES(SQLCHAR, )
FRESHREAD_CATALOG_ENTRIES(SQLWCHAR, W)

}  // extern "C"
