#include "routing/builtin_names.h"

#include <algorithm>
#include <array>

#include "routing/name_index.h"

namespace freshread {

namespace {

constexpr auto kName = [](const auto& entry) -> std::string_view {
    if constexpr (requires { entry.name; }) {
        return entry.name;
    } else {
        return entry;
    }
};

bool is_quoted(std::string_view identifier) {
    return !identifier.empty() &&
           (identifier.back() == '"' || identifier.back() == '`' || identifier.back() == ']');
}

// What stands between the quotes; nothing for U&"...", whose escapes are not resolved.
std::string_view unquoted(std::string_view identifier) {
    if (identifier.front() == 'U' || identifier.front() == 'u') return {};
    return identifier.substr(1, identifier.size() - 2);
}

template <std::size_t Slots, typename Entry>
using Index = NameIndex<Entry, decltype(kName), Slots>;

// An identifier as it is looked for in any of the tables.
class SoughtName {
 public:
    explicit SoughtName(std::string_view identifier)
        : quoted_(is_quoted(identifier)),
          word_(quoted_ ? unquoted(identifier) : identifier),
          hash_(hash_of_name(word_)) {}

    [[nodiscard]] bool is_quoted_name() const { return quoted_; }
    template <std::size_t Slots, typename Entry>
    [[nodiscard]] const Entry* in(const Index<Slots, Entry>& index) const {
        return quoted_ ? index.find_exact(word_, hash_) : index.find_folded(word_, hash_);
    }

