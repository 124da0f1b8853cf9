#include "routing/text_shape.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "routing/identifier.h"

namespace freshread {

namespace {

// What a byte means outside literals and quoted names.
enum class Byte : std::uint8_t {
    Other,    // copied; nothing that stands before a number or a string belongs to it
    Joins,    // copied; what follows may belong to it
    Digit,    // begins a number, unless something before it joins
    Quote,    // begins a string, unless something before it joins
    Name,     // " or `: a name, or in MariaDB perhaps a string, copied to its end
    Bracket,  // [: an index in PostgreSQL, a name elsewhere
    Minus,
    Slash,
    Refused,  // no shape
};

constexpr std::array<Byte, 256> kBytes = [] {
    std::array<Byte, 256> bytes{};
    for (std::size_t c = 0; c < bytes.size(); ++c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        const bool control = c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f';
        bytes.at(c) = letter ? Byte::Joins : control || c == 0x7F ? Byte::Refused : Byte::Other;
        if (c >= '0' && c <= '9') bytes.at(c) = Byte::Digit;
    }
    for (const char c : {'.', '@', '&', ':'}) bytes.at(static_cast<unsigned char>(c)) = Byte::Joins;
    for (const char c : {'"', '`'}) bytes.at(static_cast<unsigned char>(c)) = Byte::Name;
    for (const char c : {'\\', '#', '$'}) bytes.at(static_cast<unsigned char>(c)) = Byte::Refused;
    bytes.at('\'') = Byte::Quote;
    bytes.at('[') = Byte::Bracket;
    bytes.at('-') = Byte::Minus;
    bytes.at('/') = Byte::Slash;
    return bytes;
}();

Byte meaning(char c) {
    return kBytes[static_cast<unsigned char>(
        c)];  // NOLINT(cppcoreguidelines-pro-bounds-constant-array-index)
}

// Never in a text that has a shape.
constexpr char kNumber = '\x01';
constexpr char kString = '\x02';

bool begins_known(std::string_view text) {
    switch (text.size() < 6 ? '\0' : fold(text.front())) {
        case 's':
            return starts_folded(text, "select");
        case 'i':
            return starts_folded(text, "insert");
        case 'u':
            return starts_folded(text, "update");
        case 'd':
            return starts_folded(text, "delete");
        case 'w':
            return starts_folded(text, "with");
        case 'v':
            return starts_folded(text, "values");
        default:
            return false;
    }
}

// Behind the quote that ends what began with `quote` at `begin`; null when nothing does, or a byte in it
// makes that unsure. A doubled quote is part of it.
const char* behind_quoted(const char* begin, const char* end, char quote) {
    for (const char* at = begin + 1; at != end; ++at) {
        if (*at == quote) {
            if (at + 1 == end || at[1] != quote) return at + 1;
            ++at;
        } else if (*at == '\\' || *at == '\0' || *at == kNumber || *at == kString) {
            return nullptr;
        }
    }
    return nullptr;
}

const char* behind_digits(const char* at, const char* end) {
    while (at != end && meaning(*at) == Byte::Digit) ++at;
    return at;
}

// Behind 12 or 12.50 at `at`; null when more may belong to it (1e5, 0x1F, 1., 1abc).
const char* behind_number(const char* at, const char* end) {
    at = behind_digits(at, end);
    if (end - at >= 2 && *at == '.' && meaning(at[1]) == Byte::Digit) at = behind_digits(at + 1, end);
    const bool more = at != end && meaning(*at) == Byte::Joins && *at != ':';
    return more ? nullptr : at;
}

}  // namespace

bool shape_of(std::string_view text, Dialect dialect, std::string& out) {
    if (!begins_known(text)) return false;
    out.resize(text.size());
    char* to = out.data();
    const char* at = text.data();
    const char* const end = at + text.size();
    bool joins = false;  // what stands before may belong to what comes
    while (at != end) {
        const char* const run = at;
        while (at != end && meaning(*at) <= Byte::Joins) ++at;
        if (at != run) {
            to = std::copy(run, at, to);
            joins = meaning(at[-1]) == Byte::Joins;
            continue;
        }
        switch (meaning(*at)) {
            case Byte::Digit: {
                if (joins) break;
                const char* behind = behind_number(at, end);
                joins = !behind;
                if (!behind) break;
                at = behind;
                *to++ = kNumber;
                continue;
            }
            case Byte::Quote: {
                const char* behind = behind_quoted(at, end, '\'');
                if (!behind) return false;
                if (joins) {
                    while (at != behind) *to++ = *at++;
                } else {
                    at = behind;
                    *to++ = kString;
                }
                joins = true;
                continue;
            }
            case Byte::Name: {
                const char* behind = behind_quoted(at, end, *at);
                if (!behind) return false;
                while (at != behind) *to++ = *at++;
                joins = true;
                continue;
            }
            case Byte::Bracket:
                if (dialect != Dialect::PostgreSql) return false;
                joins = false;
                break;
            case Byte::Minus:
                if (at + 1 != end && at[1] == '-') return false;
                joins = false;
                break;
            case Byte::Slash:
                if (at + 1 != end && at[1] == '*') return false;
                joins = false;
                break;
            default:
                return false;
        }
        *to++ = *at++;
    }
    out.resize(static_cast<std::size_t>(to - out.data()));
    return true;
}

bool belongs_to_shape(const StatementClass& is) {
    const bool plain = is.kind == StatementKind::Read || is.kind == StatementKind::Write ||
                       is.kind == StatementKind::LockingRead;
    return plain && !is.local_setting && !is.alters_session;
}

}  // namespace freshread
