// Text between the ANSI and the wide entry points. ANSI text that Freshread itself has to convert is UTF-8
// (what an ANSI application gives to an ANSI underlying driver passes through untouched); wide text is
// UTF-16.
#pragma once

#include <string>
#include <string_view>

#include "driver/odbc.h"

namespace freshread {

using WideString = std::basic_string<SQLWCHAR>;

// The text of an ODBC argument: `length` in characters, or SQL_NTS. Null gives an empty view.
[[nodiscard]] std::string_view argument_text(const SQLCHAR* text, SQLINTEGER length);
[[nodiscard]] std::basic_string_view<SQLWCHAR> argument_text(const SQLWCHAR* text, SQLINTEGER length);

// Unpaired surrogates become U+FFFD.
[[nodiscard]] std::string to_utf8(std::basic_string_view<SQLWCHAR> text);
[[nodiscard]] inline std::string to_utf8(std::string_view text) {
    return std::string(text);
}
// Appends to `out`, which keeps its capacity from call to call.
void append_utf8(std::basic_string_view<SQLWCHAR> text, std::string& out);

// Bytes that are not UTF-8 are taken as Latin-1, one character each: nothing is lost in length.
[[nodiscard]] WideString to_wide(std::string_view text);

// Copies text into an application's buffer with ODBC's rules: always terminated if there is room for the
// terminator, `length` receives the full length in characters; true when it did not fit. `capacity` in
// characters; buffer may be null.
bool copy_out(std::string_view text, SQLCHAR* buffer, SQLINTEGER capacity, SQLINTEGER* length);
bool copy_out(std::string_view utf8, SQLWCHAR* buffer, SQLINTEGER capacity, SQLINTEGER* length);

}  // namespace freshread
