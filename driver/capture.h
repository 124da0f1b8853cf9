// Who asks for the position of a write: `Capture=`.
#pragma once

#include <cstdint>

namespace freshread {

enum class Capture : std::uint8_t {
    Monitor,  // whoever samples the leader: nothing is asked for a write
    Commit,   // the connection itself, behind each
};

}  // namespace freshread
