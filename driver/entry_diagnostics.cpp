// ODBC Programmer's Reference: diagnostics. The records of a handle are Freshread's own first, then those of
// the underlying handle that served its last call; record and field functions, ANSI and wide, count them in
// the same order. Reading changes nothing.
#include <algorithm>
#include <array>

#include "driver/connection.h"
#include "driver/gate.h"
#include "driver/statement.h"
#include "driver/text_call.h"

using namespace freshread;

namespace {

struct Records {
    const Diagnostics* own = nullptr;
    const DriverLibrary* library = nullptr;  // null: only our own
    SQLHANDLE underlying = SQL_NULL_HANDLE;
    const Connection* connection = nullptr;
};

// Nothing when the handle is not one of that type.
std::optional<Records> records_of(SQLSMALLINT type, SQLHANDLE handle) {
    switch (type) {
        case SQL_HANDLE_ENV:
            if (const auto* environment = handle_cast<Environment>(handle))
                return Records{&environment->diagnostics};
            return std::nullopt;
        case SQL_HANDLE_DBC:
            if (auto* connection = handle_cast<Connection>(handle)) {
                const Backend* backend = connection->handed_on();
                // Answered here: the driver's header fields have values all the same.
                if (!backend && connection->connected() && connection->diagnostics.empty())
                    backend = &connection->leader();
                if (!backend) return Records{&connection->diagnostics};
                return Records{&connection->diagnostics, &backend->library(), backend->handle(), connection};
            }
            return std::nullopt;
        case SQL_HANDLE_STMT:
            if (auto* statement = handle_cast<Statement>(handle)) {
                const UnderlyingStatement* underlying = statement->handed_on();
                // Nothing was called yet: the driver's header fields have values all the same.
                if (!underlying && !statement->active_if_any() && statement->diagnostics.empty()) {
                    underlying = &statement->active();
                    statement->records_of(statement->active());
                }
                if (!underlying) return Records{&statement->diagnostics};
                return Records{&statement->diagnostics, &underlying->library(), underlying->handle(),
                               &statement->connection()};
            }
            return std::nullopt;
        case SQL_HANDLE_DESC:
            if (const auto* descriptor = handle_cast<Descriptor>(handle)) {
                const auto& served = descriptor->served();
                if (!served.handle) return Records{&descriptor->diagnostics};
                return Records{&descriptor->diagnostics, served.library, served.handle,
                               &descriptor->connection()};
            }
            return std::nullopt;
        default:
            return std::nullopt;
    }
}

template <typename Char>
void write_sqlstate(const std::string& sqlstate, Char* buffer) {
    if (!buffer) return;
    std::transform(sqlstate.begin(), sqlstate.end(), buffer,
                   [](char c) { return static_cast<Char>(static_cast<unsigned char>(c)); });
    buffer[sqlstate.size()] = 0;
}

template <typename Char>
SQLRETURN get_record(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT number, Char* sqlstate,
                     SQLINTEGER* native, Char* text, SQLSMALLINT capacity, SQLSMALLINT* length) noexcept try {
    const auto records = records_of(type, handle);
    if (!records) return SQL_INVALID_HANDLE;
    if (number < 1) return SQL_ERROR;
    if (const auto* own = records->own->record(number)) {
        if (capacity < 0) return SQL_ERROR;
        write_sqlstate(own->sqlstate, sqlstate);
        if (native) *native = own->native;
        SQLINTEGER full = 0;
        const bool cut = copy_out(own->message, text, capacity, &full);
        if (length) *length = static_cast<SQLSMALLINT>(full);
        return cut ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
    }
    if (!records->library) return SQL_NO_DATA;
    const auto theirs = static_cast<SQLSMALLINT>(number - records->own->count());
    SQLCHAR narrow_state[6] = {};
    const SQLRETURN result = call_for_text<Unit::Characters>(
        records->library->GetDiagRec, records->library->GetDiagRecW, text, capacity, length,
        [&](auto call, auto* buffer, SQLSMALLINT room, SQLSMALLINT* got) {
            if constexpr (std::is_same_v<decltype(buffer), Char*>) {
                return call(type, records->underlying, theirs, sqlstate, native, buffer, room, got);
            } else {
                // psqlodbc cuts a long message into as many records as the room for the first one makes it.
                const SQLRETURN narrow = call(type, records->underlying, theirs, narrow_state, native, buffer,
                                              capacity > 0 ? std::min(room, capacity) : room, got);
                if (SQL_SUCCEEDED(narrow))
                    write_sqlstate(reinterpret_cast<const char*>(narrow_state), sqlstate);
                return narrow;
            }
        });
    return result == kNoSuchFunction ? SQL_NO_DATA : result;
} catch (...) {
    return SQL_ERROR;
}

// Fields of a record that are texts (ODBC, SQLGetDiagField).
constexpr bool is_text(SQLSMALLINT field) {
    switch (field) {
        case SQL_DIAG_DYNAMIC_FUNCTION:
        case SQL_DIAG_CLASS_ORIGIN:
        case SQL_DIAG_CONNECTION_NAME:
        case SQL_DIAG_MESSAGE_TEXT:
        case SQL_DIAG_SERVER_NAME:
        case SQL_DIAG_SQLSTATE:
        case SQL_DIAG_SUBCLASS_ORIGIN:
            return true;
        default:
            return false;
    }
}

// The class of ODBC 3.0 SQLSTATEs that ODBC, not ISO, defines: "IM...".
std::string origin(const std::string& sqlstate) {
    return sqlstate.starts_with("IM") ? "ODBC 3.0" : "ISO 9075";
}

template <typename Char>
SQLRETURN give_text(const std::string& text, SQLPOINTER value, SQLSMALLINT capacity, SQLSMALLINT* length) {
    constexpr auto kUnit = static_cast<SQLINTEGER>(sizeof(Char));
    SQLINTEGER full = 0;
    const bool cut = copy_out(text, static_cast<Char*>(value), capacity / kUnit, &full);
    if (length) *length = static_cast<SQLSMALLINT>(full * kUnit);
    return cut ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}

template <typename Char>
SQLRETURN own_field(const DiagnosticRecord& record, SQLSMALLINT field, SQLPOINTER value, SQLSMALLINT capacity,
                    SQLSMALLINT* length) {
    std::string text;
    switch (field) {
        case SQL_DIAG_SQLSTATE:
            text = record.sqlstate;
            break;
        case SQL_DIAG_MESSAGE_TEXT:
            text = record.message;
            break;
        case SQL_DIAG_CLASS_ORIGIN:
        case SQL_DIAG_SUBCLASS_ORIGIN:
            text = origin(record.sqlstate);
            break;
        case SQL_DIAG_CONNECTION_NAME:
        case SQL_DIAG_SERVER_NAME:
            break;
        case SQL_DIAG_NATIVE:
            if (value) *static_cast<SQLINTEGER*>(value) = record.native;
            return SQL_SUCCESS;
        case SQL_DIAG_ROW_NUMBER:
            if (value) *static_cast<SQLLEN*>(value) = SQL_ROW_NUMBER_UNKNOWN;
            return SQL_SUCCESS;
        case SQL_DIAG_COLUMN_NUMBER:
            if (value) *static_cast<SQLINTEGER*>(value) = SQL_COLUMN_NUMBER_UNKNOWN;
            return SQL_SUCCESS;
        default:
            return SQL_ERROR;
    }
    return give_text<Char>(text, value, capacity, length);
}

template <typename Char>
SQLRETURN get_field(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT number, SQLSMALLINT field,
                    SQLPOINTER value, SQLSMALLINT capacity, SQLSMALLINT* length) noexcept try {
    const auto records = records_of(type, handle);
    if (!records) return SQL_INVALID_HANDLE;
    const SQLSMALLINT own_count = records->own->count();
    const auto theirs = [&](SQLSMALLINT their_number, SQLPOINTER buffer, SQLSMALLINT room,
                            SQLSMALLINT* got) -> SQLRETURN {
        if (!records->library) return SQL_NO_DATA;
        const DriverLibrary& library = *records->library;
        if (!is_text(field) && library.GetDiagField && (!is_wide<Char> || !library.GetDiagFieldW))
            return library.GetDiagField(type, records->underlying, their_number, field, buffer, room, got);
        const SQLRETURN result = call_for_text<Unit::Bytes>(
            library.GetDiagField, library.GetDiagFieldW, static_cast<Char*>(buffer), room, got,
            [&](auto call, auto* text, SQLSMALLINT text_room, SQLSMALLINT* text_length) {
                return call(type, records->underlying, their_number, field, text, text_room, text_length);
            });
        return result == kNoSuchFunction ? SQL_NO_DATA : result;
    };
    switch (field) {
        case SQL_DIAG_NUMBER: {
            SQLINTEGER count = 0;
            if (records->library) {
                if (!SQL_SUCCEEDED(theirs(0, value, capacity, length)))
                    count = 0;
                else if (value)
                    count = *static_cast<SQLINTEGER*>(value);
            }
            if (value) *static_cast<SQLINTEGER*>(value) = count + own_count;
            return SQL_SUCCESS;
        }
        case SQL_DIAG_RETURNCODE:
        case SQL_DIAG_CURSOR_ROW_COUNT:
        case SQL_DIAG_ROW_COUNT:
        case SQL_DIAG_DYNAMIC_FUNCTION:
        case SQL_DIAG_DYNAMIC_FUNCTION_CODE:
            return records->library ? theirs(0, value, capacity, length) : SQL_ERROR;
        default:
            break;
    }
    if (number < 1) return SQL_ERROR;
    // A driver that names the data source names the one the application connected to, not the node that
    // happened to serve the call. Others name the server.
    if (field == SQL_DIAG_SERVER_NAME && records->library && number > own_count) {
        std::array<Char, 512> name{};
        SQLSMALLINT name_length = 0;
        const SQLRETURN result = theirs(static_cast<SQLSMALLINT>(number - own_count), name.data(),
                                        static_cast<SQLSMALLINT>(sizeof(name)), &name_length);
        const std::string* dsn = find_keyword(records->connection->completed(), "DSN");
        if (SQL_SUCCEEDED(result) && dsn &&
            records->connection->names_node(to_utf8(argument_text(name.data(), SQL_NTS))))
            return give_text<Char>(*dsn, value, capacity, length);
    }
    if (const auto* own = records->own->record(number))
        return own_field<Char>(*own, field, value, capacity, length);
    return theirs(static_cast<SQLSMALLINT>(number - own_count), value, capacity, length);
} catch (...) {
    return SQL_ERROR;
}

}  // namespace

extern "C" {

SQLRETURN SQL_API SQLGetDiagRec(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT number, SQLCHAR* sqlstate,
                                SQLINTEGER* native, SQLCHAR* text, SQLSMALLINT capacity,
                                SQLSMALLINT* length) {
    return get_record(type, handle, number, sqlstate, native, text, capacity, length);
}

SQLRETURN SQL_API SQLGetDiagRecW(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT number, SQLWCHAR* sqlstate,
                                 SQLINTEGER* native, SQLWCHAR* text, SQLSMALLINT capacity,
                                 SQLSMALLINT* length) {
    return get_record(type, handle, number, sqlstate, native, text, capacity, length);
}

SQLRETURN SQL_API SQLGetDiagField(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT number, SQLSMALLINT field,
                                  SQLPOINTER value, SQLSMALLINT capacity, SQLSMALLINT* length) {
    return get_field<SQLCHAR>(type, handle, number, field, value, capacity, length);
}

SQLRETURN SQL_API SQLGetDiagFieldW(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT number, SQLSMALLINT field,
                                   SQLPOINTER value, SQLSMALLINT capacity, SQLSMALLINT* length) {
    return get_field<SQLWCHAR>(type, handle, number, field, value, capacity, length);
}

}  // extern "C"
