#include "tests/mock/rule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

#include "driver/connection_string.h"

namespace freshread::mock {

namespace {

std::optional<long> number_in(std::string_view text) {
    long number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// Takes the first word off `text`.
std::string_view next_word(std::string_view& text) {
    text = trimmed(text);
    const auto end = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, end);
    text = trimmed(text.substr(end));
    return word;
}

[[noreturn]] void refuse(std::string_view what) {
    throw std::invalid_argument("the mock driver does not understand '" + std::string(what) + "'");
}

long number_of(std::string_view word) {
    const auto number = number_in(word);
    if (!number) refuse(word);
    return *number;
}

std::vector<DiagnosticRecord> records_in(std::string_view text) {
    constexpr std::string_view kSeparator = " + ";
    std::vector<DiagnosticRecord> records;
    while (!text.empty()) {
        const auto end = std::min(text.find(kSeparator), text.size());
        std::string_view one = text.substr(0, end);
        text.remove_prefix(std::min(end + kSeparator.size(), text.size()));
        DiagnosticRecord record;
        record.sqlstate = next_word(one);
        if (record.sqlstate.size() != SQL_SQLSTATE_SIZE) refuse(record.sqlstate);
        record.native = static_cast<SQLINTEGER>(number_of(next_word(one)));
        record.message = one;
        records.push_back(std::move(record));
    }
    return records;
}

Verb verb_named(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, Verb>, 11> kVerbs{{
        {"fail", Verb::Fail},
        {"lose", Verb::Lose},
        {"inform", Verb::Inform},
        {"return", Verb::Return},
        {"answer16", Verb::Answer16},
        {"answer32", Verb::Answer32},
        {"answer64", Verb::Answer64},
        {"have", Verb::Have},
        {"lack", Verb::Lack},
        {"die", Verb::DieBefore},
        {"wait", Verb::Wait},
    }};
    for (const auto& [word, verb] : kVerbs)
        if (word == name) return verb;
    refuse(name);
}

// "FUNCTION(SELECTOR)#N" at the start of `text`, which it takes off: the selector may have spaces.
void read_calls(Rule& rule, std::string_view& text) {
    const auto end = std::min(text.find_first_of("(# "), text.size());
    rule.function = text.substr(0, end);
    text.remove_prefix(end);
    if (text.starts_with('(')) {
        const auto close = text.find(')');
        if (close == std::string_view::npos) refuse(text);
        rule.selector = text.substr(1, close - 1);
        text.remove_prefix(close + 1);
    }
    if (!text.starts_with('#')) return;
    text.remove_prefix(1);
    const long number = number_of(next_word(text));
    if (number < 1) refuse(text);
    rule.passing = static_cast<unsigned>(number - 1);
}

}  // namespace

bool Rule::concerns(std::string_view called, std::string_view detail) const {
    if (called != function) return false;
    if (selector.empty()) return true;
    if (number_in(selector)) return detail.substr(0, detail.find(' ')) == selector;
    return detail.find(selector) != std::string_view::npos;
}

Rule parse_rule(std::string_view text) {
    Rule rule;
    text = trimmed(text);
    constexpr std::string_view kEvery = "every ";
    if (text.starts_with(kEvery)) {
        rule.every = true;
        text = trimmed(text.substr(kEvery.size()));
    }
    read_calls(rule, text);
    rule.verb = verb_named(next_word(text));
    switch (rule.verb) {
        case Verb::Fail:
        case Verb::Lose:
        case Verb::Inform:
            rule.records = records_in(text);
            break;
        case Verb::Wait:
            rule.gate = text;
            break;
        case Verb::DieBefore:
            if (text == "after")
                rule.verb = Verb::DieAfter;
            else if (text != "before")
                refuse(text);
            break;
        default:
            rule.number = number_of(text);
            break;
    }
    return rule;
}

}  // namespace freshread::mock
