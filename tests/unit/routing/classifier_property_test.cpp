// Properties over random texts. The seed is printed; FRESHREAD_SEED repeats a run.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "classification.h"
#include "routing/lexer.h"

namespace freshread {
namespace {

class ClassifierProperty : public ::testing::Test {
 protected:
    void SetUp() override {
        const char* given = std::getenv("FRESHREAD_SEED");  // NOLINT(concurrency-mt-unsafe)
        const auto seed = given != nullptr ? std::stoul(given) : std::random_device{}();
        std::cout << "FRESHREAD_SEED=" << seed << "\n";
        random_.seed(seed);
    }

    std::size_t below(std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
    }

    std::mt19937_64 random_;
};

const std::vector<std::string>& samples() {
    static const std::vector<std::string> texts = {
        "select a, lower(b) from t where c = 'x' and d in (1, 2)",
        "select * from a left join b on a.x = b.x where exists (select 1 from c) for update",
        "insert into t (a, b) values (1, 'x') returning a",
        "with x as (delete from t returning a) select * from x",
        "update t set a = nextval('s') where b = $$x$$",
        "select f(a), count(*) over (partition by b order by c) from t group by a",
        "create temporary table t as select * from u",
        "select set_config('a', 'b', true)",
        "set local search_path to a, b",
        "begin isolation level repeatable read read only",
        "commit and chain",
        "explain (analyze, costs off) delete from t using u where t.a = u.a",
        "select cast(a as numeric(1, 2)), b::int, date '2020-01-01' from t",
        "select a into b from c",
        "declare c cursor with hold for select 1",
        "merge into t using s on t.a = s.a when matched then delete",
        "select pg_advisory_lock(1)",
        "show search_path",
        "select 1; delete from t; commit",
        "call p(1)",
    };
    return texts;
}

TEST_F(ClassifierProperty, SpaceCommentsAndCaseChangeNothing) {
    const std::vector<std::string> fillers = {
        " ", "\n", "\t\r\n", "/* delete */", " -- 'x\n", "/* ' /* \" */ */", "/**/", " \f "};
    for (int round = 0; round < 3000; ++round) {
        const auto& sample = samples()[below(samples().size())];
        std::string changed;
        Lexer lexer(sample, kPostgreSql);
        for (auto token = lexer.next(); token.kind != TokenKind::End; token = lexer.next()) {
            // Two operators, or two words, that were apart must stay so; what was together may be parted.
            changed += fillers[below(fillers.size())];
            for (const char c : token.text) {
                const bool turn =
                    token.kind == TokenKind::Identifier && below(2) == 0 && c >= 'a' && c <= 'z';
                changed += turn ? static_cast<char>(c - 'a' + 'A') : c;
            }
        }
        changed += fillers[below(fillers.size())];
        EXPECT_EQ(described(classify(changed, kPostgreSql)), described(classify(sample, kPostgreSql)))
            << changed;
    }
}

// Tokens are read in advance, and columns passed many at a time: wherever either ends, a text means the same.
TEST_F(ClassifierProperty, ColumnsBeforeChangeNothing) {
    const std::vector<std::string> rests = {
        "b c, d.e as f, count(*), f(g) from t, u v join w on w.a = v.b, x where a is not null and b in (1, "
        "c)",
        "distinct a from t where b like 'c' and d * -1 >= e order by f, g limit 1 for update",
        "a.b.c, d.e(f), g 'h', (select i from j), $1.k, l::int, m[1] from t group by n, rollup (o), "
        "grouping(p)",
        "set_config('a', 'b', c.d), xmltable('x' passing y columns z int path 'w') from t as u (a, b)",
        "s.nextval, t.currval, @v := 1, \"q\" and not current_user, case when a then b end into t",
    };
    for (const auto& rest : rests) {
        for (const auto& settings : {kPostgreSql, kMariaDb, kGeneric}) {
            const std::string alone = described(classify("select " + rest, settings));
            std::string before = "select ";
            for (int columns = 0; columns < 250; ++columns) {
                before += columns % 3 == 0 ? "a.b, " : "c, ";
                const std::string text = before + rest;
                ASSERT_EQ(alone, described(classify(text, settings))) << text;
            }
        }
    }
}

// `~x` stands for the identifier x.
TEST_F(ClassifierProperty, QuotingIdentifiersChangesNothing) {
    const std::vector<std::string> templates = {
        "select ~a, ~t.~b as ~c from ~s.~t ~x join ~u using (~a) where ~x.~b > 1 order by ~c",
        "insert into ~t (~a, ~b) select ~c, 1 from ~u returning ~a",
        "with ~x as (delete from ~s.~t where ~a = 1 returning ~a) select * from ~x",
        "select * from ~t where ~a = 1 for update of ~t",
        "update ~t set ~a = ~pg_catalog.~nextval('s') where ~b = 1",
        "select ~lower(~a), ~f(~b), ~currval('s') from ~t",
        "select ~pg_advisory_lock(1), ~a::~int4, ~b::~mine from ~pg_locks",
        "select ~a into ~b from ~pg_temp.~c",
        "create temporary table ~t as select * from ~u",
        "merge into ~t using ~s on ~t.~a = ~s.~a when matched then delete",
        "explain (~analyze) delete from ~t",
    };
    const auto spelled = [&](const std::string& text, bool quote) {
        std::string result;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] != '~') {
                result += text[i];
                continue;
            }
            const auto end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789", i + 1);
            const auto name = text.substr(i + 1, (end == std::string::npos ? text.size() : end) - i - 1);
            result += quote && below(2) == 0 ? '"' + name + '"' : name;
            i += name.size();
        }
        return result;
    };
    for (int round = 0; round < 2000; ++round) {
        const auto& text = templates[below(templates.size())];
        const auto quoted = spelled(text, true);
        EXPECT_EQ(described(classify(quoted, kPostgreSql)),
                  described(classify(spelled(text, false), kPostgreSql)))
            << quoted;
    }
}

