#include "cli/json_text.h"

#include <array>
#include <cstdio>

namespace freshread {

std::string json_string(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            quoted.append(1, '\\').append(1, c);
        } else if (static_cast<unsigned char>(c) < ' ') {
            std::array<char, 8> escape{};
            std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
            quoted.append(escape.data());
        } else {
            quoted.append(1, c);
        }
    }
    return quoted + '"';
}

}  // namespace freshread
