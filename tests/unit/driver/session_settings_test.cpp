// What of the session's settings is replayed, and in which order.
#include "driver/session_settings.h"

#include <gtest/gtest.h>

namespace freshread {
namespace {

class Replayed : public testing::Test {
 protected:
    bool note(std::string_view text, bool in_transaction = false) {
        return settings_.note(read_setting_change(text, Dialect::PostgreSql), text, in_transaction);
    }
    bool savepoint(std::string_view text) {
        return settings_.savepoint(read_savepoint_change(text, Dialect::PostgreSql), text);
    }
    [[nodiscard]] std::string replayed() const {
        std::string all;
        for (const auto& entry : settings_.durable()) all += (entry.text.empty() ? "?" : entry.text) + "; ";
        return all;
    }
    SessionSettings settings_{};
};

TEST_F(Replayed, TheLastValueOfEachSettingInTheOrderGiven) {
    EXPECT_TRUE(note("set a.a = 1"));
    EXPECT_TRUE(note("set b.b = 1"));
    EXPECT_TRUE(note("SET A.A TO 2"));
    EXPECT_EQ(replayed(), "set b.b = 1; SET A.A TO 2; ");
    EXPECT_TRUE(note("reset b.b"));
    EXPECT_EQ(replayed(), "SET A.A TO 2; reset b.b; ");
}

TEST_F(Replayed, ALongSessionDoesNotGrow) {
    for (int i = 0; i < 100'000; ++i) ASSERT_TRUE(note("set statement_timeout = " + std::to_string(i)));
    EXPECT_EQ(settings_.durable().size(), 1U);
    EXPECT_EQ(settings_.revision(), 100'000U);
}

TEST_F(Replayed, NamesWithoutEndAreGivenUp) {
    bool all = true;
    for (int i = 0; i < 2'000; ++i) all = note("set a.v" + std::to_string(i) + " = 1") && all;
    EXPECT_FALSE(all);
    EXPECT_LE(settings_.durable().size(), 1'000U);
}

TEST_F(Replayed, ResetAllLeavesRoleAndLogin) {
    EXPECT_TRUE(note("set session authorization u"));
    EXPECT_TRUE(note("set role r"));
    EXPECT_TRUE(note("set a.a = 1"));
    EXPECT_TRUE(note("reset all"));
    EXPECT_TRUE(note("set b.b = 1"));
    EXPECT_EQ(replayed(), "set session authorization u; set role r; reset all; set b.b = 1; ");
    EXPECT_TRUE(note("discard all"));
    EXPECT_EQ(replayed(), "RESET SESSION AUTHORIZATION; RESET ALL; ");
}

TEST_F(Replayed, WhatConcernsTransactionsIsNot) {
    EXPECT_TRUE(note("set default_transaction_isolation = 'serializable'"));
    EXPECT_TRUE(note("select set_config('default_transaction_read_only', 'on', false)"));
    EXPECT_TRUE(note("discard plans"));
    EXPECT_EQ(replayed(), "");
}

TEST_F(Replayed, ATransactionsSettingsCountWhenItIsCommitted) {
    EXPECT_TRUE(note("set a.a = 1", true));
    EXPECT_EQ(replayed(), "");
    settings_.rolled_back();
    EXPECT_TRUE(settings_.committed(true));
    EXPECT_EQ(replayed(), "");
    EXPECT_TRUE(note("set a.a = 2", true));
    EXPECT_TRUE(settings_.committed(true));
    EXPECT_EQ(replayed(), "set a.a = 2; ");
}

TEST_F(Replayed, SavepointsTakeBackWhatCameBehindThem) {
    EXPECT_TRUE(note("set a.a = 1", true));
    EXPECT_TRUE(savepoint("savepoint s"));
    EXPECT_TRUE(note("set a.a = 2", true));
    EXPECT_TRUE(savepoint("savepoint t"));
    EXPECT_TRUE(note("set b.b = 2", true));
    EXPECT_TRUE(savepoint("release t"));
    EXPECT_TRUE(savepoint("rollback to s"));
    EXPECT_TRUE(note("set c.c = 3", true));
    EXPECT_TRUE(savepoint("release s"));
    EXPECT_TRUE(settings_.committed(true));
    EXPECT_EQ(replayed(), "set a.a = 1; set c.c = 3; ");
}

TEST_F(Replayed, ASavepointOfTheSameNameHidesTheEarlierOne) {
    EXPECT_TRUE(savepoint("savepoint s"));
    EXPECT_TRUE(note("set a.a = 1", true));
    EXPECT_TRUE(savepoint("savepoint s"));
    EXPECT_TRUE(note("set b.b = 1", true));
    EXPECT_TRUE(savepoint("rollback to s"));
    EXPECT_TRUE(settings_.committed(true));
    EXPECT_EQ(replayed(), "set a.a = 1; ");
}

TEST_F(Replayed, AnUnknownSavepointLeavesTheSettingsUnknown) {
    EXPECT_TRUE(note("set a.a = 1", true));
    EXPECT_FALSE(savepoint("rollback to s"));
}

TEST_F(Replayed, ValuesThatTheTextDoesNotTellAreAsked) {
    EXPECT_TRUE(note("select set_config('a.a', ?, false)"));
    EXPECT_TRUE(settings_.has_unknown_values());
    EXPECT_FALSE(settings_.learn_values([](const std::string&) { return std::optional<std::string>(); }));
    EXPECT_TRUE(settings_.learn_values(
        [](const std::string& name) { return std::optional(name == "a.a" ? std::string("it's \\x") : ""); }));
    EXPECT_FALSE(settings_.has_unknown_values());
    EXPECT_EQ(replayed(), "SELECT pg_catalog.set_config(E'a.a', E'it''s \\\\x', false); ");
    EXPECT_FALSE(note("select set_config(?, 'x', false)")) << "nobody knows what to ask";
}

TEST_F(Replayed, ACommitThatMayHaveRolledBackLeavesValuesToAsk) {
    EXPECT_TRUE(note("set a.a = 1", true));
    EXPECT_TRUE(settings_.committed(false));
    EXPECT_EQ(replayed(), "?; ");
    EXPECT_TRUE(note("reset all", true));
    EXPECT_FALSE(settings_.committed(false));
}

TEST_F(Replayed, ATransactionsReplicaGetsItsSettingsAndSavepointsInOrderAndOnce) {
    std::string sent;
    const auto send = [&](const std::string& text) {
        sent += text + "; ";
        return true;
    };
    const auto carried = [&](std::string_view text) {
        return settings_.savepoint_is_carried(read_savepoint_change(text, Dialect::PostgreSql));
    };
    EXPECT_TRUE(note("set a.a = 1", true));
    EXPECT_TRUE(savepoint("savepoint s"));
    EXPECT_TRUE(settings_.note_local(read_setting_change("set local b.b = 2", Dialect::PostgreSql),
                                     "set local b.b = 2"));
    EXPECT_TRUE(settings_.carry_pending(send));
    EXPECT_EQ(sent, "set a.a = 1; savepoint s; set local b.b = 2; ");
    EXPECT_TRUE(savepoint("savepoint t"));
    EXPECT_FALSE(carried("rollback to t"));
    EXPECT_TRUE(carried("rollback to s"));
    EXPECT_TRUE(savepoint("rollback to s"));
    EXPECT_TRUE(note("set c.c = 3", true));
    sent.clear();
    EXPECT_TRUE(settings_.carry_pending(send));
    EXPECT_EQ(sent, "set c.c = 3; ");
    EXPECT_TRUE(carried("release s"));
    EXPECT_TRUE(savepoint("release s"));
    EXPECT_TRUE(note("set d.d = 4", true));
    sent.clear();
    EXPECT_TRUE(settings_.carry_pending(send));
    EXPECT_EQ(sent, "set d.d = 4; ");
    EXPECT_TRUE(settings_.committed(true));
    EXPECT_EQ(replayed(), "set a.a = 1; set c.c = 3; set d.d = 4; ") << "what is local is over";
    EXPECT_TRUE(settings_.carried_pending()) << "the replica has still to end its transaction";
    settings_.forget_carried();
    EXPECT_TRUE(note("set a.a = ?", true));
    EXPECT_FALSE(settings_.carry_pending(send));
}

}  // namespace
}  // namespace freshread
