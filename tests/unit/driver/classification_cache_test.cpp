#include "driver/classification_cache.h"

#include <gtest/gtest.h>

#include <string>

namespace freshread {
namespace {

TEST(ClassificationCache, a_text_that_was_seen_is_not_read_again) {
    ClassificationCache cache(Dialect::PostgreSql);
    const auto first = cache.classify("select a from t");
    EXPECT_EQ(cache.classify(std::string("select a from t")), first);
    EXPECT_NE(cache.classify("select b from t"), first);
    EXPECT_EQ(cache.classify("select a from t"), first);
}

TEST(ClassificationCache, literals_do_not_part_texts) {
    ClassificationCache cache(Dialect::PostgreSql);
    const auto first = cache.classify("select a from t where b = 1");
    EXPECT_EQ(cache.classify("select a from t where b = 23"), first);
}

// More than there is room for, of every length around the steps of the hash and of the cache's limits.
TEST(ClassificationCache, every_text_gets_its_own_class_however_many_there_are) {
    ClassificationCache cache(Dialect::PostgreSql);
    for (int round = 0; round < 2; ++round) {
        for (std::size_t i = 0; i < 1500; ++i) {
            const std::string table = "t" + std::to_string(i);
            const std::size_t padding = i % 100 == 99 ? 2100 : i % 70;
            const std::string text =
                (i % 2 == 0 ? "select * from " : "truncate ") + table + std::string(padding, ' ');
            const auto& found = cache.classify(text);
            ASSERT_EQ(found->is.kind, i % 2 == 0 ? StatementKind::Read : StatementKind::Write);
            ASSERT_EQ(found->is.tables.size(), 1U);
            ASSERT_EQ(found->is.tables.front(), table);
        }
    }
}

TEST(ClassificationCache, what_a_replica_refused_is_a_write_from_then_on) {
    ClassificationCache cache(Dialect::PostgreSql);
    const auto text = cache.classify("select a from t where b = 1");
    ASSERT_EQ(current(text)->is.kind, StatementKind::Read);
    cache.refuse(*text);
    EXPECT_EQ(current(cache.classify("select a from t where b = 1"))->is.kind, StatementKind::Write);
    EXPECT_EQ(current(cache.classify("select a from t where b = 2"))->is.kind, StatementKind::Write);
}

TEST(ClassificationCache, a_refused_text_stays_the_write_of_whom_it_names) {
    ClassificationCache cache(Dialect::PostgreSql);
    const auto text = cache.classify("/* freshread user=alice */ select a from t");
    cache.refuse(*text);
    EXPECT_EQ(current(text)->is.kind, StatementKind::Write);
    EXPECT_EQ(current(text)->is.hints.user, "alice");
    EXPECT_EQ(current(cache.classify("/* freshread user=bob */ select a from t"))->is.kind,
              StatementKind::Read);
}

TEST(ClassificationCache, a_text_with_a_hint_is_never_free_to_go) {
    ClassificationCache cache(Dialect::PostgreSql);
    EXPECT_TRUE(cache.classify("select a from t")->free_to_go);
    for (const std::string hint : {"leader", "replica", "fresh", "policy=any", "user=a", "token=a", "leeder"})
        EXPECT_FALSE(cache.classify("/* freshread " + hint + " */ select a from t")->free_to_go) << hint;
}

}  // namespace
}  // namespace freshread
