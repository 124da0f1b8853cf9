#include "driver/session_choices.h"

#include <array>

#include "driver/connection_string.h"
#include "driver/setting_value.h"

namespace freshread {

namespace {

using Milliseconds = std::chrono::milliseconds;

void read_policy(SessionChoices& choices, std::string_view keyword, const std::string& value) {
    const auto policy = policy_named(value);
    if (!policy) refuse(keyword, value, policy_names());
    choices.policy = *policy;
}

void read_window(SessionChoices& choices, std::string_view keyword, const std::string& value) {
    choices.window = read_duration(keyword, value, Milliseconds{1}, std::chrono::hours{24});
}

constexpr ValueNames<TransactionReads, 2> kTransactionReads{{
    {"leader", TransactionReads::Leader},
    {"until-write", TransactionReads::UntilWrite},
}};

void read_transaction_reads(SessionChoices& choices, std::string_view keyword, const std::string& value) {
    choices.transaction_reads = read_one_of(kTransactionReads, keyword, value);
}

void read_explain(SessionChoices& choices, std::string_view keyword, const std::string& value) {
    choices.explain = read_flag(keyword, value);
}

constexpr ValueNames<EmptyRead, 2> kEmptyRead{{
    {"accept", EmptyRead::Accept},
    {"leader", EmptyRead::Leader},
}};

void read_empty_read(SessionChoices& choices, std::string_view keyword, const std::string& value) {
    choices.empty_read = read_one_of(kEmptyRead, keyword, value);
}

struct Choice {
    std::string_view keyword;
    void (*read)(SessionChoices&, std::string_view keyword, const std::string& value);
    std::string (*show)(const SessionChoices&);
};
constexpr std::array<Choice, 5> kChoices{{
    {"Policy", read_policy, [](const SessionChoices& is) { return std::string(name_of(is.policy)); }},
    {"Window", read_window, [](const SessionChoices& is) { return shown_duration(is.window); }},
    {"TransactionReads", read_transaction_reads,
     [](const SessionChoices& is) { return name_in(kTransactionReads, is.transaction_reads); }},
    {"EmptyRead", read_empty_read,
     [](const SessionChoices& is) { return name_in(kEmptyRead, is.empty_read); }},
    {"Explain", read_explain,
     [](const SessionChoices& is) { return std::string(is.explain ? "yes" : "no"); }},
}};

const Choice* choice_named(std::string_view keyword) {
    for (const Choice& choice : kChoices)
        if (equal_ignoring_case(choice.keyword, keyword)) return &choice;
    return nullptr;
}

}  // namespace

bool read_choice(SessionChoices& choices, std::string_view keyword, const std::string& value) {
    const Choice* choice = choice_named(keyword);
    if (choice) choice->read(choices, choice->keyword, value);
    return choice != nullptr;
}

bool copy_choice(SessionChoices& choices, std::string_view keyword, const SessionChoices& other) {
    const Choice* choice = choice_named(keyword);
    if (choice) choice->read(choices, choice->keyword, choice->show(other));
    return choice != nullptr;
}

std::string shown_choice(const SessionChoices& choices, std::string_view keyword) {
    const Choice* choice = choice_named(keyword);
    return choice ? choice->show(choices) : std::string();
}

std::string choice_names() {
    std::string names;
    for (const Choice& choice : kChoices) names.append(names.empty() ? "" : ", ").append(choice.keyword);
    return names;
}

}  // namespace freshread
