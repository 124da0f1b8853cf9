#include "cli/classify_command.h"

#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "cli/statement_reader.h"

namespace freshread {

namespace {

constexpr std::size_t kFull = 1U << 16;

void write_all(int file, std::string& text) {
    std::string_view rest = text;
    while (!rest.empty()) {
        const ssize_t put = ::write(file, rest.data(), rest.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) throw std::system_error(errno, std::generic_category(), "cannot write the answers");
        rest.remove_prefix(static_cast<std::size_t>(put));
    }
    text.clear();
}

}  // namespace

void classify_statements(int in, int out, char separator, const DescribeStatement& describe) {
    StatementReader statements(in, separator);
    std::string lines;
    while (true) {
        if (lines.size() >= kFull || statements.may_wait()) write_all(out, lines);
        const auto statement = statements.next();
        if (!statement) break;
        describe(*statement, lines);
    }
    write_all(out, lines);
}

}  // namespace freshread
