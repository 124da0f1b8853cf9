// A statement's text, in the encoding in which the application gave it.
#pragma once

#include <string>
#include <string_view>

#include "driver/encoding.h"
#include "driver/text_call.h"
#include "driver/underlying_statement.h"

namespace freshread {

struct StatementText {
    bool wide = false;
    std::string narrow{};
    WideString wide_text{};

    // Kept storage is used again.
    void assign(std::string_view text) {
        wide = false;
        narrow.assign(text);
    }
    void assign(std::basic_string_view<SQLWCHAR> text) {
        wide = true;
        wide_text.assign(text);
    }
    [[nodiscard]] bool is(std::string_view text) const { return !wide && narrow == text; }
    [[nodiscard]] bool is(std::basic_string_view<SQLWCHAR> text) const { return wide && wide_text == text; }
    // In characters of that encoding.
    [[nodiscard]] std::size_t size() const { return wide ? wide_text.size() : narrow.size(); }

    // Calls one of the two variants of a function with it. SQL_ERROR when the driver has neither.
    template <typename Narrow, typename Wide>
    SQLRETURN call(Narrow function, Wide wide_function, const UnderlyingStatement& underlying) {
        const SQLRETURN result =
            wide ? call_with_text<SQLWCHAR>(
                       function, wide_function, underlying.handle(),
                       TextArgument{wide_text.data(), static_cast<SQLINTEGER>(wide_text.size())})
                 : call_with_text<SQLCHAR>(function, wide_function, underlying.handle(),
                                           TextArgument{reinterpret_cast<SQLCHAR*>(narrow.data()),
                                                        static_cast<SQLINTEGER>(narrow.size())});
        return result == kNoSuchFunction ? SQLRETURN{SQL_ERROR} : result;
    }
};

}  // namespace freshread
