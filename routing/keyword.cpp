#include "routing/keyword.h"

#include <iterator>

#include "routing/identifier.h"

namespace freshread {

namespace {

// In which dialects the word is reserved. Where it is not, it may name a function, and is one when a
// parenthesis follows and the grammar around it does not say otherwise.
constexpr std::uint8_t bit_of(Dialect dialect) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(dialect));
}
constexpr std::uint8_t kP = bit_of(Dialect::PostgreSql);
constexpr std::uint8_t kM = bit_of(Dialect::MariaDb);
constexpr std::uint8_t kG = bit_of(Dialect::Generic);

struct Entry {
    std::string_view name;
    Word word;
    std::uint8_t reserved;
};

// clang-format off
constexpr Entry kKeywords[] = {
    {"all", Word::Syntax, kP | kM | kG},
    {"alter", Word::Syntax, kM},
    {"analyse", Word::Syntax, kP},
    {"analyze", Word::Syntax, kP | kM},
    {"and", Word::Syntax, kP | kM | kG},
    {"any", Word::Syntax, kP | kM | kG},
    {"array", Word::Exists, kP},
    {"as", Word::As, kP | kM | kG},
    {"asc", Word::Syntax, kP | kM},
    {"asymmetric", Word::Syntax, kP},
    {"between", Word::Syntax, kP | kM | kG},
    {"both", Word::Syntax, kP | kM},
    {"by", Word::By, kM | kG},
    {"call", Word::Syntax, kM},
    {"case", Word::Syntax, kP | kM | kG},
    {"change", Word::Syntax, kM},
    {"check", Word::Syntax, kP | kM},
    {"collate", Word::Syntax, kP | kM},
    {"column", Word::Syntax, kP | kM},
    {"constraint", Word::Syntax, kP | kM},
    {"content", Word::Escape, 0},
    {"create", Word::Syntax, kP | kM},
    {"cross", Word::JoinModifier, kM},
    {"cube", Word::Grouping, 0},
    {"current_catalog", Word::Operand, kP},
    {"current_date", Word::Operand, kP},
    {"current_role", Word::Operand, kP},
    {"current_time", Word::Operand, 0},
    {"current_timestamp", Word::Operand, 0},
    {"current_user", Word::Operand, kP},
    {"default", Word::Syntax, kP},
    {"deferrable", Word::Syntax, kP},
    {"delete", Word::Delete, kM},
    {"desc", Word::Syntax, kP | kM},
    {"describe", Word::Syntax, kM},
    {"distinct", Word::Distinct, kP | kM | kG},
    {"distinctrow", Word::Distinct, kM},
    {"div", Word::Syntax, kM},
    {"do", Word::Syntax, kP},
    {"document", Word::Escape, 0},
    {"drop", Word::Syntax, kM},
    {"else", Word::Syntax, kP | kM | kG},
    {"end", Word::Operand, kP | kG},
    {"escape", Word::Escape, 0},
    {"except", Word::SetOperation, kP | kM | kG},
    {"execute", Word::Execute, 0},
    {"exists", Word::Exists, kP | kM | kG},
    {"explain", Word::Syntax, kM},
    {"false", Word::Operand, kP | kM | kG},
    {"fetch", Word::Fetch, kP | kM},
    {"filter", Word::Filter, 0},
    {"for", Word::For, kP | kM | kG},
    {"force", Word::Syntax, kM},
    {"foreign", Word::Syntax, kP | kM},
    {"from", Word::From, kP | kM | kG},
    {"full", Word::JoinModifier, 0},
    {"grant", Word::Syntax, kP | kM},
    {"group", Word::Group, kP | kM | kG},
    {"having", Word::Having, kP | kM | kG},
    {"ignore", Word::Syntax, kM},
    {"ilike", Word::Infix, 0},
    {"in", Word::Syntax, kP | kM | kG},
    {"index", Word::Syntax, kM},
    {"inherit", Word::Reference, 0},
    {"inherits", Word::Reference, 0},
    {"initially", Word::Syntax, kP},
    {"inner", Word::JoinModifier, kM},
    {"inout", Word::Syntax, kP},
    {"insert", Word::Insert, 0},
    {"intersect", Word::SetOperation, kP | kM | kG},
    {"into", Word::Into, kP | kM | kG},
    {"is", Word::Infix, kM | kG},
    {"isnull", Word::Infix, 0},
    {"join", Word::Join, kM | kG},
    {"key", Word::Syntax, kM},
    {"keys", Word::Syntax, kM},
    {"kill", Word::Syntax, kM},
    {"lateral", Word::Lateral, kP},
    {"leading", Word::Syntax, kP | kM},
    {"left", Word::JoinModifier, 0},
    {"like", Word::Like, kM},
    {"limit", Word::Limit, kP | kM},
    {"load", Word::Syntax, kM},
    {"localtime", Word::Operand, 0},
    {"localtimestamp", Word::Operand, 0},
    {"lock", Word::Lock, kM},
    {"merge", Word::Merge, 0},
    {"natural", Word::JoinModifier, kM},
    {"next", Word::Next, 0},
    {"none", Word::Syntax, kP},
    {"not", Word::Not, kP | kM | kG},
    {"notnull", Word::Infix, 0},
    {"null", Word::Operand, kP | kM | kG},
    {"of", Word::Reference, 0},
    {"offset", Word::Limit, kP},
    {"on", Word::On, kP | kM | kG},
    {"only", Word::Only, kP},
    {"operator", Word::OperatorCall, 0},
    {"or", Word::Syntax, kP | kM | kG},
    {"order", Word::Order, kP | kM | kG},
    {"out", Word::Syntax, kP},
    {"outer", Word::JoinModifier, kM},
    {"over", Word::Over, kM},
    {"overlaps", Word::Infix, 0},
    {"owned", Word::Reference, 0},
    {"partition", Word::Partition, kM},
    {"passing", Word::Escape, 0},
    {"placing", Word::Syntax, kP},
    {"precision", Word::Escape, 0},
    {"previous", Word::Next, 0},
    {"primary", Word::Syntax, kP | kM},
    {"procedure", Word::Syntax, kM},
    {"range", Word::Syntax, kM},
    {"read", Word::Syntax, kM},
    {"recursive", Word::Syntax, kM},
    {"references", Word::Reference, kP | kM},
    {"regexp", Word::Syntax, kM},
    {"release", Word::Syntax, kM},
    {"rename", Word::Syntax, kM},
    {"replace", Word::Replace, 0},
    {"require", Word::Syntax, kM},
    {"restrict", Word::Syntax, kM},
    {"return", Word::Syntax, kM},
    {"returning", Word::Returning, kP | kM},
    {"revoke", Word::Syntax, kM},
    {"right", Word::JoinModifier, 0},
    {"rlike", Word::Syntax, kM},
    {"rollup", Word::Grouping, 0},
    {"rows", Word::Rows, kM},
    {"schemas", Word::Syntax, kM},
    {"select", Word::Select, kP | kM | kG},
    {"separator", Word::Escape, 0},
    {"sequence", Word::Reference, 0},
    {"session_user", Word::Operand, kP},
    {"set", Word::Set, kM},
    {"setof", Word::Syntax, kP},
    {"sets", Word::Grouping, 0},
    {"show", Word::Syntax, kM},
    {"similar", Word::Infix, 0},
    {"some", Word::Syntax, kP | kM | kG},
    {"sql_calc_found_rows", Word::SqlCalcFoundRows, kM},
    {"straight_join", Word::StraightJoin, kM},
    {"symmetric", Word::Syntax, kP},
    {"table", Word::Table, kP | kM | kG},
    {"tablesample", Word::TableSample, 0},
    {"then", Word::Syntax, kP | kM | kG},
    {"to", Word::Syntax, kP | kM},
    {"trailing", Word::Syntax, kP | kM},
    {"trigger", Word::Syntax, kM},
    {"true", Word::Operand, kP | kM | kG},
    {"uescape", Word::Escape, 0},
    {"union", Word::SetOperation, kP | kM | kG},
    {"unique", Word::Syntax, kP | kM},
    {"unlock", Word::Syntax, kM},
    {"unsigned", Word::Syntax, kM},
    {"update", Word::Update, kM},
    {"usage", Word::Syntax, kM},
    {"use", Word::Syntax, kM},
    {"user", Word::Operand, kP},
    {"using", Word::Using, kP | kM | kG},
    {"values", Word::Values, kP | kG},
    {"variadic", Word::Syntax, kP},
    {"varying", Word::Varying, 0},
    {"version", Word::Escape, 0},
    {"view", Word::Reference, 0},
    {"when", Word::Syntax, kP | kM | kG},
    {"where", Word::Where, kP | kM | kG},
    {"window", Word::Window, kP},
    {"with", Word::With, kP | kM | kG},
    {"write", Word::Syntax, kM},
    {"xor", Word::Syntax, kM},
    {"zone", Word::Escape, 0},
};
// clang-format on

