#include "mysqltest_script.h"

#include <algorithm>
#include <charconv>

namespace freshread::test {

namespace {

constexpr std::size_t kDeepest = 8;  // of files that source files

// Begin a command of the test program; what it does to the servers is nothing that this needs.
constexpr std::string_view kCommands[] = {"append_file",
                                          "assert",
                                          "cat_file",
                                          "change_user",
                                          "character_set",
                                          "chmod",
                                          "connect",
                                          "connection",
                                          "copy_file",
                                          "copy_files_wildcard",
                                          "dec",
                                          "delimiter",
                                          "die",
                                          "diff_files",
                                          "dirty_close",
                                          "disable_abort_on_error",
                                          "disable_column_names",
                                          "disable_connect_log",
                                          "disable_cursor_protocol",
                                          "disable_info",
                                          "disable_metadata",
                                          "disable_non_blocking_api",
                                          "disable_parsing",
                                          "disable_prepare_warnings",
                                          "disable_ps2_protocol",
                                          "disable_ps_protocol",
                                          "disable_query_log",
                                          "disable_reconnect",
                                          "disable_result_log",
                                          "disable_service_connection",
                                          "disable_session_track_info",
                                          "disable_view_protocol",
                                          "disable_warnings",
                                          "disconnect",
                                          "echo",
                                          "enable_abort_on_error",
                                          "enable_column_names",
                                          "enable_connect_log",
                                          "enable_cursor_protocol",
                                          "enable_info",
                                          "enable_metadata",
                                          "enable_non_blocking_api",
                                          "enable_parsing",
                                          "enable_prepare_warnings",
                                          "enable_ps2_protocol",
                                          "enable_ps_protocol",
                                          "enable_query_log",
                                          "enable_reconnect",
                                          "enable_result_log",
                                          "enable_service_connection",
                                          "enable_session_track_info",
                                          "enable_view_protocol",
                                          "enable_warnings",
                                          "end",
                                          "end_timer",
                                          "error",
                                          "eval",
                                          "evalp",
                                          "exec",
                                          "execw",
                                          "exit",
                                          "file_exists",
                                          "horizontal_results",
                                          "inc",
                                          "let",
                                          "list_files",
                                          "list_files_append_file",
                                          "list_files_write_file",
                                          "lowercase_result",
                                          "mkdir",
                                          "move_file",
                                          "optimizer_trace",
                                          "output",
                                          "perl",
                                          "ping",
                                          "query",
                                          "query_attributes",
                                          "query_get_value",
                                          "query_horizontal",
                                          "query_vertical",
                                          "real_sleep",
                                          "reap",
                                          "remove_file",
                                          "remove_files_wildcard",
                                          "replace_column",
                                          "replace_regex",
                                          "replace_result",
                                          "require",
                                          "reset_connection",
                                          "result",
                                          "result_format",
                                          "rmdir",
                                          "rmdir_recursive",
                                          "save_master_pos",
                                          "send",
                                          "send_eval",
                                          "send_quit",
                                          "send_shutdown",
                                          "shutdown_server",
                                          "skip",
                                          "sleep",
                                          "sorted_result",
                                          "source",
                                          "start_timer",
                                          "sync_slave_with_master",
                                          "sync_with_master",
                                          "system",
                                          "vertical_results",
                                          "wait_for_slave_to_stop",
                                          "write_file",
                                          "write_line"};

// Commands of which the rest is a statement.
constexpr std::string_view kRunning[] = {"eval",           "evalp", "query",    "query_horizontal",
                                         "query_vertical", "send",  "send_eval"};

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string_view without_end(std::string_view text, std::string_view delimiter) {
    text = trimmed(text);
    if (text.ends_with(delimiter)) text.remove_suffix(delimiter.size());
    return trimmed(text);
}

std::string_view first_word(std::string_view text) {
    std::size_t length = 0;
    while (length < text.size() && is_word(text[length])) ++length;
    return text.substr(0, length);
}

std::string lower(std::string_view text) {
    std::string folded(text);
    for (char& c : folded)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return folded;
}

template <std::size_t Size>
bool contains(const std::string_view (&words)[Size], std::string_view word) {
    return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

}  // namespace

MysqltestScript::MysqltestScript(Source source) : source_(std::move(source)) {}

void MysqltestScript::read(std::string text) {
    Input input{std::move(text)};
    read(input);
}

void MysqltestScript::read(Input& input) {
    for (;;) {
        const std::string_view rest = std::string_view(input.text).substr(input.position);
        if (rest.empty()) return;
        if (is_space(rest.front())) {
            ++input.position;
        } else if (rest.front() == '#') {
            (void)take_line(input);
        } else if (rest.starts_with("--")) {
            read_line_command(input);
        } else if (rest.front() == '}' || (rest.front() == '{' && delimiter_ == ";")) {
            ++input.position;
        } else if (at_block(input)) {
            input.position = input.text.find('{', input.position) + 1;
        } else {
            read_delimited(input);
        }
    }
}

void MysqltestScript::read_line_command(Input& input) {
    const std::string line = take_line(input);
    const std::string_view words = without_end(std::string_view(line).substr(2), delimiter_);
    if (at_block({std::string(words) + "{"})) return;
    (void)command(words, input);
}

void MysqltestScript::read_delimited(Input& input) {
    const std::string text = take_to_delimiter(input);
    if (!command(trimmed(text), input) && parsing_) {
        // Only eval fills in variables.
        if (!trimmed(text).empty()) statements_.emplace_back(trimmed(text));
    }
}

std::string MysqltestScript::take_line(Input& input) const {
    const std::size_t end = std::min(input.text.find('\n', input.position), input.text.size());
    std::string line = input.text.substr(input.position, end - input.position);
    input.position = std::min(end + 1, input.text.size());
    return line;
}

// Quotes hide the delimiter, comments do not.
std::string MysqltestScript::take_to_delimiter(Input& input) const {
    const std::size_t begin = input.position;
    char quote = '\0';
    for (; input.position < input.text.size(); ++input.position) {
        const char c = input.text[input.position];
        if (quote != '\0') {
            if (c == '\\' && quote != '`') ++input.position;
            if (c == quote) quote = '\0';
        } else if (input.text.compare(input.position, delimiter_.size(), delimiter_) == 0) {
            std::string text = input.text.substr(begin, input.position - begin);
            input.position += delimiter_.size();
            return text;
        } else if (c == '\'' || c == '"' || c == '`') {
            quote = c;
        }
    }
    input.position = input.text.size();
    return input.text.substr(begin);
}

// if (...) { and while (...) {, whose bodies come next.
bool MysqltestScript::at_block(const Input& input) const {
    const std::string_view rest = std::string_view(input.text).substr(input.position);
    const std::string word = lower(first_word(rest));
    if (word != "if" && word != "while") return false;
    const std::string_view condition = trimmed(rest.substr(word.size()));
    if (!condition.starts_with('(')) return false;
    const std::size_t brace = condition.find('{');
    return brace != std::string_view::npos && condition.find(delimiter_) > brace;
}

bool MysqltestScript::command(std::string_view words, Input& input) {
    const std::string name = lower(first_word(words));
    if (!contains(kCommands, name)) return false;
    const std::string_view rest = trimmed(words.substr(name.size()));
    if (name == "end" && !rest.empty()) return false;
    if (name == "disable_parsing" || name == "enable_parsing") parsing_ = name == "enable_parsing";
    if (!parsing_) return true;
    if (name == "delimiter") {
        delimiter_ = rest.empty() ? ";" : rest;
    } else if (name == "let") {
        let(rest);
    } else if (name == "inc" || name == "dec") {
        count(rest, name == "inc" ? 1 : -1);
    } else if (name == "source") {
        source(rest);
    } else if (name == "perl" || name == "write_file" || name == "append_file") {
        // perl [END]; write_file NAME [END]
        const std::size_t space = name == "perl" ? 0 : rest.find_last_of(" \t");
        const std::string_view end =
            space == std::string_view::npos ? std::string_view() : trimmed(rest.substr(space));
        skip_until(input, end.empty() || end.front() == '$' || end.front() == '/' ? "EOF" : end);
    } else if (contains(kRunning, name)) {
        statement(rest);
    }
    return true;
}

void MysqltestScript::let(std::string_view assignment) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string_view::npos) return;
    std::string_view name = trimmed(assignment.substr(0, equals));
    if (name.starts_with('$')) name.remove_prefix(1);
    const std::string_view value = trimmed(assignment.substr(equals + 1));
    const auto known = value.starts_with('`') || value.starts_with("query_get_value")
                           ? std::nullopt  // the answer of a server
                           : filled_in(value);
    if (known) {
        variables_.insert_or_assign(std::string(name), *known);
    } else {
        variables_.erase(std::string(name));
    }
}

