// Statements out of a file descriptor, each ended by a separator; the last one may lack it. A statement may
// be of any length and hold any other byte.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace freshread {

class StatementReader {
 public:
    StatementReader(int file, char separator) : file_(file), separator_(separator) {}

    // The next statement, valid until the next call; nothing behind the last one. Throws std::system_error
    // when the file cannot be read.
    [[nodiscard]] std::optional<std::string_view> next();

    // next() would have to read, and so may wait for whoever writes the statements.
    [[nodiscard]] bool may_wait();

 private:
    [[nodiscard]] bool find_end();  // of the statement at begin_, within what was read
    void read_more();

    int file_;
    char separator_;
    std::string buffer_{};
    std::size_t begin_ = 0;     // of the next statement
    std::size_t searched_ = 0;  // no separator stands between begin_ and here
    std::size_t size_ = 0;      // of what was read
    bool ended_ = false;
};

}  // namespace freshread
