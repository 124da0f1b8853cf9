// Calls an underlying function in the variant the application used (drivers behave differently in their ANSI
// and wide entries). Only where the underlying driver lacks the wide variant is text converted.
#pragma once

#include <deque>
#include <string>
#include <tuple>
#include <vector>

#include "driver/encoding.h"

namespace freshread {

// A text argument: `length` in characters, or SQL_NTS; null stays null.
template <typename Char, typename Length>
struct TextArgument {
    Char* text;
    Length length;
};
template <typename Char, typename Length>
TextArgument(Char*, Length) -> TextArgument<Char, Length>;

namespace text_call_detail {

using Storage = std::deque<std::string>;

template <typename Char, typename Length>
auto same(const TextArgument<Char, Length>& argument) {
    return std::make_tuple(argument.text, argument.length);
}
template <typename Plain>
auto same(const Plain& plain) {
    return std::make_tuple(plain);
}

template <typename Length>
auto narrowed(Storage& storage, const TextArgument<SQLWCHAR, Length>& argument) {
    if (!argument.text) return std::make_tuple(static_cast<SQLCHAR*>(nullptr), argument.length);
    auto& text = storage.emplace_back(to_utf8(argument_text(argument.text, argument.length)));
    return std::make_tuple(reinterpret_cast<SQLCHAR*>(text.data()), static_cast<Length>(text.size()));
}
template <typename Plain>
auto narrowed(Storage&, const Plain& plain) {
    return std::make_tuple(plain);
}

}  // namespace text_call_detail

inline constexpr SQLRETURN kNoSuchFunction = -1000;  // never an ODBC return code

// For functions whose text arguments are all input. kNoSuchFunction when the driver has no variant of it.
template <typename Char, typename Narrow, typename Wide, typename... Arguments>
SQLRETURN call_with_text(Narrow narrow, Wide wide, const Arguments&... arguments) {
    using namespace text_call_detail;
    if constexpr (std::is_same_v<Char, SQLCHAR>) {
        return narrow ? std::apply(narrow, std::tuple_cat(same(arguments)...)) : kNoSuchFunction;
    } else {
        if (wide) return std::apply(wide, std::tuple_cat(same(arguments)...));
        if (!narrow) return kNoSuchFunction;
        Storage storage;
        return std::apply(narrow, std::tuple_cat(narrowed(storage, arguments)...));
    }
}

// For functions that give one text back: `call(function, buffer, capacity, length)` calls the variant it is
// handed, capacity and length in the units of Unit, and may be called twice. When the wide variant is
// missing, the ANSI one fills a buffer of ours.
enum class Unit { Characters, Bytes };

template <Unit unit, typename Char, typename Length, typename Narrow, typename Wide, typename Call>
SQLRETURN call_for_text(Narrow narrow, Wide wide, Char* buffer, Length capacity, Length* length, Call call) {
    if constexpr (std::is_same_v<Char, SQLCHAR>) {
        return narrow ? call(narrow, buffer, capacity, length) : kNoSuchFunction;
    } else {
        if (wide) return call(wide, buffer, capacity, length);
        if (!narrow) return kNoSuchFunction;
        constexpr Length kUnits = unit == Unit::Bytes ? static_cast<Length>(sizeof(SQLWCHAR)) : Length{1};
        constexpr Length kRoom = 16384;
        std::vector<SQLCHAR> text(static_cast<std::size_t>(kRoom));
        // What the driver does to the length when it fails is the application's to see, too.
        Length got = length ? *length : Length{0};
        SQLRETURN result = call(narrow, text.data(), capacity < 0 ? capacity : kRoom, &got);
        if (!SQL_SUCCEEDED(result)) {
            if (length) *length = got;
            return result;
        }
        SQLINTEGER full = 0;
        const auto room = static_cast<SQLINTEGER>(capacity / kUnits);
        const bool cut = copy_out(reinterpret_cast<const char*>(text.data()), buffer, room, &full);
        if (length) *length = static_cast<Length>(full * kUnits);
        // Asked again for as much as fits, the driver says itself that it was cut (01004).
        return cut ? call(narrow, text.data(), static_cast<Length>(room), &got) : result;
    }
}

}  // namespace freshread