void MysqltestScript::count(std::string_view variable, int step) {
    if (variable.starts_with('$')) variable.remove_prefix(1);
    const auto known = variables_.find(first_word(variable));
    if (known == variables_.end()) return;
    int number = 0;
    std::from_chars(known->second.data(), known->second.data() + known->second.size(), number);
    known->second = std::to_string(number + step);
}

void MysqltestScript::skip_until(Input& input, std::string_view end) const {
    while (input.position < input.text.size() && trimmed(take_line(input)) != end) {
    }
}

void MysqltestScript::source(std::string_view name) {
    const auto path = filled_in(name);
    if (!source_ || !path || depth_ >= kDeepest) return;
    auto text = source_(*path);
    if (!text) return;
    ++depth_;
    read(std::move(*text));
    --depth_;
}

void MysqltestScript::statement(std::string_view text) {
    if (text.empty()) return;  // `send` before a statement
    if (auto filled = filled_in(text)) {
        statements_.push_back(std::move(*filled));
    } else {
        ++unknown_;
    }
}

std::optional<std::string> MysqltestScript::filled_in(std::string_view text) const {
    std::string filled;
    while (!text.empty()) {
        if (text.front() == '\\' && text.size() > 1 && text[1] == '$')
            text.remove_prefix(1);
        else if (text.front() == '$' && text.size() > 1 && is_word(text[1])) {
            const std::string_view name = first_word(text.substr(1));
            const auto known = variables_.find(name);
            if (known == variables_.end()) return std::nullopt;
            filled += known->second;
            text.remove_prefix(1 + name.size());
            continue;
        }
        filled += text.front();
        text.remove_prefix(1);
    }
    return filled;
}

}  // namespace freshread::test
