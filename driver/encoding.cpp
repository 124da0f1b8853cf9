#include "driver/encoding.h"

#include <algorithm>
#include <cstring>

namespace freshread {

namespace {

void append_code_point(char32_t c, std::string& out) {
    const auto put = [&out](char32_t byte) {
        out.push_back(static_cast<char>(static_cast<unsigned char>(byte)));
    };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0 | (c >> 6));
        put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        put(0xE0 | (c >> 12));
        put(0x80 | ((c >> 6) & 0x3F));
        put(0x80 | (c & 0x3F));
    } else {
        put(0xF0 | (c >> 18));
        put(0x80 | ((c >> 12) & 0x3F));
        put(0x80 | ((c >> 6) & 0x3F));
        put(0x80 | (c & 0x3F));
    }
}

// Decodes one code point at `at` and moves on; 0xFFFFFFFF when the bytes are not UTF-8 (`at` is unchanged).
char32_t decode(std::string_view text, std::size_t& at) {
    constexpr char32_t kInvalid = 0xFFFFFFFF;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(at);
    std::size_t more = 0;
    char32_t value = 0;
    char32_t least = 0;
    if (first < 0x80) {
        ++at;
        return first;
    }
    if ((first & 0xE0) == 0xC0) {
        more = 1, value = first & 0x1F, least = 0x80;
    } else if ((first & 0xF0) == 0xE0) {
        more = 2, value = first & 0x0F, least = 0x800;
    } else if ((first & 0xF8) == 0xF0) {
        more = 3, value = first & 0x07, least = 0x10000;
    } else {
        return kInvalid;
    }
    if (at + more >= text.size()) return kInvalid;
    for (std::size_t i = 1; i <= more; ++i) {
        if ((byte(at + i) & 0xC0) != 0x80) return kInvalid;
        value = (value << 6) | (byte(at + i) & 0x3FU);
    }
    if (value < least || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return kInvalid;
    at += more + 1;
    return value;
}

template <typename Char>
bool copy_units(std::basic_string_view<Char> text, Char* buffer, SQLINTEGER capacity, SQLINTEGER* length) {
    if (length) *length = static_cast<SQLINTEGER>(text.size());
    if (!buffer || capacity <= 0) return buffer != nullptr && !text.empty();
    const std::size_t fits = std::min(text.size(), static_cast<std::size_t>(capacity) - 1);
    std::copy_n(text.data(), fits, buffer);
    buffer[fits] = 0;
    return fits < text.size();
}

}  // namespace

std::string_view argument_text(const SQLCHAR* text, SQLINTEGER length) {
    if (!text) return {};
    const auto* characters = reinterpret_cast<const char*>(text);
    if (length == SQL_NTS) return {characters};
    return {characters, static_cast<std::size_t>(std::max<SQLINTEGER>(length, 0))};
}

std::basic_string_view<SQLWCHAR> argument_text(const SQLWCHAR* text, SQLINTEGER length) {
    if (!text) return {};
    if (length == SQL_NTS) {
        std::size_t count = 0;
        while (text[count] != 0) ++count;
        return {text, count};
    }
    return {text, static_cast<std::size_t>(std::max<SQLINTEGER>(length, 0))};
}

void append_utf8(std::basic_string_view<SQLWCHAR> text, std::string& out) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char32_t unit = text[i];
        if (unit < 0x80) {
            out.push_back(static_cast<char>(unit));
        } else if (unit < 0xD800 || unit > 0xDFFF) {
            append_code_point(unit, out);
        } else if (unit < 0xDC00 && i + 1 < text.size() && text[i + 1] >= 0xDC00 && text[i + 1] <= 0xDFFF) {
            append_code_point(0x10000 + ((unit - 0xD800) << 10) + (text[i + 1] - 0xDC00U), out);
            ++i;
        } else {
            append_code_point(0xFFFD, out);
        }
    }
}

std::string to_utf8(std::basic_string_view<SQLWCHAR> text) {
    std::string out;
    out.reserve(text.size());
    append_utf8(text, out);
    return out;
}

WideString to_wide(std::string_view text) {
    WideString out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const char32_t c = decode(text, at);
        if (c == 0xFFFFFFFF) {
            out.push_back(static_cast<unsigned char>(text[at++]));
        } else if (c < 0x10000) {
            out.push_back(static_cast<SQLWCHAR>(c));
        } else {
            out.push_back(static_cast<SQLWCHAR>(0xD800 + ((c - 0x10000) >> 10)));
            out.push_back(static_cast<SQLWCHAR>(0xDC00 + ((c - 0x10000) & 0x3FF)));
        }
    }
    return out;
}

bool copy_out(std::string_view text, SQLCHAR* buffer, SQLINTEGER capacity, SQLINTEGER* length) {
    return copy_units<char>(text, reinterpret_cast<char*>(buffer), capacity, length);
}

bool copy_out(std::string_view utf8, SQLWCHAR* buffer, SQLINTEGER capacity, SQLINTEGER* length) {
    const WideString wide = to_wide(utf8);
    return copy_units<SQLWCHAR>(wide, buffer, capacity, length);
}

}  // namespace freshread
