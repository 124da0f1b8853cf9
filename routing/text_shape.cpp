#include "routing/text_shape.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <utility>

#include "routing/character.h"
#include "routing/keyword.h"

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

#ifdef __SSE2__
// Each byte that is not plain as 0xFF, and white space other than the blank, too.
__m128i perhaps_not_plain(__m128i bytes) {
    const auto is = [&](char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); };
    const auto among = [&](char first, char last) { return sse2::in_range(bytes, first, last); };
    const __m128i below_blank = among('\0', '\x1F');
    const __m128i literals = _mm_or_si128(among('/', '9'), _mm_or_si128(is('\''), is('-')));
    const __m128i names = _mm_or_si128(among('"', '$'), _mm_or_si128(among('[', '\\'), is('`')));
    return _mm_or_si128(_mm_or_si128(below_blank, is('\x7F')), _mm_or_si128(literals, names));
}
#endif

// Never in a text that has a shape.
constexpr char kNumber = '\x01';
constexpr char kString = '\x02';

bool begins_known(std::string_view text) {
    using keywords::folded;
    using keywords::letters_of;
    if (text.size() < keywords::kPrefix) return false;  // too short for a literal
    const std::uint64_t begin = keywords::letters_from(text, text.size());
    switch (folded(begin, 6)) {
        case folded(letters_of("select"), 6):
        case folded(letters_of("insert"), 6):
        case folded(letters_of("update"), 6):
        case folded(letters_of("delete"), 6):
        case folded(letters_of("values"), 6):
            return true;
        default:
            return folded(begin, 4) == folded(letters_of("with"), 4);
    }
}

// Behind the quote that ends what began with `quote` at `begin`; null when nothing does, or a byte in it
// makes that unsure. A doubled quote is part of it.
const char* behind_quoted(const char* begin, const char* end, char quote) {
    for (const char* at = begin + 1;; at += 2) {
        at = find_any(at, end, quote, '\\', '\0', kNumber, kString);
        if (at == end || *at != quote) return nullptr;
        if (end - at < 2 || at[1] != quote) return at + 1;
    }
}

bool is_plain(char c) {
    return meaning(c) <= Byte::Joins;
}

// Copies plain bytes from `at` on to `to`, which goes with them: up to where the first one stands that is
// none. As much room as there is text.
const char* copy_plain(const char* at, const char* end, char*& to) {
#ifdef __SSE2__
    while (end - at >= 16) {
        const __m128i bytes = sse2::load(at);
        _mm_storeu_si128(static_cast<__m128i*>(static_cast<void*>(to)), bytes);
        const auto found = static_cast<unsigned>(_mm_movemask_epi8(perhaps_not_plain(bytes)));
        const int plain = std::countr_zero(found | 0x10000U);
        at += plain;
        to += plain;
        if (found != 0) break;
    }
#endif
    while (at != end && is_plain(*at)) *to++ = *at++;
    return at;
}

const char* behind_digits(const char* at, const char* end) {
    while (at != end && static_cast<unsigned char>(*at - '0') < 10) ++at;
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

std::optional<std::string_view> shape_of(std::string_view text, Dialect dialect, std::string& room) {
    if (!begins_known(text)) return std::nullopt;
    if (room.size() < text.size()) room.resize(text.size());
    char* to = room.data();
    const char* at = text.data();
    const char* const end = at + text.size();
    bool joins = false;  // what stands before may belong to what comes
    while (true) {
        const char* const run = at;
        at = copy_plain(at, end, to);
        if (at == end) break;
        if (at != run) joins = meaning(at[-1]) == Byte::Joins;
        const char* behind = at + 1;
        switch (meaning(*at)) {
            case Byte::Digit:
                if (joins) break;
                behind = behind_number(at, end);
                joins = behind == nullptr;
                if (joins) {
                    behind = at + 1;
                    break;
                }
                *to++ = kNumber;
                at = behind;
                continue;
            case Byte::Quote:
                behind = behind_quoted(at, end, '\'');
                if (behind == nullptr) return std::nullopt;
                if (std::exchange(joins, true)) break;
                *to++ = kString;
                at = behind;
                continue;
            case Byte::Name:
                behind = behind_quoted(at, end, *at);
                if (behind == nullptr) return std::nullopt;
                joins = true;
                break;
            case Byte::Bracket:
                if (dialect != Dialect::PostgreSql) return std::nullopt;
                joins = false;
                break;
            case Byte::Minus:
                if (end - at > 1 && at[1] == '-') return std::nullopt;
                joins = false;
                break;
            case Byte::Slash:
                if (end - at > 1 && at[1] == '*') return std::nullopt;
                joins = false;
                break;
            default:
                return std::nullopt;
        }
        to = std::copy(at, behind, to);
        at = behind;
    }
    return std::string_view(room.data(), static_cast<std::size_t>(to - room.data()));
}

bool belongs_to_shape(const StatementClass& is) {
    const bool plain = is.kind == StatementKind::Read || is.kind == StatementKind::Write ||
                       is.kind == StatementKind::LockingRead;
    return plain && !is.local_setting && !is.alters_session;
}

}  // namespace freshread
