// One call as the mock driver plays it: recorded, then handed on to the real driver or answered as a rule
// says.
#pragma once

#include <csignal>
#include <optional>
#include <string>
#include <type_traits>

#include "driver/driver_library.h"
#include "tests/mock/stage.h"

namespace freshread::mock {

// The driver that odbcinst.ini calls "PostgreSQL Unicode".
[[nodiscard]] const DriverLibrary& real();

// What `rule` makes of the call `forward` on `handle`; `output`: where `answer` puts its number. Null without
// one.
template <typename Forward>
SQLRETURN perform(const std::optional<Rule>& rule, SQLHANDLE handle, SQLPOINTER output, Forward forward) {
    if (!rule) return forward();
    switch (rule->verb) {
        case Verb::Fail:
            Stage::instance().give_records(handle, rule->records);
            return SQL_ERROR;
        case Verb::Lose:
            forward();
            Stage::instance().give_records(handle, rule->records);
            return SQL_ERROR;
        case Verb::Inform: {
            const SQLRETURN result = forward();
            if (!SQL_SUCCEEDED(result)) return result;
            Stage::instance().give_records(handle, rule->records);
            return SQL_SUCCESS_WITH_INFO;
        }
        case Verb::Return:
            return static_cast<SQLRETURN>(rule->number);
        case Verb::Answer16:
            if (output) *static_cast<SQLSMALLINT*>(output) = static_cast<SQLSMALLINT>(rule->number);
            return SQL_SUCCESS;
        case Verb::Answer32:
            if (output) *static_cast<SQLINTEGER*>(output) = static_cast<SQLINTEGER>(rule->number);
            return SQL_SUCCESS;
        case Verb::Answer64:
            if (output) *static_cast<SQLLEN*>(output) = rule->number;
            return SQL_SUCCESS;
        case Verb::DieBefore:
        case Verb::DieAfter:
            if (rule->verb == Verb::DieAfter) forward();
            std::raise(SIGKILL);
            break;
        case Verb::Have:
        case Verb::Lack:
        case Verb::Wait:
            break;
    }
    return forward();
}

template <typename Forward>
SQLRETURN play(const char* function, SQLHANDLE handle, const std::string& detail, SQLPOINTER output,
               Forward forward) {
    return perform(Stage::instance().enter(function, handle, detail), handle, output, forward);
}

// The numbers among arguments, separated by spaces. The value of a setter comes as a pointer and is a number,
// too.
enum class Pointers { Left, Shown };
template <Pointers pointers, typename... Arguments>
std::string numbers_in(Arguments... arguments) {
    std::string text;
    [[maybe_unused]] const auto add = [&](auto argument) {
        using Argument = decltype(argument);
        const std::string_view space = text.empty() ? "" : " ";
        if constexpr (std::is_integral_v<Argument>)
            text.append(space).append(std::to_string(argument));
        else if constexpr (pointers == Pointers::Shown && std::is_same_v<Argument, SQLPOINTER>)
            text.append(space).append(std::to_string(reinterpret_cast<std::uintptr_t>(argument)));
    };
    (add(arguments), ...);
    return text;
}

// The first pointer among arguments: where a function that answers with a number puts it.
template <typename... Arguments>
SQLPOINTER output_in(Arguments... arguments) {
    SQLPOINTER output = nullptr;
    [[maybe_unused]] const auto look = [&](auto argument) {
        if constexpr (std::is_pointer_v<decltype(argument)>)
            if (!output) output = argument;
    };
    (look(arguments), ...);
    return output;
}

// A function of `handle` that has nothing particular about it.
template <auto function, Pointers pointers = Pointers::Left, typename... Arguments>
SQLRETURN pass(const char* name, SQLHANDLE handle, Arguments... arguments) {
    return play(name, handle, numbers_in<pointers>(arguments...), output_in(arguments...),
                [&]() -> SQLRETURN {
                    const auto call = real().*function;
                    return call ? call(handle, arguments...) : SQLRETURN{SQL_ERROR};
                });
}

}  // namespace freshread::mock
