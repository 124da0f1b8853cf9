#include "cli/statement_reader.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace freshread {

namespace {

constexpr std::size_t kAtOnce = 1U << 18;

}  // namespace

bool StatementReader::find_end() {
    const void* found = std::memchr(buffer_.data() + searched_, separator_, size_ - searched_);
    searched_ = found ? static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data()) : size_;
    return found != nullptr;
}

bool StatementReader::may_wait() {
    return !ended_ && !find_end();
}

std::optional<std::string_view> StatementReader::next() {
    while (!find_end() && !ended_) read_more();
    if (begin_ == size_) return std::nullopt;
    const std::string_view statement(buffer_.data() + begin_, searched_ - begin_);
    begin_ = searched_ == size_ ? size_ : searched_ + 1;
    searched_ = begin_;
    return statement;
}

void StatementReader::read_more() {
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, size_ - begin_);
        searched_ -= begin_;
        size_ -= begin_;
        begin_ = 0;
    }
    // Doubled, so that a long statement is not copied once per read.
    if (buffer_.size() - size_ < kAtOnce) buffer_.resize(std::max(buffer_.size() * 2, kAtOnce * 2));
    ssize_t got = -1;
    do {
        got = ::read(file_, buffer_.data() + size_, buffer_.size() - size_);
    } while (got < 0 && errno == EINTR);
    if (got < 0) throw std::system_error(errno, std::generic_category(), "cannot read the statements");
    size_ += static_cast<std::size_t>(got);
    ended_ = got == 0;
}

}  // namespace freshread
