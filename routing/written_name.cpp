#include "routing/written_name.h"

#include "routing/identifier.h"

namespace freshread {

namespace {

constexpr std::size_t kLongestIdentifier = 63;  // NAMEDATALEN - 1: longer ones are cut by the server

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

void skip_space(std::string_view& rest) {
    while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
}

// Takes `"a ""b"""` off the front; false when it is not closed.
bool take_quoted(std::string_view& rest, std::string& part, bool folds) {
    const char quote = rest.front();
    rest.remove_prefix(1);
    while (!rest.empty()) {
        const char c = rest.front();
        rest.remove_prefix(1);
        if (c == quote) {
            if (rest.empty() || rest.front() != quote) return true;
            rest.remove_prefix(1);
        }
        part.push_back(folds ? fold(c) : c);
    }
    return false;
}

bool take_plain(std::string_view& rest, std::string& part) {
    const auto belongs = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '$' || static_cast<unsigned char>(c) >= 0x80;
    };
    while (!rest.empty() && belongs(rest.front())) {
        part.push_back(fold(rest.front()));
        rest.remove_prefix(1);
    }
    return true;
}

}  // namespace

std::optional<WrittenName> parse_written_name(std::string_view written, Dialect dialect) {
    WrittenName result;
    const bool mariadb = dialect == Dialect::MariaDb;
    for (int parts = 1; parts <= 3; ++parts) {
        std::string part;
        skip_space(written);
        const bool quoted = written.starts_with('"') || (mariadb && written.starts_with('`'));
        if (!(quoted ? take_quoted(written, part, mariadb) : take_plain(written, part))) return std::nullopt;
        if (part.empty() || part.size() > kLongestIdentifier) return std::nullopt;
        result.schema = std::move(result.name);
        result.name = std::move(part);
        skip_space(written);
        if (written.empty()) return result;
        if (written.front() != '.') return std::nullopt;
        written.remove_prefix(1);
    }
    return std::nullopt;
}

}  // namespace freshread
