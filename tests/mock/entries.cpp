// The exported functions that have nothing particular about them: recorded, handed on, answered as a rule
// says.
#include "driver/encoding.h"
#include "tests/mock/play.h"

using namespace freshread;
using namespace freshread::mock;

namespace {

// A function with one text as its argument: recorded with it.
template <auto function, typename Char, typename Length>
SQLRETURN pass_text(const char* name, SQLHANDLE handle, Char* text, Length length) {
    const std::string detail = text ? to_utf8(argument_text(text, length)) : std::string();
    return play(name, handle, detail, nullptr, [&] { return (real().*function)(handle, text, length); });
}

// Descriptors that a statement has from the beginning become known when somebody asks for them.
template <auto function>
SQLRETURN get_statement_attribute(SQLHSTMT handle, SQLINTEGER attribute, SQLPOINTER value,
                                  SQLINTEGER capacity, SQLINTEGER* length) {
    const SQLRETURN result = pass<function>("SQLGetStmtAttr", handle, attribute, value, capacity, length);
    if (SQL_SUCCEEDED(result) && value && attribute >= SQL_ATTR_APP_ROW_DESC &&
        attribute <= SQL_ATTR_IMP_PARAM_DESC)
        Stage::instance().made(SQL_HANDLE_DESC, handle, *static_cast<SQLHDESC*>(value));
    return result;
}

}  // namespace

// N: a function's name; then the types of its arguments behind the handle.
#define PASS(N, ...) pass<&DriverLibrary::N>("SQL" #N, __VA_ARGS__)
#define ENTRY0(N)                           \
    SQLRETURN SQL_API SQL##N(SQLHANDLE h) { \
        return PASS(N, h);                  \
    }
#define ENTRY1(N, A)                             \
    SQLRETURN SQL_API SQL##N(SQLHANDLE h, A a) { \
        return PASS(N, h, a);                    \
    }
#define ENTRY2(N, A, B)                               \
    SQLRETURN SQL_API SQL##N(SQLHANDLE h, A a, B b) { \
        return PASS(N, h, a, b);                      \
    }
#define ENTRY3(N, A, B, C)                                 \
    SQLRETURN SQL_API SQL##N(SQLHANDLE h, A a, B b, C c) { \
        return PASS(N, h, a, b, c);                        \
    }
#define ENTRY4(N, A, B, C, D)                                   \
    SQLRETURN SQL_API SQL##N(SQLHANDLE h, A a, B b, C c, D d) { \
        return PASS(N, h, a, b, c, d);                          \
    }
#define ENTRY5(N, A, B, C, D, E)                                     \
    SQLRETURN SQL_API SQL##N(SQLHANDLE h, A a, B b, C c, D d, E e) { \
        return PASS(N, h, a, b, c, d, e);                            \
    }
#define ENTRY6(N, A, B, C, D, E, F)                                       \
    SQLRETURN SQL_API SQL##N(SQLHANDLE h, A a, B b, C c, D d, E e, F f) { \
        return PASS(N, h, a, b, c, d, e, f);                              \
    }
#define ENTRY8(N, A, B, C, D, E, F, G, I)                                           \
    SQLRETURN SQL_API SQL##N(SQLHANDLE h, A a, B b, C c, D d, E e, F f, G g, I i) { \
        return PASS(N, h, a, b, c, d, e, f, g, i);                                  \
    }
#define ENTRY9(N, A, B, C, D, E, F, G, I, J)                                             \
    SQLRETURN SQL_API SQL##N(SQLHANDLE h, A a, B b, C c, D d, E e, F f, G g, I i, J j) { \
        return PASS(N, h, a, b, c, d, e, f, g, i, j);                                    \
    }
#define ENTRY12(N, A, B, C, D, E, F, G, I, J, K, L, M)                                                  \
    SQLRETURN SQL_API SQL##N(SQLHANDLE h, A a, B b, C c, D d, E e, F f, G g, I i, J j, K k, L l, M m) { \
        return PASS(N, h, a, b, c, d, e, f, g, i, j, k, l, m);                                          \
    }
