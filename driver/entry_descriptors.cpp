// ODBC Programmer's Reference: descriptors. What is set goes through to the underlying descriptor and is
// recorded; what is read comes from the node that holds the result, or that would run next.
#include "driver/connection.h"
#include "driver/descriptor_fields.h"
#include "driver/gate.h"
#include "driver/statement.h"
#include "driver/text_call.h"

using namespace freshread;

namespace {

[[noreturn]] void no_such_function() {
    throw DriverError("IM001", "The underlying driver does not support this function");
}

template <typename Char>
SQLRETURN set_field(SQLHDESC handle, SQLSMALLINT record, SQLSMALLINT id, SQLPOINTER value,
                    SQLINTEGER length) {
    return gate<Descriptor>(handle, [&](Descriptor& descriptor) -> SQLRETURN {
        Field field{record, id, value, length};
        if (is_text_field(id)) {
            constexpr auto kUnit = static_cast<SQLINTEGER>(sizeof(Char));
            field.is_text = true;
            field.text = to_utf8(
                argument_text(static_cast<const Char*>(value), length == SQL_NTS ? length : length / kUnit));
            field.value = nullptr;
        }
        const auto set = [&]() -> SQLRETURN {
            const auto underlying = descriptor.reach();
            const DriverLibrary& library = *underlying.library;
            if (is_wide<Char> && library.SetDescFieldW)
                return library.SetDescFieldW(underlying.handle, record, id, value, length);
            if (library.SetDescField && is_wide<Char> && field.is_text)
                return library.SetDescField(underlying.handle, record, id, field.text.data(),
                                            static_cast<SQLINTEGER>(field.text.size()));
            if (library.SetDescField)
                return library.SetDescField(underlying.handle, record, id, value, length);
            no_such_function();
        };
        SQLRETURN result = set();
        if (result == SQL_ERROR && descriptor.leave_replica()) result = set();
        if (SQL_SUCCEEDED(result)) descriptor.set_field(std::move(field));
        return result;
    });
}

template <typename Char>
SQLRETURN get_field(SQLHDESC handle, SQLSMALLINT record, SQLSMALLINT id, SQLPOINTER value,
                    SQLINTEGER capacity, SQLINTEGER* length) {
    return gate<Descriptor>(handle, [&](Descriptor& descriptor) -> SQLRETURN {
        const auto underlying = descriptor.reach();
        const DriverLibrary& library = *underlying.library;
        if (!is_text_field(id) && library.GetDescField && (!is_wide<Char> || !library.GetDescFieldW))
            return library.GetDescField(underlying.handle, record, id, value, capacity, length);
        const SQLRETURN result = call_for_text<Unit::Bytes>(
            library.GetDescField, library.GetDescFieldW, static_cast<Char*>(value), capacity, length,
            [&](auto call, auto* buffer, SQLINTEGER room, SQLINTEGER* got) {
                return call(underlying.handle, record, id, buffer, room, got);
            });
        if (result == kNoSuchFunction) no_such_function();
        return result;
    });
}

template <typename Char>
SQLRETURN get_record(SQLHDESC handle, SQLSMALLINT record, Char* name, SQLSMALLINT capacity,
                     SQLSMALLINT* name_length, SQLSMALLINT* type, SQLSMALLINT* subtype, SQLLEN* length,
                     SQLSMALLINT* precision, SQLSMALLINT* scale, SQLSMALLINT* nullable) {
    return gate<Descriptor>(handle, [&](Descriptor& descriptor) -> SQLRETURN {
        const auto underlying = descriptor.reach();
        const DriverLibrary& library = *underlying.library;
        const SQLRETURN result = call_for_text<Unit::Characters>(
            library.GetDescRec, library.GetDescRecW, name, capacity, name_length,
            [&](auto call, auto* buffer, SQLSMALLINT room, SQLSMALLINT* got) {
                return call(underlying.handle, record, buffer, room, got, type, subtype, length, precision,
                            scale, nullable);
            });
        if (result == kNoSuchFunction) no_such_function();
        return result;
    });
}

SQLPOINTER number(SQLLEN value) {
    return reinterpret_cast<SQLPOINTER>(static_cast<std::intptr_t>(value));
}

}  // namespace

