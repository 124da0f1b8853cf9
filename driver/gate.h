// The gate every exported function goes through: find the handle, clear its records, run, and let no
// exception out.
#pragma once

#include <cstdint>
#include <new>
#include <utility>

#include "driver/diagnostics.h"
#include "driver/odbc.h"

namespace freshread {

// First member of every handle: tells what it is, and that it has not been freed.
enum class HandleTag : std::uint32_t {
    Freed = 0,
    Environment = 0xF8E5EA01,
    Connection = 0xF8E5EA02,
    Statement = 0xF8E5EA03,
    Descriptor = 0xF8E5EA04,
};

template <typename Handle>
[[nodiscard]] inline Handle* handle_cast(SQLHANDLE handle) {
    auto* typed = static_cast<Handle*>(handle);
    return typed && typed->tag == Handle::kTag ? typed : nullptr;
}

// Turns the exception in flight into SQL_ERROR and a record. Only from a catch block.
SQLRETURN post_current_exception(Diagnostics& diagnostics) noexcept;

// `call` may end the life of the handle's object, when it succeeds. Its records are cleared first (ODBC: a
// function call discards the records of the one before).
template <typename Handle, typename Call>
SQLRETURN last_gate(SQLHANDLE handle, Call&& call) noexcept {
    Handle* object = handle_cast<Handle>(handle);
    if (!object) return SQL_INVALID_HANDLE;
    object->begin_call();
    try {
        return static_cast<SQLRETURN>(std::forward<Call>(call)(*object));
    } catch (...) {
        return post_current_exception(object->diagnostics);
    }
}

// `call` takes the handle's object, which outlives it.
template <typename Handle, typename Call>
SQLRETURN gate(SQLHANDLE handle, Call&& call) noexcept {
    const SQLRETURN result = last_gate<Handle>(handle, std::forward<Call>(call));
    if constexpr (requires(Handle & object) { object.call_failed(); })
        if (result == SQL_ERROR) [[unlikely]]
            static_cast<Handle*>(handle)->call_failed();
    if constexpr (requires(Handle & object) { object.end_call(); })
        if (result != SQL_INVALID_HANDLE) static_cast<Handle*>(handle)->end_call();
    return result;
}

}  // namespace freshread
