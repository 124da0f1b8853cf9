// The exported functions with something of their own: handles come and go, connections get their node, calls
// are cancelled, and records that a rule made up are told.

// Before odbcinst.h, which includes the ODBC headers without making what they declare visible.
#include "tests/mock/play.h"

#include <odbcinst.h>

#include <array>

#include "driver/encoding.h"

using namespace freshread;
using namespace freshread::mock;

namespace freshread::mock {

const DriverLibrary& real() {
    static const DriverLibrary& library = []() -> const DriverLibrary& {
        std::array<char, 4096> path{};
        SQLGetPrivateProfileString("PostgreSQL Unicode", "Driver", "", path.data(),
                                   static_cast<int>(path.size()), "odbcinst.ini");
        return DriverLibrary::load(path.data(), Threading::Free);
    }();
    return library;
}

}  // namespace freshread::mock

namespace {

Stage& stage() {
    return Stage::instance();
}

template <typename Char>
SQLRETURN driver_connect(SQLHDBC handle, SQLHWND window, Char* in, SQLSMALLINT in_length, Char* out,
                         SQLSMALLINT capacity, SQLSMALLINT* out_length, SQLUSMALLINT completion) {
    KeywordList keywords = parse_connection_string(to_utf8(argument_text(in, in_length)));
    stage().name_node(handle, keywords);
    std::erase_if(keywords, [](const auto& keyword) { return equal_ignoring_case(keyword.first, "DRIVER"); });
    const std::string text = format_connection_string(keywords);
    return play("SQLDriverConnect", handle, {}, nullptr, [&] {
        if constexpr (is_wide<Char>) {
            WideString wide = to_wide(text);
            return real().DriverConnectW(handle, window, wide.data(), static_cast<SQLSMALLINT>(wide.size()),
                                         out, capacity, out_length, completion);
        } else {
            std::string narrow = text;
            return real().DriverConnect(handle, window, reinterpret_cast<SQLCHAR*>(narrow.data()),
                                        static_cast<SQLSMALLINT>(narrow.size()), out, capacity, out_length,
                                        completion);
        }
    });
}

template <typename Char>
SQLRETURN diagnostic_record(SQLSMALLINT number, Char* state, SQLINTEGER* native, Char* text,
                            SQLSMALLINT capacity, SQLSMALLINT* length,
                            const std::vector<DiagnosticRecord>& records) {
    if (number < 1 || capacity < 0) return SQL_ERROR;
    if (static_cast<std::size_t>(number) > records.size()) return SQL_NO_DATA;
    const DiagnosticRecord& record = records[static_cast<std::size_t>(number - 1)];
    copy_out(record.sqlstate, state, SQL_SQLSTATE_SIZE + 1, nullptr);
    if (native) *native = record.native;
    SQLINTEGER full = 0;
    const bool cut = copy_out(record.message, text, capacity, &full);
    if (length) *length = static_cast<SQLSMALLINT>(full);
    return cut ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}

// Not a data source's name, unlike psqlodbc's.
constexpr const char* kServerName = "host.example";

template <typename Char>
SQLRETURN diagnostic_field(SQLSMALLINT number, SQLSMALLINT field, SQLPOINTER value, SQLSMALLINT capacity,
                           SQLSMALLINT* length, const std::vector<DiagnosticRecord>& records) {
    if (field == SQL_DIAG_NUMBER) {
        *static_cast<SQLINTEGER*>(value) = static_cast<SQLINTEGER>(records.size());
        return SQL_SUCCESS;
    }
    if (number < 1) return SQL_ERROR;
    if (static_cast<std::size_t>(number) > records.size()) return SQL_NO_DATA;
    const DiagnosticRecord& record = records[static_cast<std::size_t>(number - 1)];
    if (field == SQL_DIAG_NATIVE) {
        *static_cast<SQLINTEGER*>(value) = record.native;
        return SQL_SUCCESS;
    }
    std::string text;
    if (field == SQL_DIAG_SQLSTATE)
        text = record.sqlstate;
    else if (field == SQL_DIAG_MESSAGE_TEXT)
        text = record.message;
    else if (field == SQL_DIAG_SERVER_NAME)
        text = kServerName;
    else
        return SQL_ERROR;
    constexpr auto kUnit = static_cast<SQLINTEGER>(sizeof(Char));
    SQLINTEGER full = 0;
    const bool cut = copy_out(text, static_cast<Char*>(value), capacity / kUnit, &full);
    if (length) *length = static_cast<SQLSMALLINT>(full * kUnit);
    return cut ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}

}  // namespace