 private:
    bool quoted_;
    std::string_view word_;
    std::uint32_t hash_;
};

// Their grammar is the parser's; what user code they could reach goes through casts and operators, which are
// checked.
constexpr std::string_view kPostgreSqlConstructs[] = {
    "cast",      "coalesce",   "current_time", "current_timestamp", "extract",       "greatest",
    "grouping",  "least",      "localtime",    "localtimestamp",    "normalize",     "nullif",
    "overlay",   "position",   "row",          "substring",         "trim",          "xmlattributes",
    "xmlconcat", "xmlelement", "xmlexists",    "xmlforest",         "xmlnamespaces", "xmlparse",
    "xmlpi",     "xmlroot",    "xmlserialize", "xmltable",
};

constexpr std::string_view kMariaDbConstructs[] = {
    "cast",     "char",       "convert",   "default", "extract",  "group_concat", "if",     "insert",
    "interval", "json_table", "left",      "match",   "mod",      "position",     "repeat", "replace",
    "right",    "row",        "substring", "trim",    "truncate", "values",
};

// Measured on MariaDB 10.11 by calling stored functions of these names.
constexpr std::string_view kBuiltinWhenAdjacent[] = {
    "adddate",
    "bit_and",
    "bit_or",
    "bit_xor",
    "cast",
    "count",
    "cume_dist",
    "curdate",
    "curtime",
    "date_add",
    "date_sub",
    "dense_rank",
    "extract",
    "first_value",
    "group_concat",
    "json_arrayagg",
    "json_objectagg",
    "lag",
    "lead",
    "max",
    "median",
    "mid",
    "min",
    "now",
    "nth_value",
    "ntile",
    "percent_rank",
    "percentile_cont",
    "percentile_disc",
    "position",
    "rank",
    "session_user",
    "std",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "subdate",
    "substr",
    "substring",
    "sum",
    "system_user",
    "trim",
    "var_pop",
    "var_samp",
    "variance",
};

constexpr std::string_view kGenericConstructs[] = {
    "cast",    "coalesce", "current_date", "current_time",   "current_timestamp",
    "extract", "grouping", "localtime",    "localtimestamp", "nullif",
    "overlay", "position", "row",          "substring",      "trim",
};

constexpr std::string_view kOdbcFunctions[] = {
    "abs",
    "acos",
    "ascii",
    "asin",
    "atan",
    "atan2",
    "bit_length",
    "ceiling",
    "char",
    "char_length",
    "character_length",
    "concat",
    "convert",
    "cos",
    "cot",
    "curdate",
    "current_date",
    "current_time",
    "current_timestamp",
    "curtime",
    "database",
    "dayname",
    "dayofmonth",
    "dayofweek",
    "dayofyear",
    "degrees",
    "difference",
    "exp",
    "extract",
    "floor",
    "hour",
    "ifnull",
    "insert",
    "lcase",
    "left",
    "length",
    "locate",
    "log",
    "log10",
    "ltrim",
    "minute",
    "mod",
    "month",
    "monthname",
    "now",
    "octet_length",
    "pi",
    "position",
    "power",
    "quarter",
    "radians",
    "rand",
    "repeat",
    "replace",
    "right",
    "round",
    "rtrim",
    "second",
    "sign",
    "sin",
    "soundex",
    "space",
    "sqrt",
    "substring",
    "tan",
    "timestampadd",
    "timestampdiff",
    "truncate",
    "ucase",
    "user",
    "week",
    "year",
};

// PostgreSQL's are in its own table.
constexpr std::string_view kOtherOperators[] = {
    "!",  "!=", "%",   "&",  "&&", "*", "+",  "-",  "->", "->>", "/",  "<",
    "<<", "<=", "<=>", "<>", "=",  ">", ">=", ">>", "^",  "|",   "||", "~",
};

constexpr Index<64, std::string_view> kPostgreSqlConstructsIndex(kPostgreSqlConstructs, kName);
constexpr Index<64, std::string_view> kMariaDbConstructsIndex(kMariaDbConstructs, kName);
constexpr Index<128, std::string_view> kBuiltinWhenAdjacentIndex(kBuiltinWhenAdjacent, kName);
constexpr Index<64, std::string_view> kGenericConstructsIndex(kGenericConstructs, kName);
constexpr Index<256, std::string_view> kOdbcFunctionsIndex(kOdbcFunctions, kName);
constexpr Index<64, std::string_view> kOtherOperatorsIndex(kOtherOperators, kName);
constexpr std::array<bool, 256> kOtherSingleOperators = [] {
    std::array<bool, 256> found{};
    for (const std::string_view name : kOtherOperators) {
        if (name.size() == 1) found.at(static_cast<unsigned char>(name.front())) = true;
    }
    return found;
}();

bool is_other_operator(char c) {
    return kOtherSingleOperators[static_cast<unsigned char>(c)];
}

const Index<2048, std::string_view>& types_of_postgresql() {
    static const Index<2048, std::string_view> index(postgresql_types(), kName);
    return index;
}

const Index<2048, std::string_view>& types_of_others() {
    static const Index<2048, std::string_view> index(sql_types(), kName);
    return index;
}

const Index<2048, std::string_view>& types_of(Dialect dialect) {
    return dialect == Dialect::PostgreSql ? types_of_postgresql() : types_of_others();
}

const Index<1024, std::string_view>& operators_of_postgresql() {
    static const Index<1024, std::string_view> index(postgresql_operators(), kName);
    return index;
}

bool is_construct(const SoughtName& sought, Dialect dialect) {
    switch (dialect) {
        case Dialect::PostgreSql:
            return sought.in(kPostgreSqlConstructsIndex) != nullptr;
        case Dialect::MariaDb:
            return sought.in(kMariaDbConstructsIndex) != nullptr;
        case Dialect::Generic:
            break;
    }
    return sought.in(kGenericConstructsIndex) != nullptr;
}

// The functions of a dialect, and what else each of their names is.
class FunctionIndex {
 public:
    FunctionIndex(std::span<const BuiltinFunction> functions, Dialect dialect)
        : functions_(functions), index_(functions, kName) {
        for (std::size_t i = 0; i < functions.size(); ++i) {
            const SoughtName sought(functions[i].name);
            calls_.at(i) = {is_construct(sought, dialect), sought.in(types_of(dialect)) != nullptr,
                            functions[i].effect};
        }
    }

    // Null when it is no function.
    [[nodiscard]] const BuiltinCall* find(const SoughtName& sought) const {
        const auto* found = sought.in(index_);
        return found == nullptr ? nullptr : &calls_[static_cast<std::size_t>(found - functions_.data())];
    }