// A setter, whose value is recorded, too.
#define SETTER3(N, A, B, C)                                                    \
    SQLRETURN SQL_API SQL##N(SQLHANDLE h, A a, B b, C c) {                     \
        return pass<&DriverLibrary::N, Pointers::Shown>("SQL" #N, h, a, b, c); \
    }
#define SETTER4(N, A, B, C, D)                                                    \
    SQLRETURN SQL_API SQL##N(SQLHANDLE h, A a, B b, C c, D d) {                   \
        return pass<&DriverLibrary::N, Pointers::Shown>("SQL" #N, h, a, b, c, d); \
    }
#define TEXT_ENTRY(N, Char, Length)                                     \
    SQLRETURN SQL_API SQL##N(SQLHANDLE h, Char* text, Length length) {  \
        return pass_text<&DriverLibrary::N>("SQL" #N, h, text, length); \
    }

extern "C" {

ENTRY5(BindCol, SQLUSMALLINT, SQLSMALLINT, SQLPOINTER, SQLLEN, SQLLEN*)
ENTRY9(BindParameter, SQLUSMALLINT, SQLSMALLINT, SQLSMALLINT, SQLSMALLINT, SQLULEN, SQLSMALLINT, SQLPOINTER,
       SQLLEN, SQLLEN*)
ENTRY1(BulkOperations, SQLSMALLINT)
ENTRY0(CloseCursor)
ENTRY5(DescribeParam, SQLUSMALLINT, SQLSMALLINT*, SQLULEN*, SQLSMALLINT*, SQLSMALLINT*)
ENTRY0(Execute)
ENTRY4(ExtendedFetch, SQLUSMALLINT, SQLLEN, SQLULEN*, SQLUSMALLINT*)
ENTRY0(Fetch)
ENTRY2(FetchScroll, SQLSMALLINT, SQLLEN)
ENTRY5(GetData, SQLUSMALLINT, SQLSMALLINT, SQLPOINTER, SQLLEN, SQLLEN*)
ENTRY4(GetEnvAttr, SQLINTEGER, SQLPOINTER, SQLINTEGER, SQLINTEGER*)
ENTRY0(MoreResults)
ENTRY1(NumParams, SQLSMALLINT*)
ENTRY1(NumResultCols, SQLSMALLINT*)
ENTRY1(ParamData, SQLPOINTER*)
ENTRY2(PutData, SQLPOINTER, SQLLEN)
ENTRY1(RowCount, SQLLEN*)
SETTER3(SetEnvAttr, SQLINTEGER, SQLPOINTER, SQLINTEGER)
ENTRY3(SetPos, SQLSETPOSIROW, SQLUSMALLINT, SQLUSMALLINT)

#define TEXT_ENTRIES(Char, W)                                                                                \
    ENTRY6(ColAttribute##W, SQLUSMALLINT, SQLUSMALLINT, SQLPOINTER, SQLSMALLINT, SQLSMALLINT*, SQLLEN*)      \
    ENTRY8(ColumnPrivileges##W, Char*, SQLSMALLINT, Char*, SQLSMALLINT, Char*, SQLSMALLINT, Char*,           \
           SQLSMALLINT)                                                                                      \
    ENTRY8(Columns##W, Char*, SQLSMALLINT, Char*, SQLSMALLINT, Char*, SQLSMALLINT, Char*, SQLSMALLINT)       \
    ENTRY8(DescribeCol##W, SQLUSMALLINT, Char*, SQLSMALLINT, SQLSMALLINT*, SQLSMALLINT*, SQLULEN*,           \
           SQLSMALLINT*, SQLSMALLINT*)                                                                       \
    TEXT_ENTRY(ExecDirect##W, Char, SQLINTEGER)                                                              \
    ENTRY12(ForeignKeys##W, Char*, SQLSMALLINT, Char*, SQLSMALLINT, Char*, SQLSMALLINT, Char*, SQLSMALLINT,  \
            Char*, SQLSMALLINT, Char*, SQLSMALLINT)                                                          \
    ENTRY4(GetConnectAttr##W, SQLINTEGER, SQLPOINTER, SQLINTEGER, SQLINTEGER*)                               \
    ENTRY3(GetCursorName##W, Char*, SQLSMALLINT, SQLSMALLINT*)                                               \
    ENTRY5(GetDescField##W, SQLSMALLINT, SQLSMALLINT, SQLPOINTER, SQLINTEGER, SQLINTEGER*)                   \
    SQLRETURN SQL_API SQLGetDescRec##W(SQLHDESC h, SQLSMALLINT record, Char* name, SQLSMALLINT capacity,     \
                                       SQLSMALLINT* name_length, SQLSMALLINT* type, SQLSMALLINT* subtype,    \
                                       SQLLEN* length, SQLSMALLINT* precision, SQLSMALLINT* scale,           \
                                       SQLSMALLINT* nullable) {                                              \
        return PASS(GetDescRec##W, h, record, name, capacity, name_length, type, subtype, length, precision, \
                    scale, nullable);                                                                        \
    }                                                                                                        \
    ENTRY4(GetInfo##W, SQLUSMALLINT, SQLPOINTER, SQLSMALLINT, SQLSMALLINT*)                                  \
    SQLRETURN SQL_API SQLGetStmtAttr##W(SQLHSTMT h, SQLINTEGER attribute, SQLPOINTER value,                  \
                                        SQLINTEGER capacity, SQLINTEGER* length) {                           \
        return get_statement_attribute<&DriverLibrary::GetStmtAttr##W>(h, attribute, value, capacity,        \
                                                                       length);                              \
    }                                                                                                        \
    ENTRY1(GetTypeInfo##W, SQLSMALLINT)                                                                      \
    ENTRY5(NativeSql##W, Char*, SQLINTEGER, Char*, SQLINTEGER, SQLINTEGER*)                                  \
    TEXT_ENTRY(Prepare##W, Char, SQLINTEGER)                                                                 \
    ENTRY6(PrimaryKeys##W, Char*, SQLSMALLINT, Char*, SQLSMALLINT, Char*, SQLSMALLINT)                       \
    ENTRY8(ProcedureColumns##W, Char*, SQLSMALLINT, Char*, SQLSMALLINT, Char*, SQLSMALLINT, Char*,           \
           SQLSMALLINT)                                                                                      \
    ENTRY6(Procedures##W, Char*, SQLSMALLINT, Char*, SQLSMALLINT, Char*, SQLSMALLINT)                        \
    SETTER3(SetConnectAttr##W, SQLINTEGER, SQLPOINTER, SQLINTEGER)                                           \
    TEXT_ENTRY(SetCursorName##W, Char, SQLSMALLINT)                                                          \
    SETTER4(SetDescField##W, SQLSMALLINT, SQLSMALLINT, SQLPOINTER, SQLINTEGER)                               \
    SETTER3(SetStmtAttr##W, SQLINTEGER, SQLPOINTER, SQLINTEGER)                                              \
    ENTRY9(SpecialColumns##W, SQLUSMALLINT, Char*, SQLSMALLINT, Char*, SQLSMALLINT, Char*, SQLSMALLINT,      \
           SQLUSMALLINT, SQLUSMALLINT)                                                                       \
    ENTRY8(Statistics##W, Char*, SQLSMALLINT, Char*, SQLSMALLINT, Char*, SQLSMALLINT, SQLUSMALLINT,          \
           SQLUSMALLINT)                                                                                     \
    ENTRY6(TablePrivileges##W, Char*, SQLSMALLINT, Char*, SQLSMALLINT, Char*, SQLSMALLINT)                   \
    ENTRY8(Tables##W, Char*, SQLSMALLINT, Char*, SQLSMALLINT, Char*, SQLSMALLINT, Char*, SQLSMALLINT)

TEXT_ENTRIES(SQLCHAR, )
TEXT_ENTRIES(SQLWCHAR, W)

}  // extern "C"
