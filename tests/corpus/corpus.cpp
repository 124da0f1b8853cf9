#include "corpus.h"

#include <cstdlib>
#include <fstream>

namespace freshread::test {

namespace {

// One flat JSON object of strings and arrays of strings, as the corpus has them.
class Line {
 public:
    explicit Line(std::string text) : text_(std::move(text)) {}

    CorpusEntry read() {
        CorpusEntry entry;
        while (position_ < text_.size()) {
            if (text_[position_] != '"') {
                ++position_;
                continue;
            }
            const auto key = string();
            position_ = text_.find_first_of("\"[", position_);
            const bool list = text_[position_] == '[';
            const auto values = list ? strings() : std::vector<std::string>{string()};
            if (key == "file") entry.file = values.front();
            if (key == "kind") entry.kind = values.front();
            if (key == "sql") entry.sql = values.front();
            if (key == "functions") entry.functions = values;
            if (key == "relations") entry.relations = values;
        }
        return entry;
    }

 private:
    std::vector<std::string> strings() {
        std::vector<std::string> values;
        while (text_[position_] != ']') {
            if (text_[position_] == '"') {
                values.push_back(string());
            } else {
                ++position_;
            }
        }
        ++position_;
        return values;
    }

    std::string string() {
        std::string value;
        for (++position_; text_[position_] != '"'; ++position_) {
            if (text_[position_] != '\\') {
                value += text_[position_];
                continue;
            }
            const char escape = text_[++position_];
            switch (escape) {
                case 'n':
                    value += '\n';
                    break;
                case 't':
                    value += '\t';
                    break;
                case 'r':
                    value += '\r';
                    break;
                case 'b':
                    value += '\b';
                    break;
                case 'f':
                    value += '\f';
                    break;
                case 'u':
                    // Which letter it is does not matter to the classifier: only that it is none of ASCII's.
                    value += std::stoi(text_.substr(position_ + 1, 4), nullptr, 16) < 0x80
                                 ? std::string(1, static_cast<char>(
                                                      std::stoi(text_.substr(position_ + 1, 4), nullptr, 16)))
                                 : std::string("\xC3\xA4");
                    position_ += 4;
                    break;
                default:
                    value += escape;
            }
        }
        ++position_;
        return value;
    }

    std::string text_;
    std::size_t position_ = 0;
};

}  // namespace

std::filesystem::path corpus_path() {
    if (const char* given = std::getenv("FRESHREAD_CORPUS")) return given;  // NOLINT(concurrency-mt-unsafe)
    return std::filesystem::path(FRESHREAD_SOURCE_DIR) / ".." / "shared" / "corpus" /
           "postgresql-regress.jsonl";
}

const std::vector<CorpusEntry>& corpus() {
    static const auto entries = [] {
        std::vector<CorpusEntry> read;
        std::ifstream file(corpus_path());
        for (std::string line; std::getline(file, line);) read.push_back(Line(std::move(line)).read());
        return read;
    }();
    return entries;
}

}  // namespace freshread::test