extern "C" {

SQLRETURN SQL_API SQLAllocHandle(SQLSMALLINT type, SQLHANDLE parent, SQLHANDLE* handle) {
    return play("SQLAllocHandle", parent, std::to_string(type), nullptr, [&] {
        const SQLRETURN result = real().AllocHandle(type, parent, handle);
        if (SQL_SUCCEEDED(result)) stage().made(type, parent, *handle);
        return result;
    });
}

SQLRETURN SQL_API SQLFreeHandle(SQLSMALLINT type, SQLHANDLE handle) {
    return play("SQLFreeHandle", handle, std::to_string(type), nullptr, [&] {
        const SQLRETURN result = real().FreeHandle(type, handle);
        if (SQL_SUCCEEDED(result)) stage().gone(handle);
        return result;
    });
}

SQLRETURN SQL_API SQLFreeStmt(SQLHSTMT handle, SQLUSMALLINT option) {
    return play("SQLFreeStmt", handle, std::to_string(option), nullptr, [&] {
        const SQLRETURN result = real().FreeStmt(handle, option);
        if (SQL_SUCCEEDED(result) && option == SQL_DROP) stage().gone(handle);
        return result;
    });
}

SQLRETURN SQL_API SQLDriverConnect(SQLHDBC handle, SQLHWND window, SQLCHAR* in, SQLSMALLINT in_length,
                                   SQLCHAR* out, SQLSMALLINT capacity, SQLSMALLINT* out_length,
                                   SQLUSMALLINT completion) {
    return driver_connect(handle, window, in, in_length, out, capacity, out_length, completion);
}

SQLRETURN SQL_API SQLDriverConnectW(SQLHDBC handle, SQLHWND window, SQLWCHAR* in, SQLSMALLINT in_length,
                                    SQLWCHAR* out, SQLSMALLINT capacity, SQLSMALLINT* out_length,
                                    SQLUSMALLINT completion) {
    return driver_connect(handle, window, in, in_length, out, capacity, out_length, completion);
}

SQLRETURN SQL_API SQLDisconnect(SQLHDBC handle) {
    return play("SQLDisconnect", handle, {}, nullptr, [&] {
        const SQLRETURN result = real().Disconnect(handle);
        if (SQL_SUCCEEDED(result)) stage().children_gone(handle);
        return result;
    });
}

SQLRETURN SQL_API SQLEndTran(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT completion) {
    return play("SQLEndTran", handle, std::to_string(completion), nullptr,
                [&] { return real().EndTran(type, handle, completion); });
}

SQLRETURN SQL_API SQLCopyDesc(SQLHDESC source, SQLHDESC target) {
    return play("SQLCopyDesc", target, {}, nullptr, [&] { return real().CopyDesc(source, target); });
}

SQLRETURN SQL_API SQLCancel(SQLHSTMT handle) {
    return stage().cancel(handle) ? SQLRETURN{SQL_SUCCESS} : real().Cancel(handle);
}

SQLRETURN SQL_API SQLGetFunctions(SQLHDBC handle, SQLUSMALLINT function, SQLUSMALLINT* supported) {
    const auto rule = stage().enter("SQLGetFunctions", handle, std::to_string(function));
    return perform(rule, handle, supported, [&] {
        const SQLRETURN result = real().GetFunctions(handle, function, supported);
        if (!rule || (rule->verb != Verb::Have && rule->verb != Verb::Lack)) return result;
        const auto named = static_cast<SQLUSMALLINT>(rule->number);
        const bool has = rule->verb == Verb::Have;
        constexpr unsigned kBits = 16;
        if (function == SQL_API_ODBC3_ALL_FUNCTIONS) {
            const unsigned bit = 1U << (named % kBits);
            SQLUSMALLINT& word = supported[named / kBits];
            word = static_cast<SQLUSMALLINT>(has ? word | bit : word & ~bit);
        } else if (function == SQL_API_ALL_FUNCTIONS || function == named) {
            supported[function == named ? 0 : named] = has ? SQL_TRUE : SQL_FALSE;
        }
        return result;
    });
}

#define DIAGNOSTIC_ENTRIES(Char, W)                                                                         \
    SQLRETURN SQL_API SQLGetDiagRec##W(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT number, Char* state, \
                                       SQLINTEGER* native, Char* text, SQLSMALLINT capacity,                \
                                       SQLSMALLINT* length) {                                               \
        const auto records = stage().records_of(handle);                                                    \
        return records.empty()                                                                              \
                   ? real().GetDiagRec##W(type, handle, number, state, native, text, capacity, length)      \
                   : diagnostic_record(number, state, native, text, capacity, length, records);             \
    }                                                                                                       \
    SQLRETURN SQL_API SQLGetDiagField##W(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT number,            \
                                         SQLSMALLINT field, SQLPOINTER value, SQLSMALLINT capacity,         \
                                         SQLSMALLINT* length) {                                             \
        const auto records = stage().records_of(handle);                                                    \
        return records.empty()                                                                              \
                   ? real().GetDiagField##W(type, handle, number, field, value, capacity, length)           \
                   : diagnostic_field<Char>(number, field, value, capacity, length, records);               \
    }

DIAGNOSTIC_ENTRIES(SQLCHAR, )
DIAGNOSTIC_ENTRIES(SQLWCHAR, W)

}  // extern "C"
