// `freshread classify`: statements in, one line about each out.
#pragma once

#include "routing/dialect.h"

namespace freshread {

// Reads statements ended by `separator` from the file `in` until it ends, and writes their lines to the file
// `out`. Whatever was read is answered before it waits for more, so that another program can talk to it line
// by line. Throws std::system_error when reading or writing fails.
void classify_statements(int in, int out, Dialect dialect, char separator);

}  // namespace freshread