constexpr auto lengths() {
    std::array<std::uint32_t, 256> lengths{};
    for (const Entry& entry : kKeywords) {
        const auto letter = static_cast<unsigned char>(entry.name.front());
        for (const unsigned byte : {unsigned{letter}, letter - unsigned{'a' - 'A'}})
            lengths.at(byte) |= std::uint32_t{1} << entry.name.size();
    }
    return lengths;
}

constexpr auto index() {
    static_assert(std::size(kKeywords) < 256);
    std::array<keywords::Slot, 1U << keywords::kSlotBits> slots{};
    for (std::size_t i = 0; i < std::size(kKeywords); ++i) {
        const Entry& entry = kKeywords[i];
        const auto prefix = keywords::folded(keywords::letters_of(entry.name), entry.name.size());
        const std::size_t home = keywords::slot_of(prefix, entry.name.size());
        std::size_t at = home;
        while (slots.at(at).prefix != 0) at = keywords::next_slot(at);
        keywords::Slot& slot = slots.at(at);
        slot.prefix = prefix;
        slot.entry = static_cast<std::uint8_t>(i);
        for (std::size_t dialect = 0; dialect < keywords::kDialects; ++dialect)
            slot.keyword.at(dialect) = {entry.word, (entry.reserved >> dialect & 1U) != 0};
        if (at != home) slots.at(home).goes_on = true;
    }
    return slots;
}

}  // namespace

namespace keywords {

constinit const std::array<Slot, 1U << kSlotBits> kSlots = index();
constinit const std::array<std::uint32_t, 256> kLengths = lengths();

Keyword find_on(std::string_view word, std::uint64_t prefix, Dialect dialect) {
    for (std::size_t at = slot_of(prefix, word.size()); kSlots[at].prefix != 0; at = next_slot(at)) {
        const Slot& slot = kSlots[at];
        if (slot.prefix == prefix && equals_folded(word, kKeywords[slot.entry].name))
            return slot.keyword[static_cast<unsigned>(dialect)];
    }
    return {};
}

}  // namespace keywords

}  // namespace freshread
