// The statements of a script in the language of mysqltest, in which MariaDB's and MySQL's test suites are
// written: SQL between commands of the test program.
//
// What it runs is not a program here but a list: bodies of `if` and `while` are taken once, all statements
// are of one session, files that the script sources are read in its place. Variables that a `let` gives a
// plain value are filled in; a statement that needs another one is left out and counted.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freshread::test {

class MysqltestScript {
 public:
    // The content of what a script sources, by the name written there.
    using Source = std::function<std::optional<std::string>(const std::string& name)>;

    explicit MysqltestScript(Source source = {});

    void read(std::string text);

    [[nodiscard]] const std::vector<std::string>& statements() const { return statements_; }
    // Statements left out, because a variable in them is not known.
    [[nodiscard]] std::size_t unknown() const { return unknown_; }

 private:
    // One text being read: the script, or what it sources.
    struct Input {
        std::string text{};
        std::size_t position = 0;
    };

    void read(Input& input);
    void read_line_command(Input& input);
    void read_delimited(Input& input);
    [[nodiscard]] std::string take_line(Input& input) const;
    [[nodiscard]] std::string take_to_delimiter(Input& input) const;
    [[nodiscard]] bool at_block(const Input& input) const;
    // True when the words are of the test program, and not SQL.
    bool command(std::string_view words, Input& input);
    void let(std::string_view assignment);
    void count(std::string_view variable, int step);
    void skip_until(Input& input, std::string_view end) const;
    void source(std::string_view name);
    void statement(std::string_view text);
    [[nodiscard]] std::optional<std::string> filled_in(std::string_view text) const;

    Source source_;
    std::vector<std::string> statements_{};
    std::map<std::string, std::string, std::less<>> variables_{};
    std::string delimiter_ = ";";
    std::size_t depth_ = 0;
    std::size_t unknown_ = 0;
    bool parsing_ = true;
};

}  // namespace freshread::test