 private:
    std::span<const BuiltinFunction> functions_;
    Index<8192, BuiltinFunction> index_;
    std::array<BuiltinCall, 4096> calls_{};
};

// Each with a guard of its own, since every call goes through one of them.
const FunctionIndex& functions_of_postgresql() {
    static const FunctionIndex index(postgresql_functions(), Dialect::PostgreSql);
    return index;
}

const FunctionIndex& functions_of_mariadb() {
    static const FunctionIndex index(mariadb_functions(), Dialect::MariaDb);
    return index;
}

const FunctionIndex& functions_of_others() {
    static const FunctionIndex index(generic_functions(), Dialect::Generic);
    return index;
}

const FunctionIndex& functions_of(Dialect dialect) {
    switch (dialect) {
        case Dialect::PostgreSql:
            return functions_of_postgresql();
        case Dialect::MariaDb:
            return functions_of_mariadb();
        case Dialect::Generic:
            break;
    }
    return functions_of_others();
}

// Without a schema, or with that of PostgreSQL's own.
bool may_be_builtin(const QualifiedName& name, Dialect dialect) {
    if (name.parts == 1) return true;
    return name.parts == 2 && dialect == Dialect::PostgreSql && names_same(name.qualifier, "pg_catalog");
}

FunctionEffect effect_of(const SoughtName& sought, Dialect dialect) {
    // Quoting turns MariaDB's own functions into stored ones.
    if (dialect == Dialect::MariaDb && sought.is_quoted_name()) return FunctionEffect::Unknown;
    const auto* found = functions_of(dialect).find(sought);
    return found == nullptr ? FunctionEffect::Unknown : found->effect;
}

}  // namespace

bool names_same(std::string_view x, std::string_view lower) {
    return is_quoted(x) ? unquoted(x) == lower : equals_folded(x, lower);
}

bool names_sequence_function(std::string_view name) {
    constexpr std::size_t kSize = std::string_view("nextval").size();
    if (name.size() != kSize && name.size() != kSize + 2) return false;  // nor in quotes
    return names_same(name, "nextval") || names_same(name, "currval");
}

BuiltinCall builtin_call(const QualifiedName& name, Dialect dialect) {
    if (!may_be_builtin(name, dialect)) return {};
    const SoughtName sought(name.last);
    BuiltinCall call;
    if (name.parts == 1 && !sought.is_quoted_name()) {
        if (const auto* found = functions_of(dialect).find(sought)) return *found;
        call.construct = is_construct(sought, dialect);
    } else {
        call.effect = effect_of(sought, dialect);
    }
    call.type = sought.in(types_of(dialect)) != nullptr;
    return call;
}

FunctionEffect effect_of_function(const QualifiedName& name, Dialect dialect) {
    if (!may_be_builtin(name, dialect)) return FunctionEffect::Unknown;
    return effect_of(SoughtName(name.last), dialect);
}

FunctionEffect effect_of_function(std::string_view written, Dialect dialect) {
    QualifiedName name{written, {}, written, 1};
    char quote = '\0';
    std::size_t begin = 0;
    for (std::size_t i = 0; i < written.size(); ++i) {
        const char c = written[i];
        if (quote != '\0') {
            if (c == quote) quote = '\0';
        } else if (c == '"' || c == '`') {
            quote = c;
        } else if (c == '[') {
            quote = ']';
        } else if (c == '.') {
            name.qualifier = written.substr(begin, i - begin);
            begin = i + 1;
            name.last = written.substr(begin);
            ++name.parts;
        }
    }
    return effect_of_function(name, dialect);
}

bool is_language_construct(std::string_view word, Dialect dialect) {
    return is_construct(SoughtName(word), dialect);
}

bool is_builtin_only_when_adjacent(std::string_view word) {
    return kBuiltinWhenAdjacentIndex.find_folded(word) != nullptr;
}

bool is_odbc_scalar_function(std::string_view word) {
    return kOdbcFunctionsIndex.find_folded(word) != nullptr;
}

bool is_builtin_type(const QualifiedName& name, Dialect dialect) {
    return may_be_builtin(name, dialect) && SoughtName(name.last).in(types_of(dialect)) != nullptr;
}

bool is_builtin_operator(std::string_view text, Dialect dialect) {
    if (dialect == Dialect::PostgreSql) return operators_of_postgresql().find_exact(text) != nullptr;
    // Elsewhere operators are not the user's to define: a run is several of them, as in `a=-1`.
    if (text.size() > 1 && kOtherOperatorsIndex.find_exact(text) != nullptr) return true;
    return std::all_of(text.begin(), text.end(), is_other_operator);
}

}  // namespace freshread
