#include "driver/answer.h"

#include <array>

#include "driver/split_mix.h"
#include "driver/text_hash.h"

namespace freshread {

namespace {

// Reads the rows of a statement that was executed.
class RowReader {
 public:
    RowReader(const UnderlyingStatement& statement, const AnswerLimits& limits)
        : library_(statement.library()),
          handle_(statement.handle()),
          wide_(statement.backend().is_wide()),
          limits_(limits) {}

    [[nodiscard]] Answer read() {
        SQLSMALLINT columns = 0;
        if (!library_.NumResultCols || !library_.Fetch || !library_.GetData ||
            !SQL_SUCCEEDED(library_.NumResultCols(handle_, &columns)) || columns < 0)
            return {};
        Answer answer;
        answer.columns = static_cast<std::uint64_t>(columns);
        answer.is = Answer::Is::Whole;
        if (columns == 0) return answer;
        SQLRETURN fetched = SQL_SUCCESS;
        while (SQL_SUCCEEDED(fetched = library_.Fetch(handle_))) {
            if (++answer.rows > limits_.rows) return {Answer::Is::TooLarge};
            std::uint64_t row = 0;
            for (SQLSMALLINT column = 1; column <= columns; ++column)
                if (!add(static_cast<SQLUSMALLINT>(column), row)) return {Answer::Is::Failed};
            if (bytes_ > limits_.bytes) return {Answer::Is::TooLarge};
            // A sum has no order; the mixing keeps rows from making up for each other.
            answer.hash += next_random(row);
        }
        return fetched == SQL_NO_DATA ? answer : Answer{};
    }

 private:
    // The value of a column, into the hash of its row. In pieces, and the last one is not full.
    [[nodiscard]] bool add(SQLUSMALLINT column, std::uint64_t& row) {
        value_.clear();
        SQLLEN length = 0;
        SQLRETURN result = SQL_SUCCESS_WITH_INFO;
        while (result == SQL_SUCCESS_WITH_INFO && value_.size() <= limits_.bytes) {
            result = wide_ ? piece<SQLWCHAR>(column, SQL_C_WCHAR, length)
                           : piece<SQLCHAR>(column, SQL_C_CHAR, length);
        }
        bytes_ += value_.size();
        const std::uint64_t value = length == SQL_NULL_DATA ? kNull : hash_(value_);
        row = row * kOrder + value;
        return SQL_SUCCEEDED(result);
    }
    template <typename Char>
    [[nodiscard]] SQLRETURN piece(SQLUSMALLINT column, SQLSMALLINT type, SQLLEN& length) {
        std::array<Char, 2048> piece{};
        const SQLRETURN result =
            library_.GetData(handle_, column, type, piece.data(), static_cast<SQLLEN>(sizeof piece), &length);
        if (!SQL_SUCCEEDED(result) || length == SQL_NULL_DATA) return result;
        const auto text = argument_text(piece.data(), SQL_NTS);
        value_.append(reinterpret_cast<const char*>(text.data()), text.size() * sizeof(Char));
        return result;
    }

    static constexpr std::uint64_t kNull = 0x6E756C6CULL;
    static constexpr std::uint64_t kOrder = 0x9E3779B97F4A7C15ULL;

    const DriverLibrary& library_;
    SQLHSTMT handle_;
    bool wide_;
    AnswerLimits limits_;
    TextHash hash_{};
    std::string value_{};
    std::uint64_t bytes_ = 0;
};

}  // namespace

Answer answer_of(Backend& backend, StatementText& text, const AnswerLimits& limits) {
    Diagnostics unseen;
    try {
        const UnderlyingStatement statement(backend, unseen);
        const DriverLibrary& library = statement.library();
        // Drivers that read all of a result before they give the first row of it may stop there.
        const auto limit = library.SetStmtAttr ? library.SetStmtAttr : library.SetStmtAttrW;
        if (limit)
            limit(statement.handle(), SQL_ATTR_MAX_ROWS,
                  reinterpret_cast<SQLPOINTER>(static_cast<std::uintptr_t>(limits.rows + 1)),
                  SQL_IS_UINTEGER);
        if (!SQL_SUCCEEDED(text.call(library.ExecDirect, library.ExecDirectW, statement))) return {};
        return RowReader(statement, limits).read();
    } catch (const DriverError&) {
        return {};
    }
}

}  // namespace freshread
