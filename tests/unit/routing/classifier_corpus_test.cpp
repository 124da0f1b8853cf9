// The classifier against PostgreSQL's own regression scripts, labelled by PostgreSQL's own parser
// (../../corpus). Without the corpus these tests are skipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "classification.h"
#include "corpus.h"
#include "routing/builtin_names.h"
#include "routing/text_shape.h"

namespace freshread {
namespace {

using test::corpus;
using test::corpus_path;

std::string lower(std::string text) {
    for (auto& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

// As the corpus spells names: folded, without quotes, spaces and comments.
std::string normal_name(std::string_view written) {
    std::string name;
    for (std::size_t i = 0; i < written.size(); ++i) {
        if (written[i] == '"') {
            for (++i; i < written.size(); ++i) {
                if (written[i] == '"' && (i + 1 == written.size() || written[i + 1] != '"')) break;
                if (written[i] == '"') ++i;
                name += written[i];
            }
        } else if (written[i] != ' ' && written[i] != '\n' && written[i] != '\t') {
            name += static_cast<char>(written[i] >= 'A' && written[i] <= 'Z' ? written[i] - 'A' + 'a'
                                                                             : written[i]);
        }
    }
    return name;
}

std::set<std::string> normal_names(const Names& written) {
    std::set<std::string> names;
    for (const auto name : written) names.insert(lower(normal_name(name)));
    return names;
}

bool is_harmless(std::string_view function) {
    const auto effect = effect_of_function(function, Dialect::PostgreSql);
    return effect == FunctionEffect::Harmless || effect == FunctionEffect::NodeDependent;
}

// Names that the scripts themselves create: types, domains, operators, functions, tables.
std::set<std::string> created_names() {
    std::set<std::string> names;
    for (const auto& entry : corpus()) {
        if (entry.kind != "other") continue;
        const auto text = lower(entry.sql);
        for (const std::string_view word :
             {"type ", "domain ", "operator ", "function ", "table ", "view "}) {
            for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
                const auto begin = at + word.size();
                names.insert(text.substr(begin, text.find_first_of(" (\n\t", begin) - begin));
            }
        }
    }
    return names;
}

class ClassifierCorpus : public ::testing::Test {
 protected:
    void SetUp() override {
        if (!std::filesystem::exists(corpus_path())) GTEST_SKIP() << "no corpus at " << corpus_path();
        ASSERT_GT(corpus().size(), 25'000U);
    }
};

TEST_F(ClassifierCorpus, OnlyReadsAreReads) {
    std::size_t newer_syntax = 0;
    for (const auto& entry : corpus()) {
        if (entry.kind == "read" || entry.kind == "show") continue;
        const auto found = classify(entry.sql, {});
        if (entry.kind == "unparsable") {
            // Out of scripts of later releases, or meant to fail. Whatever it is, it must look like a query.
            if (found.kind != StatementKind::Read) continue;
            ++newer_syntax;
            EXPECT_EQ(found.statements, 1U) << entry.sql;
            auto head = lower(entry.sql);
            while (head.starts_with("--")) head.erase(0, head.find('\n') + 1);
            head.erase(0, head.find_first_not_of(" \n\t("));
            EXPECT_TRUE(head.starts_with("select") || head.starts_with("with") ||
                        head.starts_with("explain") || head.starts_with("show") || head.starts_with("/*"))
                << entry.sql;
        } else {
            EXPECT_NE(found.kind, StatementKind::Read) << entry.kind << ": " << entry.sql;
        }
    }
    std::cout << "texts that PostgreSQL 15 cannot parse and that are Reads here: " << newer_syntax << "\n";
}

TEST_F(ClassifierCorpus, KindsAreTheParsers) {
    for (const auto& entry : corpus()) {
        const auto kind = classify(entry.sql, {}).kind;
        if (entry.kind == "transaction") {
            EXPECT_EQ(kind, StatementKind::Transaction) << entry.sql;
        }
        if (entry.kind == "write") {
            EXPECT_EQ(kind, StatementKind::Write) << entry.sql;
        }
        if (entry.kind == "locking") {
            EXPECT_EQ(kind, StatementKind::LockingRead) << entry.sql;
        }
        if (entry.kind == "set") {
            EXPECT_TRUE(kind == StatementKind::SessionState || kind == StatementKind::Transaction)
                << entry.sql;
        }
    }
}

TEST_F(ClassifierCorpus, NamesEveryRelationAndFunction) {
    for (const auto& entry : corpus()) {
        if (entry.kind == "unparsable") continue;
        // These name tables of another server.
        if (entry.sql.find("IMPORT FOREIGN SCHEMA") != std::string::npos) continue;
        const auto found = classify(entry.sql, {});
        const auto tables = normal_names(found.tables);
        for (const auto& relation : entry.relations) {
            EXPECT_TRUE(tables.contains(lower(relation))) << relation << ": " << entry.sql;
        }
        const auto functions = normal_names(found.functions);
        for (const auto& function : entry.functions) {
            // The parser writes pg_catalog before what the grammar itself calls, as in EXTRACT(... FROM ...).
            if (function.starts_with("pg_catalog.") && entry.sql.find("pg_catalog") == std::string::npos)
                continue;
            EXPECT_TRUE(functions.contains(lower(function))) << function << ": " << entry.sql;
        }
    }
}

// Every literal of a text that the shape takes out is put in again, another one.
std::string with_other_literals(std::string_view shape, std::size_t round) {
    std::string text;
    for (const char c : shape) {
        if (c == '\x01') {
            text += std::to_string(round * 7919 % 1000);
            if (round % 3 == 0) text += ".25";
        } else if (c == '\x02') {
            constexpr const char* kContents[] = {"''", "'true'", "'f'", "'pg_temp.a''b'",
                                                 "'0 -- /* 1 */ $$'"};
            text += kContents[round % 5];
        } else {
            text += c;
        }
        ++round;
    }
    return text;
}

TEST_F(ClassifierCorpus, TextsOfOneShapeAreOneClass) {
    std::size_t shaped = 0;
    for (const auto& entry : corpus()) {
        const auto found = classify(entry.sql, {});
        std::string room;
        const auto shape = shape_of(entry.sql, Dialect::PostgreSql, room);
        if (!belongs_to_shape(found) || !shape || *shape == entry.sql) continue;
        ++shaped;
        for (std::size_t round = 0; round < 5; ++round) {
            const std::string other = with_other_literals(*shape, round);
            std::string room_of_other;
            ASSERT_EQ(shape_of(other, Dialect::PostgreSql, room_of_other), shape) << other;
            const auto as_other = classify(other, {});
            EXPECT_EQ(described(as_other), described(found)) << entry.sql << "\n" << other;
            EXPECT_EQ(as_other.tables, found.tables) << entry.sql << "\n" << other;
            EXPECT_EQ(as_other.functions, found.functions) << entry.sql << "\n" << other;
        }
    }
    std::cout << "texts of the corpus with a shape that is not the text: " << shaped << "\n";
    EXPECT_GT(shaped, 5'000U);
}

TEST_F(ClassifierCorpus, FewReadsAreMissed) {
    const auto created = created_names();
    std::size_t reads = 0;
    std::size_t proven = 0;
    std::size_t node_dependent = 0;
    std::size_t called = 0;
    std::size_t used = 0;
    std::size_t missed = 0;
    for (const auto& entry : corpus()) {
        if (entry.kind != "read") continue;
        ++reads;
        const auto found = classify(entry.sql, {});
        if (found.kind == StatementKind::Read) {
            ++(found.reason == Reason::NodeDependent ? node_dependent : proven);
            continue;
        }
        const auto& functions = entry.functions;
        const auto& names = found.functions;
        if (std::any_of(functions.begin(), functions.end(), [](const auto& f) { return !is_harmless(f); })) {
            ++called;
        } else if (std::any_of(names.begin(), names.end(), [&](std::string_view name) {
                       const auto normal = normal_name(name);
                       return created.contains(normal) || normal.ends_with("multirange") ||
                              normal == "xmltable";
                   })) {
            ++used;
        } else {
            ++missed;
        }
    }
    std::cout << reads << " reads: " << proven << " proven, " << node_dependent << " of the node, " << called
              << " call a function that is not harmless, " << used
              << " use a type or operator of the user, missed without a reason: " << missed << "\n";
    EXPECT_LE(missed * 100, reads);
    EXPECT_GT(proven * 100, reads * 85);
}

}  // namespace
}  // namespace freshread
