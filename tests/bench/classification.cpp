// What classifying a text costs:
//
//   classification unseen COUNT [NUMBER]  a text of 200 bytes by the classifier: the mix, or one of it
//   classification seen COUNT [NUMBER]    the same by the cache of a connection
//   classification tokens                 a megabyte of every token repeated, the slowest of them last
//   classification work SIZE BIGGER       under callgrind: a dump for every token, dialect and size, of
//                                         texts of the token repeated; with `pairs` behind it, of every
//                                         pair of tokens in turn (tests/bench/linear reads them)
//
// The first two print the nanoseconds of one. Time is the processor's, so that a busy machine counts less.
#include <valgrind/callgrind.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "driver/classification_cache.h"
#include "routing/cautious_classifier.h"
#include "tests/bench/processor_time.h"

namespace {

using namespace freshread;

constexpr std::array<Dialect, 3> kDialects{Dialect::PostgreSql, Dialect::MariaDb, Dialect::Generic};

struct Sample {
    Dialect dialect;
    std::string_view text;
};

// As people write them, as libraries that map objects write them, and as reports do.
constexpr Sample kMix[] = {
    {Dialect::PostgreSql,
     "SELECT customer_id, first_name, last_name, email_address, created_at FROM customers WHERE country_code "
     "= 'CH' AND status IN ('active', 'paused') AND created_at >= '2024-01-01' ORDER BY last_name LIMIT"},
    {Dialect::PostgreSql,
     "INSERT INTO order_items (order_id, product_id, quantity, unit_price, discount, comment, created_at) "
     "VALUES (4711, 230815, 3, 19.95, 0, 'please wrap it as a gift', '2024-03-01 12:30:00') RETURNING item"},
    {Dialect::PostgreSql,
     "UPDATE accounts SET balance = balance - 125.50, updated_at = now(), version = version + 1 WHERE "
     "account_id = 90210 AND version = 17 AND balance >= 125.50 AND NOT blocked AND currency_code = 'EUR' -- "
     "x"},
    {Dialect::PostgreSql,
     "SELECT \"auth_user\".\"id\", \"auth_user\".\"username\", \"auth_user\".\"email\", "
     "\"auth_user\".\"is_active\" FROM \"auth_user\" WHERE (\"auth_user\".\"is_active\" AND "
     "\"auth_user\".\"username\" = $1) ORDER BY \"auth_user\".\"id\""},
    {Dialect::PostgreSql,
     "select c.region, count(*) as n, sum(o.total) as s from orders o join customers c on c.id = "
     "o.customer_id left join returns r on r.order_id = o.id where r.id is null group by c.region having "
     "count(*)>9"},
    {Dialect::PostgreSql,
     "WITH recent AS (SELECT order_id, max(changed_at) AS changed_at FROM order_history GROUP BY order_id) "
     "SELECT o.order_id, recent.changed_at FROM orders o JOIN recent USING (order_id) WHERE o.state <> $1"},
    {Dialect::MariaDb,
     "SELECT `p`.`id`, `p`.`title`, `p`.`price`, `c`.`name` FROM `products` AS `p` INNER JOIN `categories` "
     "AS `c` ON `c`.`id` = `p`.`category_id` WHERE `p`.`price` BETWEEN 1 AND 9 AND `p`.`title` LIKE \"%l%\""},
    {Dialect::Generic,
     "SELECT t.name, {fn UCASE(t.town)} AS town, t.opened FROM {oj shops t LEFT JOIN staff s ON s.shop = "
     "t.id} WHERE t.opened > {d '2020-01-01'} AND s.left_on IS NULL AND t.turnover >= 10000 ORDER BY t.name"},
};
constexpr bool is_right_size(const Sample& sample) {
    return sample.text.size() == 200;
}
static_assert(std::all_of(std::begin(kMix), std::end(kMix), is_right_size));

constexpr std::string_view kTokens[] = {
    "(",           "'a'\n", "/* */",  "--\n",        "a.",  "f(",       "::int",   "$a$ $a$",
    "?",           "a,",    "-",      "with x as (", "+",   "[",        "{fn ",    "a ",
    ";",           "/*!",   "@",      "u&'",         "'",   "\"",       "`",       "$",
    "case ",       "1",     ".",      "\\",          "\n ", "explain ", "select ", "union ",
    "e'",          "#\n",   "x and ", "<",           "+ ",  "*/",       "/*",      "''",
    "= ",          ":",     ":=",     "] ",          "} ",  ") ",       "from ",   "a_long_name_of_a_column ",
    "\xC3\xA4",    "'a' ",  "\t",     "--",          "? ",  "1.5e3 ",   "\\'",     "\"\"",
    "set_config(", "f() ",  "$1 ",    "x'",
};

using Nanoseconds = std::chrono::duration<double, std::nano>;

template <typename Classify>
int repeat(long count, const Sample* first, const Sample* last, const Classify& classify) {
    std::size_t tables = 0;
    const Sample* sample = first;
    const auto begun = processor_time();
    for (long i = 0; i < count; ++i) {
        tables += classify(*sample);
        if (++sample == last) sample = first;
    }
    std::printf("%.1f\n", Nanoseconds(processor_time() - begun).count() / static_cast<double>(count));
    return tables >= static_cast<std::size_t>(count) ? 0 : 1;
}

std::string repeated(std::string_view unit, std::size_t size) {
    std::string text = "select ";
    while (text.size() < size) text += unit;
    return text;
}

int tokens() {
    std::vector<std::pair<double, std::string_view>> times;
    for (const std::string_view unit : kTokens) {
        const std::string text = repeated(unit, 1U << 20U);
        for (const Dialect dialect : kDialects) {
            const auto begun = processor_time();
            (void)classify_cautiously(text, dialect);
            times.emplace_back(Nanoseconds(processor_time() - begun).count() / 1e6, unit);
        }
    }
    std::sort(times.begin(), times.end());
    for (const auto& [milliseconds, unit] : times) {
        std::printf("%8.3f ms  %.*s\n", milliseconds, static_cast<int>(unit.size()), unit.data());
    }
    return 0;
}

// One dump per text: callgrind's name of it is the unit, in hexadecimal since it may have any byte, the
// dialect and the size.
void count_work(std::string_view unit, Dialect dialect, std::size_t size) {
    std::string name;
    for (const char c : unit) {
        std::array<char, 3> digits{};
        std::snprintf(digits.data(), digits.size(), "%02x",
                      static_cast<unsigned>(static_cast<unsigned char>(c)));
        name += digits.data();
    }
    name += ' ' + std::to_string(static_cast<int>(dialect)) + ' ' + std::to_string(size);
    const std::string text = repeated(unit, size);
    CALLGRIND_ZERO_STATS;
    (void)classify_cautiously(text, dialect);
    CALLGRIND_DUMP_STATS_AT(name.c_str());
}

int work(std::size_t size, std::size_t bigger, bool pairs) {
    for (const std::string_view first : kTokens) {
        for (const std::string_view second : kTokens) {
            if (!pairs && second != kTokens[0]) break;
            const std::string unit = pairs ? std::string(first) + std::string(second) : std::string(first);
            for (const Dialect dialect : kDialects) {
                count_work(unit, dialect, size);
                count_work(unit, dialect, bigger);
            }
        }
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    if (what == "tokens") return tokens();
    const long count = argc > 2 ? std::strtol(argv[2], nullptr, 10) : 0;
    const long number = argc > 3 ? std::strtol(argv[3], nullptr, 10) : 0;
    if (what == "work" && count > 0 && number > count) {
        return work(static_cast<std::size_t>(count), static_cast<std::size_t>(number), argc > 4);
    }
    const bool known = count > 0 && number >= 0 && number <= static_cast<long>(std::size(kMix));
    const Sample* const first = number > 0 ? kMix + number - 1 : std::begin(kMix);
    const Sample* const last = number > 0 ? first + 1 : std::end(kMix);
    if (what == "unseen" && known) {
        return repeat(count, first, last, [](const Sample& sample) {
            return classify_cautiously(sample.text, sample.dialect).tables.size();
        });
    }
    if (what == "seen" && known) {
        ClassificationCache cache(Dialect::PostgreSql);
        return repeat(count, first, last,
                      [&](const Sample& sample) { return cache.classify(sample.text)->is.tables.size(); });
    }
    std::fprintf(stderr,
                 "usage: classification unseen|seen COUNT [NUMBER], classification tokens, or classification "
                 "work SIZE BIGGER [pairs]\n");
    return 2;
}
