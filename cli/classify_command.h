// `freshread classify`: statements in, one line about each out.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace freshread {

// Appends the line about a statement (cli/class_line.h).
using DescribeStatement = std::function<void(std::string_view statement, std::string& out)>;

// Reads statements ended by `separator` from the file `in` until it ends, and writes their lines to the file
// `out`. Whatever was read is answered before it waits for more, so that another program can talk to it line
// by line. Throws std::system_error when reading or writing fails.
void classify_statements(int in, int out, char separator, const DescribeStatement& describe);

}  // namespace freshread
