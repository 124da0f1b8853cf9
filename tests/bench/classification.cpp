// What classifying a text costs: classification unseen|seen COUNT, or classification tokens
//
// unseen: a statement of 200 bytes by the classifier; seen: the same by the cache of a connection. Prints the
// nanoseconds of one. tokens: a megabyte of every token repeated, the slowest of them last.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "driver/classification_cache.h"
#include "routing/cautious_classifier.h"

namespace {

using namespace freshread;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kText =
    "SELECT customer_id, first_name, last_name, email_address, created_at FROM customers WHERE country_code "
    "= 'CH' "
    "AND status IN ('active', 'paused') AND created_at >= '2024-01-01' ORDER BY last_name LIMIT";
static_assert(kText.size() == 200);

double nanoseconds(Clock::time_point begun) {
    return std::chrono::duration<double, std::nano>(Clock::now() - begun).count();
}

template <typename Classify>
int repeat(long count, const Classify& classify) {
    std::size_t tables = 0;
    const auto begun = Clock::now();
    for (long i = 0; i < count; ++i) tables += classify();
    std::printf("%.1f\n", nanoseconds(begun) / static_cast<double>(count));
    return tables == static_cast<std::size_t>(count) ? 0 : 1;
}

int tokens() {
    std::vector<std::pair<double, std::string_view>> times;
    for (const std::string_view unit :
         {"(",  "'a'\n",       "/* */",    "--\n",    "a.",     "f(",   "::int", "$a$ $a$", "?",
          "a,", "with x as (", "-",        "+",       "[",      "{fn ", "a ",    ";",       "/*!",
          "@",  "u&'",         "'",        "\"",      "`",      "$",    "case ", "1",       ".",
          "\\", "\n ",         "explain ", "select ", "union ", "e'",   "#\n",   "x and ",  "<"}) {
        std::string text = "select ";
        while (text.size() < 1U << 20U) text += unit;
        for (const Dialect dialect : {Dialect::PostgreSql, Dialect::MariaDb, Dialect::Generic}) {
            const auto begun = Clock::now();
            (void)classify_cautiously(text, dialect);
            times.emplace_back(nanoseconds(begun) / 1e6, unit);
        }
    }
    std::sort(times.begin(), times.end());
    for (const auto& [milliseconds, unit] : times) {
        std::printf("%8.3f ms  %.*s\n", milliseconds, static_cast<int>(unit.size()), unit.data());
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    if (what == "tokens") return tokens();
    const long count = argc > 2 ? std::strtol(argv[2], nullptr, 10) : 0;
    if (what == "unseen" && count > 0) {
        return repeat(count, [] { return classify_cautiously(kText, Dialect::PostgreSql).tables.size(); });
    }
    if (what == "seen" && count > 0) {
        ClassificationCache cache(Dialect::PostgreSql);
        return repeat(count, [&] { return cache.classify(kText)->is.tables.size(); });
    }
    std::fprintf(stderr, "usage: classification unseen|seen COUNT, or classification tokens\n");
    return 2;
}
