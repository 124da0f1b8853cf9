// What the system says of an errno value, in English whatever the locale. Thread-safe, unlike strerror.
#pragma once

#include <string>
#include <system_error>

namespace freshread {

[[nodiscard]] inline std::string reason_of(int error) {
    return std::generic_category().message(error);
}

}  // namespace freshread
