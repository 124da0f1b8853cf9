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

void read_critical_tables(SessionChoices& choices, std::string_view keyword, const std::string& value) {
    auto tables = CriticalTables::parse(unbraced(value));
    if (!tables)
        refuse(keyword, value, "all, or names of tables, with or without a schema, separated by commas");
    choices.critical_tables = std::move(*tables);
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

constexpr ValueNames<OnLag::Then, 3> kThen{{
    {"leader", OnLag::Then::Leader},
    {"error", OnLag::Then::Error},
    {"stale", OnLag::Then::Stale},
}};

// `wait 50 ms`; nothing when it is not such a text.
std::optional<Milliseconds> read_wait(std::string_view text) {
    constexpr std::string_view kWord = "wait ";
    constexpr Milliseconds kLongest{60'000};
    if (!equal_ignoring_case(text.substr(0, kWord.size()), kWord)) return std::nullopt;
    const auto wait = parse_duration(text.substr(kWord.size()));
    return wait && wait->count() > 0 && *wait <= kLongest ? wait : std::nullopt;
}

void read_on_lag(SessionChoices& choices, std::string_view keyword, const std::string& value) {
    const auto refuse_value = [&] {
        refuse(keyword, value,
               "leader, error, stale, each with a wait of 1 ms to 60000 ms before it where wanted (wait 50 "
               "ms, leader)");
    };
    const auto items = split_list(value);
    if (items.empty() || items.size() > 2) refuse_value();
    OnLag read;
    if (items.size() == 2) {
        const auto wait = read_wait(items.front());
        if (!wait) refuse_value();
        read.wait = *wait;
    }
    const auto then = one_of(kThen, items.back());
    if (!then) refuse_value();
    read.then = *then;
    choices.on_lag = read;
}

std::string shown_on_lag(const SessionChoices& choices) {
    const std::string then = name_in(kThen, choices.on_lag.then);
    return choices.on_lag.wait.count() == 0 ? then
                                            : "wait " + shown_duration(choices.on_lag.wait) + ", " + then;
}

constexpr ValueNames<Shadow, 3> kShadow{
    {{"no", Shadow::No}, {"yes", Shadow::Yes}, {"compare", Shadow::Compare}}};

void read_shadow(SessionChoices& choices, std::string_view keyword, const std::string& value) {
    choices.shadow = read_one_of(kShadow, keyword, value);
}

void read_max_lag(SessionChoices& choices, std::string_view keyword, const std::string& value) {
    choices.max_lag = equal_ignoring_case(value, "none")
                          ? Milliseconds{0}
                          : read_duration(keyword, value, Milliseconds{20}, std::chrono::hours{1}, "none");
}

std::string shown_max_lag(const SessionChoices& choices) {
    return choices.max_lag.count() == 0 ? "none" : shown_duration(choices.max_lag);
}

constexpr ValueNames<Monotonic, 4> kMonotonic{{
    {"auto", Monotonic::Auto},
    {"yes", Monotonic::Yes},
    {"strict", Monotonic::Strict},
    {"no", Monotonic::No},
}};

void read_monotonic(SessionChoices& choices, std::string_view keyword, const std::string& value) {
    choices.monotonic = read_one_of(kMonotonic, keyword, value);
}

struct Choice {
    std::string_view keyword;
    void (*read)(SessionChoices&, std::string_view keyword, const std::string& value);
    std::string (*show)(const SessionChoices&);
};
constexpr std::array<Choice, 10> kChoices{{
    {"Policy", read_policy, [](const SessionChoices& is) { return std::string(name_of(is.policy)); }},
    {"Window", read_window, [](const SessionChoices& is) { return shown_duration(is.window); }},
    {"CriticalTables", read_critical_tables,
     [](const SessionChoices& is) { return is.critical_tables.text(); }},
    {"TransactionReads", read_transaction_reads,
     [](const SessionChoices& is) { return name_in(kTransactionReads, is.transaction_reads); }},
    {"EmptyRead", read_empty_read,
     [](const SessionChoices& is) { return name_in(kEmptyRead, is.empty_read); }},
    {"OnLag", read_on_lag, shown_on_lag},
    {"Shadow", read_shadow, [](const SessionChoices& is) { return name_in(kShadow, is.shadow); }},
    {"MaxLag", read_max_lag, shown_max_lag},
    {"Monotonic", read_monotonic, [](const SessionChoices& is) { return name_in(kMonotonic, is.monotonic); }},
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