// Whatever is put before, behind or around a write: it does not become a Read.
TEST_F(ClassifierProperty, NothingTurnsAWriteIntoARead) {
    const std::vector<std::string> writes = {
        "delete from t where a = 1",
        "update t set a = 1",
        "insert into t values (1)",
        "select nextval('s')",
        "select f()",
        "select 1 into t",
        "select 1 for update",
        "select 'x'::mine",
        "select a === b",
        "merge into t using s on true when matched then delete",
        // No server takes these inside a query, but nobody should have to know that.
        "drop table t",
        "truncate t",
        "call p()",
        "begin",
        "set a = 1",
        "copy t from stdin",
        "do 'x'",
    };
    constexpr std::size_t kQueries = 10;
    const std::vector<std::string> before = {
        "select 1; ",
        "(",
        "((",
        "with x as (",
        "with x as (select 1), y as materialized (",
        "with x as (with y as (select 1) ",
        "explain analyze ",
        "explain (analyze) ",
        "/* select */ ",
        "-- x\n",
        "select 'a'; ",
        "select 1 union ",
        "; ; ",
        "values (1); ",
        "select array(",
        "table t; ",
        "select 1 from t where exists (",
        "select $a$ $a$; ",
        "select 1 union all (",
        "with x as (select 1) ",
        // Behind these a word may be a column or a table.
        "select * from (",
        "select (",
        "select coalesce((",
        "select 1 from t where a in (",
        "select * from t join (",
    };
    constexpr std::size_t kStrict = 20;
    const std::vector<std::string> behind = {
        "",      ")",          "))",           ") select 1", ") select * from y", "; select 1",     ") x",
        " -- y", "; show all", " returning 1", " ; ;",       ") x on true",       " union select 1"};
    for (int round = 0; round < 30'000; ++round) {
        const auto write = below(writes.size());
        std::string text = writes[write];
        const auto layers = below(4);
        for (std::size_t i = 0; i < layers; ++i) {
            text.insert(0, before[below(write < kQueries ? before.size() : kStrict)]);
            text += behind[below(behind.size())];
        }
        EXPECT_NE(classify(text, kPostgreSql).kind, StatementKind::Read) << text;
    }
}

TEST_F(ClassifierProperty, SurvivesAnyBytes) {
    for (int round = 0; round < 30'000; ++round) {
        std::string text = samples()[below(samples().size())];
        if (below(4) == 0) text += samples()[below(samples().size())];
        const auto changes = 1 + below(6);
        for (std::size_t i = 0; i < changes && !text.empty(); ++i) {
            const auto at = below(text.size());
            switch (below(4)) {
                case 0:
                    text[at] = static_cast<char>(below(256));
                    break;
                case 1:
                    text.erase(at, 1 + below(5));
                    break;
                case 2:
                    text.insert(at, 1, "'\"`$(){}[];:?@\\/*-#.,!\0"[below(23)]);
                    break;
                default:
                    text.resize(at);
                    break;
            }
        }
        // Names must be views into the text itself, wherever it lies.
        const std::vector<char> exact(text.begin(), text.end());
        const std::string_view view(exact.data(), exact.size());
        for (const auto& settings :
             {kPostgreSql, kMariaDb, kGeneric, LexicalSettings{Dialect::PostgreSql, true, true},
              LexicalSettings{Dialect::MariaDb, false, true}}) {
            const auto found = classify(view, settings);
            for (const auto& names : {found.tables, found.functions}) {
                for (const auto name : names) {
                    EXPECT_FALSE(name.empty());
                    EXPECT_GE(name.data(), view.data());
                    EXPECT_LE(name.data() + name.size(), view.data() + view.size());
                }
            }
        }
    }
}

TEST_F(ClassifierProperty, TimeIsLinear) {
    // A quadratic rule would take minutes here.
    for (const std::string_view unit :
         {"(",       "'a'\n",    "/* */",       "--\n", "a.", "f(",       "::int", "$a$ $a$",
          "?",       "a,",       "with x as (", "-",    "+",  "'a' --\n", "[",     "{fn ",
          "select ", "explain ", ";",           "/*!",  "@",  "u&'",      "case "}) {
        std::string text = "select ";
        while (text.size() < 200'000) text += unit;
        for (const auto& settings : {kPostgreSql, kMariaDb, kGeneric}) (void)classify(text, settings);
    }
}

}  // namespace
}  // namespace freshread