extern "C" {

SQLRETURN SQL_API SQLSetDescField(SQLHDESC handle, SQLSMALLINT record, SQLSMALLINT id, SQLPOINTER value,
                                  SQLINTEGER length) {
    return set_field<SQLCHAR>(handle, record, id, value, length);
}

SQLRETURN SQL_API SQLSetDescFieldW(SQLHDESC handle, SQLSMALLINT record, SQLSMALLINT id, SQLPOINTER value,
                                   SQLINTEGER length) {
    return set_field<SQLWCHAR>(handle, record, id, value, length);
}

SQLRETURN SQL_API SQLGetDescField(SQLHDESC handle, SQLSMALLINT record, SQLSMALLINT id, SQLPOINTER value,
                                  SQLINTEGER capacity, SQLINTEGER* length) {
    return get_field<SQLCHAR>(handle, record, id, value, capacity, length);
}

SQLRETURN SQL_API SQLGetDescFieldW(SQLHDESC handle, SQLSMALLINT record, SQLSMALLINT id, SQLPOINTER value,
                                   SQLINTEGER capacity, SQLINTEGER* length) {
    return get_field<SQLWCHAR>(handle, record, id, value, capacity, length);
}

SQLRETURN SQL_API SQLGetDescRec(SQLHDESC handle, SQLSMALLINT record, SQLCHAR* name, SQLSMALLINT capacity,
                                SQLSMALLINT* name_length, SQLSMALLINT* type, SQLSMALLINT* subtype,
                                SQLLEN* length, SQLSMALLINT* precision, SQLSMALLINT* scale,
                                SQLSMALLINT* nullable) {
    return get_record(handle, record, name, capacity, name_length, type, subtype, length, precision, scale,
                      nullable);
}

SQLRETURN SQL_API SQLGetDescRecW(SQLHDESC handle, SQLSMALLINT record, SQLWCHAR* name, SQLSMALLINT capacity,
                                 SQLSMALLINT* name_length, SQLSMALLINT* type, SQLSMALLINT* subtype,
                                 SQLLEN* length, SQLSMALLINT* precision, SQLSMALLINT* scale,
                                 SQLSMALLINT* nullable) {
    return get_record(handle, record, name, capacity, name_length, type, subtype, length, precision, scale,
                      nullable);
}

// Field by field, in the order in which they do not undo each other (ODBC, SQLSetDescRec; the pointers go
// last): so that every underlying driver takes it, and the spec has it.
SQLRETURN SQL_API SQLSetDescRec(SQLHDESC handle, SQLSMALLINT record, SQLSMALLINT type, SQLSMALLINT subtype,
                                SQLLEN length, SQLSMALLINT precision, SQLSMALLINT scale, SQLPOINTER data,
                                SQLLEN* string_length, SQLLEN* indicator) {
    struct Step {
        SQLSMALLINT id;
        SQLPOINTER value;
        SQLINTEGER length;
    };
    const bool has_subtype = type == SQL_DATETIME || type == SQL_INTERVAL;
    const Step steps[] = {
        {SQL_DESC_TYPE, number(type), SQL_IS_SMALLINT},
        {SQL_DESC_DATETIME_INTERVAL_CODE, number(subtype), SQL_IS_SMALLINT},
        {SQL_DESC_OCTET_LENGTH, number(length), SQL_IS_INTEGER},
        {SQL_DESC_PRECISION, number(precision), SQL_IS_SMALLINT},
        {SQL_DESC_SCALE, number(scale), SQL_IS_SMALLINT},
        {SQL_DESC_OCTET_LENGTH_PTR, string_length, SQL_IS_POINTER},
        {SQL_DESC_INDICATOR_PTR, indicator, SQL_IS_POINTER},
        {SQL_DESC_DATA_PTR, data, SQL_IS_POINTER},
    };
    for (const Step& step : steps) {
        if (step.id == SQL_DESC_DATETIME_INTERVAL_CODE && !has_subtype) continue;
        const SQLRETURN result = set_field<SQLCHAR>(handle, record, step.id, step.value, step.length);
        if (!SQL_SUCCEEDED(result)) return result;
    }
    return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLCopyDesc(SQLHDESC source_handle, SQLHDESC target_handle) {
    auto* source = handle_cast<Descriptor>(source_handle);
    if (!source) return SQL_INVALID_HANDLE;
    return gate<Descriptor>(target_handle, [&](Descriptor& target) -> SQLRETURN {
        const auto to = target.reach();
        const auto from = source->reach();
        if (to.library != from.library || !to.library->CopyDesc) no_such_function();
        const SQLRETURN result = to.library->CopyDesc(from.handle, to.handle);
        if (!SQL_SUCCEEDED(result) || target.kind() == Descriptor::Kind::ImplementationRow) return result;
        // What a result's descriptor says is known to the driver alone: what it copied is read back.
        if (source->kind() == Descriptor::Kind::ImplementationRow)
            target.become_what(*to.library, to.handle);
        else
            target.become(*source);
        return result;
    });
}

}  // extern "C"
